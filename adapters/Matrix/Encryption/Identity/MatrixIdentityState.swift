/// What is true of the account's identity after ``MatrixIdentitySetup``.
package struct MatrixIdentityState: Sendable, Equatable {
    /// The account's public master key, as the server shows it.
    package var masterKey: String?
    /// The server shows this device with a valid signature of the account's self-signing key.
    package var isSigned = false
    /// The identity's private keys are on the server, and the recovery key opens them.
    package var hasSecretStorage = false
    /// The backup that this host writes and reads.
    package var backup: MatrixKeyBackup?
    /// What is not in order and what people can do about it, one sentence each; empty if all is well.
    package var problems: [String] = []

    package var problem: String? { self.problems.isEmpty ? nil : self.problems.joined(separator: " ") }

    package init() {}
}

/// The server could not be asked: try again later.
package struct MatrixIdentityError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
    /// Milliseconds to wait, if the server named them.
    package let retryAfter: Int64?

    init(_ description: String, retryAfter: Int64? = nil) {
        self.description = description
        self.retryAfter = retryAfter
    }
}
