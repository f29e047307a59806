/// What a service group reports to the log.
package enum LifecycleEvent: Sendable, Hashable, CustomStringConvertible {
    /// The orderly shutdown has begun.
    case stopping(reason: String)
    /// Another signal right after the first one, which is ignored.
    case repeated(reason: String)
    case stoppingService(String)
    case serviceStopped(String)
    case serviceFailed(String, error: String)
    /// The service missed its deadline and is being cancelled.
    case serviceOverdue(String)
    /// All remaining services are being cancelled.
    case cancelling(reason: String)
    case stuck([String])

    package var description: String {
        switch self {
        case .stopping(let reason): "stopping: \(reason)"
        case .repeated(let reason): "\(reason) again within a second: send it once more to stop at once"
        case .stoppingService(let name): "stopping \(name)"
        case .serviceStopped(let name): "\(name) has stopped"
        case .serviceFailed(let name, let error): "\(name) failed: \(error)"
        case .serviceOverdue(let name): "\(name) did not stop in time and is being cancelled"
        case .cancelling(let reason): "cancelling everything: \(reason)"
        case .stuck(let names): "still running after cancellation: \(names.joined(separator: ", "))"
        }
    }

    /// Whether it needs an operator's attention.
    package var isWarning: Bool {
        switch self {
        case .serviceFailed, .serviceOverdue, .cancelling, .stuck: true
        case .stopping, .repeated, .stoppingService, .serviceStopped: false
        }
    }
}
