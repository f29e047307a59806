/// A network of which can be learnt what was said in a room before a question.
///
/// Networks that keep their messages are asked. For the others the adapter remembers the newest messages of each room, in
/// memory only and bounded.
package protocol RoomHistory: ChatAdapter {
    /// What was said before a question. Bounded by the caller's time: it is cancelled when it takes too long.
    ///
    /// Throws ``AdapterError`` when nothing can be read at the moment. What is not permitted is no error, see
    /// ``RoomPast/missing``.
    func past(of query: PastQuery) async throws -> RoomPast
}

/// What to read of a room's past.
package struct PastQuery: Sendable, Equatable {
    /// Where the question was asked. With an anchor the messages of that thread are read, otherwise those of the room
    /// outside of threads.
    package let route: Route
    /// Only messages before this one, the question.
    package let before: MessageReference?
    /// Only messages after this one; nil for the newest. Where it is nil and the route has an anchor, the thread's root is
    /// read too.
    package let after: MessageReference?
    /// Only messages since then, in milliseconds since 1970; does not count for a root or what is replied to.
    package let since: Int64
    /// The maximum number of messages, without the root and what is replied to. Of more, the newest are read.
    package let limit: Int
    /// The platform's id of the message to which the question replies, to be read wherever it is; nil if it replies to none,
    /// or if the question came with its text.
    package let repliesTo: String?

    package init(
        route: Route, before: MessageReference?, after: MessageReference? = nil, since: Int64, limit: Int,
        repliesTo: String? = nil
    ) {
        self.route = route
        self.before = before
        self.after = after
        self.since = since
        self.limit = limit
        self.repliesTo = repliesTo
    }
}

/// What could be read of a room's past.
package struct RoomPast: Sendable, Equatable {
    /// Oldest first, without the question. Edits are applied, deleted messages left out. The bot's own messages are marked by
    /// their sender; which of them are answers is known to the core.
    package var messages: [SaidMessage]
    /// What could not be read, why, and what to do, in one line: `the channel's messages: the app lacks the scope
    /// channels:history`. Nil if all could be read.
    package var missing: String?

    package init(messages: [SaidMessage] = [], missing: String? = nil) {
        self.messages = messages
        self.missing = missing
    }
}
