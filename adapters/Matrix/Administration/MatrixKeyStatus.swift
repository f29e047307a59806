/// What is known about the keys of one Matrix connection; nil where it is unknown.
package struct MatrixKeyStatus: Sendable, Equatable {
    package enum RecoveryKey: Sendable, Equatable {
        case notConfigured
        /// Its file is configured and does not exist yet.
        case missing(path: String)
        case present(path: String)
        /// It does not open the account's secret storage.
        case wrong(path: String)
        /// It is none: mistyped, cut, or something else.
        case malformed(path: String)
    }

    package enum Backup: Sendable, Equatable {
        case none
        /// - Parameter waiting: Keys that are not in it yet.
        case own(version: String, waiting: Int)
        /// It was made with another recovery key.
        case foreign(version: String)
    }

    package var settings: MatrixEncryptionSettings
    package var recoveryKey: RecoveryKey
    /// Where the keys are.
    package var database: String
    package var hasDatabase: Bool
    /// Whether the hosts of a cluster share them.
    package var isShared = false
    package var device: String?
    /// The device's Ed25519 key, which clients show as its fingerprint.
    package var fingerprint: String?
    /// Whether the account's own identity has signed the device, as the server shows it to others.
    package var isSigned: Bool?
    package var backup: Backup?
    /// One-time keys on the server.
    package var oneTimeKeys: Int?
    /// Encrypted messages that wait for their keys.
    package var undecryptable: Int?
    /// People whose identity has changed and was not accepted.
    package var changedPeople: [String] = []
    /// How far the machine's clock is ahead of the server's, in seconds.
    package var clockAhead: Int?
    /// Why some of it is unknown, with what to do.
    package var problem: String?
}
