package import Chat
internal import Database
internal import People

/// What somebody may do with a conversation. Each includes those before it.
package enum ThreadRight: String, Sendable, Comparable, CaseIterable {
    /// See all of it.
    case read
    /// Write in it, as oneself and with one's own role.
    case join
    /// Rename, archive, share and delete it.
    case own

    package static func < (one: Self, other: Self) -> Bool { one.rank < other.rank }

    private var rank: Int {
        switch self {
        case .read: 0
        case .join: 1
        case .own: 2
        }
    }
}

/// Somebody who wants to see a conversation, or to do something in it, from outside of its room.
package struct ThreadVisitor: Sendable, Equatable {
    package let identity: String
    /// The person's other ones.
    package let others: [String]
    /// Of ``identity``.
    package let role: Role

    package init(identity: String, others: [String] = [], role: Role) {
        self.identity = identity
        self.others = others
        self.role = role
    }

    package var identities: [String] { [self.identity] + self.others }

    /// Whether every conversation of the host is theirs to see.
    package var seesEverything: Bool { self.role == .owner }

    /// Whether they are the person who began a conversation: the only place that compares the two.
    package func began(threadOf owner: String) -> Bool { self.identities.contains(owner) }
}

extension ThreadVisitor {
    /// A condition for sessions that they began; adds its parameters, which are numbered.
    func began(_ values: inout [SQLValue]) -> String { "owner IN (\(values.places(of: self.identities)))" }

    /// A statement of the sessions that others share with them; adds its parameters, which are numbered.
    func sharedSessions(
        _ values: inout [SQLValue], to right: ThreadRight = .read, at now: Int64
    ) -> String {
        let people = values.places(of: self.identities.map(AccessPolicy.folded))
        values.append(.integer(now))
        let time = "?\(values.count)"
        // The host's people are those with a role of it: a guest is a guest of somebody.
        let host = self.role >= .member ? " OR kind = 'host'" : ""
        let joined = right == .read ? "" : " AND role = 'join'"
        return """
            SELECT session FROM shares WHERE ((kind = 'person' AND person IN (\(people)))\(host)) \
            AND (expires_at IS NULL OR expires_at > \(time))\(joined)
            """
    }
}
