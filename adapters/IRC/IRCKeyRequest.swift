internal import Crypto
package import Primitives

/// The derivation of SCRAM's salted password (RFC 5802 §3).
package struct IRCKeyRequest: Sendable {
    /// Prepared by SASLprep.
    package let password: Secret
    package let salt: [UInt8]
    package let iterations: Int

    /// Blocks, for as long as the server's number of iterations takes.
    package func key() -> [UInt8] {
        pbkdf2SHA256(Array(self.password.reveal().utf8), salt: self.salt, iterations: self.iterations)
    }
}

/// A thread for ``IRCKeyRequest/key()``.
actor IRCKeyThread {
    private let executor = ThreadExecutor(name: "irc login")

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    func derive(_ request: IRCKeyRequest) -> [UInt8] { request.key() }

    nonisolated func stop() { self.executor.stop() }
}
