/// A network where the bot can begin a direct conversation.
package protocol DirectAdapter: ChatAdapter {
    /// Whether a direct conversation with the person of an identity (``Sender/id``) may be possible: false for people of
    /// other networks, and for whoever certainly cannot be reached. No I/O.
    func mayReach(_ identity: String) -> Bool
    /// The direct conversation with a person, begun if it is their first. Nil if they cannot be reached, such as somebody
    /// who has not started the bot. Bounded by the caller's time. Throws ``AdapterError`` for what may pass.
    func direct(with identity: String) async throws -> DirectConversation?
}

/// Where somebody and the bot write to each other and nobody else reads it.
package struct DirectConversation: Sendable, Equatable {
    package let thread: ThreadKey
    package let route: Route

    package init(thread: ThreadKey, route: Route) {
        self.thread = thread
        self.route = route
    }
}
