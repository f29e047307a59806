/// Why a service group ended otherwise than by an orderly stop.
package struct LifecycleError: Error, Sendable, CustomStringConvertible {
    package struct Code: Sendable, Hashable {
        let name: String

        /// A service's `run()` returned although nobody had asked it to stop.
        package static let serviceEnded = Code(name: "serviceEnded")
        /// A service's `run()` threw; see ``LifecycleError/underlying``.
        package static let serviceFailed = Code(name: "serviceFailed")
        /// A service didn't end within its deadline and was cancelled.
        package static let overdue = Code(name: "overdue")
        /// A second signal, the total deadline or the cancellation of the caller cut the stop short.
        package static let cutShort = Code(name: "cutShort")
        /// Services went on after their cancellation.
        package static let stuck = Code(name: "stuck")
    }

    package let code: Code
    package let message: String
    /// The service that it is about.
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
