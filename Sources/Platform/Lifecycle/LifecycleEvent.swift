/// What a service group tells its log.
package enum LifecycleEvent: Sendable, Hashable, CustomStringConvertible {
    /// The orderly stop has begun.
    case stopping(reason: String)
    case stoppingService(String)
    case serviceStopped(String)
    case serviceFailed(String, error: String)
    /// The service's deadline passed; it is cancelled.
    case serviceOverdue(String)
    /// Everything that is left is cancelled.
    case cancelling(reason: String)
    case stuck([String])

    package var description: String {
        switch self {
        case .stopping(let reason): "stopping: \(reason)"
        case .stoppingService(let name): "stopping \(name)"
        case .serviceStopped(let name): "\(name) has stopped"
        case .serviceFailed(let name, let error): "\(name) failed: \(error)"
        case .serviceOverdue(let name): "\(name) didn't stop in time and is cancelled"
        case .cancelling(let reason): "cancelling everything: \(reason)"
        case .stuck(let names): "still running after cancellation: \(names.joined(separator: ", "))"
        }
    }

    /// Whether an operator should look.
    package var isWarning: Bool {
        switch self {
        case .serviceFailed, .serviceOverdue, .cancelling, .stuck: true
        case .stopping, .stoppingService, .serviceStopped: false
        }
    }
}
