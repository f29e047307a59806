package import Chat
internal import Primitives

/// What the threads of one person may take.
package struct PersonQuota: Sendable, Equatable {
    /// Bytes of texts, files and workspaces; see ``Ledger/storage(of:)``.
    package var stored = 1 << 30
    package var threads = 500
    /// Bytes of files that a person sends in a day, in UTC.
    package var uploadsPerDay = 500 << 20
    /// Whether it also holds for owners. They can change it, so its defaults do not stop them.
    package var includesOwners = false

    package init() {}

    /// The limits for what somebody with this role sends.
    package func limits(for role: Role?) -> PersonQuota {
        guard role == .owner, !self.includesOwners else { return self }
        var limits = self
        (limits.stored, limits.threads, limits.uploadsPerDay) = (Self.unlimited, Self.unlimited, Self.unlimited)
        return limits
    }

    static let unlimited = Int.max / 4

    /// More than what writes that run at the same time add to a person's bytes, and to the threads.
    static let margin = 64 << 20
    static let threadMargin = 64

    /// Bytes beyond ``stored`` for commands that are answered at once: people ask what is wrong, and mend it.
    static let reserve = 512 << 10
    /// What a message takes besides its text: the rows of it and of a short answer.
    static let overhead = 4 << 10
}

/// Something was refused because of a person's quota; nothing of it was stored.
package enum QuotaExceeded: Error, Sendable, Equatable {
    /// The limit in bytes.
    case stored(Int)
    case threads(Int)
    /// Bytes a day.
    case uploads(Int)

    /// One sentence or two for people: what, why, and what to do.
    package var text: String { "This was not stored: \(self.reason)." }

    /// A clause.
    package var reason: String {
        switch self {
        case .stored(let limit):
            "the conversations here take the \(FileSize.text(limit)) that one person may store. "
                + "Delete old conversations in the web chat, or ask an owner to raise `quota.person.stored`"
        case .threads(let limit):
            "one person may have \(limit) conversations. "
                + "Delete old ones in the web chat, or ask an owner to raise `quota.person.threads`"
        case .uploads(let limit):
            "one person may send \(FileSize.text(limit)) of files a day. "
                + "Send it tomorrow, or ask an owner to raise `quota.person.uploads_per_day`"
        }
    }
}
