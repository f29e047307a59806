/// A chat network's connection, stable across restarts: `irc:local`, `matrix:home`, `web`.
public struct AdapterID: Hashable, Sendable, CustomStringConvertible {
    /// The text form, used in storage keys, logs and metrics.
    public let rawValue: String
    /// Wraps the text form.
    public init(_ rawValue: String) { self.rawValue = rawValue }
    /// The text form.
    public var description: String { self.rawValue }
}

/// A place on one network where messages are posted: a channel, a query, a conversation.
public struct RoomID: Hashable, Sendable, CustomStringConvertible {
    /// The network's connection.
    public let adapter: AdapterID
    private let exact: ExactText
    /// The platform's own stable id of the place.
    public var name: String { self.exact.text }
    /// Names the place `name` on `adapter`.
    public init(adapter: AdapterID, name: String) {
        self.adapter = adapter
        self.exact = ExactText(name)
    }
    /// The text form.
    public var description: String { "\(self.adapter)/\(self.name)" }
}

/// What a person sees as one conversation; a pure function of platform ids, never of names or caches.
///
/// IRC: channel + account (or nick), or the query. Slack: channel + root message. Web: the conversation.
public struct ThreadKey: Hashable, Sendable, CustomStringConvertible {
    /// The network's connection.
    public let adapter: AdapterID
    private let exact: ExactText
    /// Unique within the adapter.
    public var value: String { self.exact.text }
    /// Names the thread `value` of `adapter`.
    public init(adapter: AdapterID, value: String) {
        self.adapter = adapter
        self.exact = ExactText(value)
    }
    /// The text form.
    public var description: String { "\(self.adapter)/\(self.value)" }
}

/// A posted message, as the platform names it.
public struct MessageReference: Hashable, Sendable {
    /// Where it was posted.
    public let room: RoomID
    private let exact: ExactText
    /// The platform's id (`ts`, `message_id`, `msgid`); empty where the platform gives none.
    public var id: String { self.exact.text }
    /// Names the message `id` of `room`.
    public init(room: RoomID, id: String) {
        self.room = room
        self.exact = ExactText(id)
    }
}
