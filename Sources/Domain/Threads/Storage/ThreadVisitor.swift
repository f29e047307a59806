package import Chat

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
