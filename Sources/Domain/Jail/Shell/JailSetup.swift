internal import EventLoop
package import Logging
package import Primitives
package import Sandbox

/// The set-up that all jails of the host share.
package struct JailSetup: Sendable {
    package let programs: JailPrograms
    /// Of jails whose place has no limits of its own.
    package var limits: JailLimits
    package let limiter: any JailLimiter
    /// Limits the size of ``JailPlace/disk``; nil for no limit.
    package let quota: MeasuredQuota?
    /// Filters in the kernel's format.
    package let seccomp: [[UInt8]]
    /// Nil: no network.
    package var network: Network?
    /// How long a jail may take to start.
    package let startLimit: Duration
    package var logger: Logger

    /// The jail's way to the network.
    package struct Network: Sendable {
        /// On 127.0.0.1 inside.
        package let port: UInt16
        /// Environment variables that point programs there.
        package let variables: [String: String]
        /// Names that are reached without the proxy, too.
        let direct: DirectAddresses
        /// Serves a new jail's listening sockets; returns the function that stops it.
        let serve: Serving

        package typealias Serving =
            @Sendable (
                _ session: String, _ listener: consuming FileDescriptor, _ direct: [DirectListener]
            ) async throws(JailFailure) -> @Sendable () async -> Void

        package init(
            port: UInt16, variables: [String: String], direct: DirectAddresses, serve: @escaping Serving
        ) {
            self.port = port
            self.variables = variables
            self.direct = direct
            self.serve = serve
        }

        package init(
            port: UInt16, variables: [String: String],
            serve:
                @escaping @Sendable (_ session: String, _ listener: consuming FileDescriptor) async throws(JailFailure)
                -> @Sendable () async -> Void
        ) {
            self.init(port: port, variables: variables, direct: .none) {
                (session, listener, _) async throws(JailFailure) in try await serve(session, listener)
            }
        }
    }

    package init(
        programs: JailPrograms, limits: JailLimits, limiter: any JailLimiter, quota: MeasuredQuota? = nil,
        seccomp: [[UInt8]],
        network: Network? = nil, startLimit: Duration = .seconds(20), logger: Logger
    ) {
        self.programs = programs
        self.limits = limits
        self.limiter = limiter
        self.quota = quota
        self.seccomp = seccomp
        self.network = network
        self.startLimit = startLimit
        self.logger = logger
    }
}
