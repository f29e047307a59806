/// What an encrypted connection counts, for metrics; since its start.
package struct EncryptionCounts: Sendable, Equatable {
    /// Messages that came without their key.
    package var undecryptable: Int
    /// Devices that were to get the key of a room, and could not be sent it.
    package var failedShares: Int
    /// One-time keys on the server; nil until it has said.
    package var oneTimeKeys: Int?

    package init(undecryptable: Int = 0, failedShares: Int = 0, oneTimeKeys: Int? = nil) {
        self.undecryptable = undecryptable
        self.failedShares = failedShares
        self.oneTimeKeys = oneTimeKeys
    }
}
