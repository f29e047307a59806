/// A network with end-to-end encryption, where people and the bot compare emoji to know each other's devices.
package protocol VerifyingAdapter: ChatAdapter {
    /// Begins, confirms or ends a verification. Returns Markdown for the thread; commands in it are code without a sign,
    /// as in `` `verify yes` ``.
    ///
    /// It is an owner's, and bounded by a deadline, at which the task is cancelled. `route` may be a direct message on
    /// another network: then emoji are shown and confirmed where nobody who changes messages of this network can change
    /// them.
    ///
    /// - Parameter argument: what follows the command: nothing begins with the sender's own devices, and on another
    ///   network shows what waits; `yes` and `no` are the result of the comparison; a person's id begins with that person;
    ///   `trust` and an id accept a changed identity.
    func verify(_ argument: String, by sender: Sender, in route: Route) async -> String
    /// For metrics, without I/O; nil while encryption is off.
    var encryptionCounts: EncryptionCounts? { get }
}

extension VerifyingAdapter {
    package var encryptionCounts: EncryptionCounts? { nil }
}

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
