/// What is known about a person's keys.
struct MatrixPersonKeys: Sendable, Equatable {
    struct Device: Sendable, Equatable {
        let id: String
        let ed25519: String
        let curve25519: String
        var name: String?
        /// Signed by its owner's cross-signing identity.
        var isSigned: Bool
        /// No longer on the server; still vouches for what it sent before.
        var isRemoved = false
    }

    let user: String
    /// The server said that something changed, or nothing is known yet.
    var isOutdated = true
    /// The master key that the server shows now.
    var master: String?
    /// The master key that was compared, or accepted by an owner.
    var verified: String?
    /// The first master key that was seen.
    var pinned: String?
    var devices: [String: Device] = [:]
    /// The last answer of the server in this run.
    var keys: MatrixUserKeys?
    /// When the person last wrote to the bot in this run, or else became known in it (milliseconds since 1970).
    var heardAt: Int64 = 0

    /// The identity is another one than the one known before, and nobody has accepted it.
    var hasChanged: Bool {
        guard let known = self.verified ?? self.pinned else { return false }
        return self.master != known
    }

    var isVerified: Bool { self.verified != nil && self.master == self.verified }
}

/// A device of a person.
struct MatrixDeviceName: Sendable, Hashable {
    let user: String
    let device: String
}
