/// A connection to a chat network, stable across restarts: `irc:local`, `matrix:home`, `web`.
package struct AdapterID: Hashable, Sendable, CustomStringConvertible {
    /// The text form, used in storage keys, logs and metrics.
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
    package var description: String { self.rawValue }
}

/// A place on one network where messages are posted: a channel, a query, a conversation.
package struct RoomID: Hashable, Sendable, CustomStringConvertible {
    package let adapter: AdapterID
    private let exact: ExactText
    /// The platform's stable id of the room.
    package var name: String { self.exact.text }
    package init(adapter: AdapterID, name: String) {
        self.adapter = adapter
        self.exact = ExactText(name)
    }
    package var description: String { "\(self.adapter)/\(self.name)" }
}

/// One conversation as a person sees it; a pure function of platform ids, never of names or caches.
///
/// IRC: channel + account (or nick), or the query. Slack: channel + root message. Web: the conversation.
package struct ThreadKey: Hashable, Sendable, CustomStringConvertible {
    package let adapter: AdapterID
    private let exact: ExactText
    /// Unique within the adapter.
    package var value: String { self.exact.text }
    package init(adapter: AdapterID, value: String) {
        self.adapter = adapter
        self.exact = ExactText(value)
    }
    package var description: String { "\(self.adapter)/\(self.value)" }
}

/// A posted message by its platform id.
package struct MessageReference: Hashable, Sendable {
    package let room: RoomID
    private let exact: ExactText
    /// `ts`, `message_id`, `msgid`; empty where the platform gives none.
    package var id: String { self.exact.text }
    package init(room: RoomID, id: String) {
        self.room = room
        self.exact = ExactText(id)
    }
}
