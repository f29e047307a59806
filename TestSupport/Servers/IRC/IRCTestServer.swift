internal import Glibc
internal import Primitives

/// A real IRC server on loopback, started by a test with its own configuration.
package protocol IRCTestServer: Sendable {
    /// The port for plain connections.
    var port: Int { get }
    /// The port for TLS, with a certificate for `localhost` and 127.0.0.1.
    var tlsPort: Int { get }
    /// The PEM file that the certificate verifies against.
    var caFile: String { get }
    /// Starts it again on the same ports after ``stop()`` or ``kill()``.
    func start() async throws
    /// Shuts it down cleanly.
    func stop() async
    /// Kills it with SIGKILL, breaking its connections.
    func kill() async
}

/// Why a test server is unavailable.
package struct IRCTestFailure: Error, CustomStringConvertible {
    /// What failed, with the program's output.
    package let description: String

    init(_ description: String) { self.description = description }
}
