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

/// Why a service group ended without an orderly shutdown.
package struct LifecycleError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// A service's `run()` returned without being asked to stop.
        case serviceEnded
        /// A service's `run()` threw; see ``LifecycleError/underlying``.
        case serviceFailed
        /// A service missed its deadline and was cancelled.
        case overdue
        /// A later signal, the total deadline or cancellation of the caller cut the shutdown short.
        case cutShort
        /// Services kept running after their cancellation.
        case stuck
    }

    package let code: Code
    package let message: String
    package let service: String?
    package let underlying: (any Error)?

    package init(_ code: Code, _ message: String, service: String? = nil, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.service = service
        self.underlying = underlying
    }

    package var description: String { self.message }
}
