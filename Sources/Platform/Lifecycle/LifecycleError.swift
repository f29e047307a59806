/// Why a service group ended without an orderly shutdown.
package struct LifecycleError: Error, Sendable, CustomStringConvertible {
    package struct Code: Sendable, Hashable {
        let name: String

        /// A service's `run()` returned without being asked to stop.
        package static let serviceEnded = Code(name: "serviceEnded")
        /// A service's `run()` threw; see ``LifecycleError/underlying``.
        package static let serviceFailed = Code(name: "serviceFailed")
        /// A service missed its deadline and was cancelled.
        package static let overdue = Code(name: "overdue")
        /// A later signal, the total deadline or cancellation of the caller cut the shutdown short.
        package static let cutShort = Code(name: "cutShort")
        /// Services kept running after their cancellation.
        package static let stuck = Code(name: "stuck")
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
