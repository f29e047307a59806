/// Something that happened on a platform, as a value.
public struct InboundEvent: Sendable {
    /// What happened.
    public enum Kind: Sendable {
        /// A message to look at.
        case message(InboundMessage)
        /// A person's thread goes by another key from now on (an IRC nick changed).
        case threadRenamed(from: ThreadKey, to: ThreadKey)
        /// A non-lasting identity is no longer that person (quit, logged out): pairings of it end.
        case identityEnded(String)
        /// A person changed a message. It counts while the message waits in the queue.
        case messageEdited(MessageEdit)
        /// A message was deleted. It counts while the message waits in the queue.
        case messageDeleted(MessageReference)
        /// Somebody pressed a button or reacted.
        case choice(Choice)
        /// A place goes by another id from now on, with all its threads (a group became a supergroup, a room was
        /// upgraded). The threads' keys begin with the room's name, or are it.
        case roomRenamed(from: RoomID, to: RoomID)
    }

    /// The platform's id of the event, unique within the adapter for ever: the second half of the inbox key.
    public let id: String
    /// The network's connection.
    public let adapter: AdapterID
    /// What happened.
    public let kind: Kind

    /// Makes an event.
    public init(id: String, adapter: AdapterID, kind: Kind) {
        self.id = id
        self.adapter = adapter
        self.kind = kind
    }
}

/// A message from a platform, its text already in plain Unicode (formatting codes removed or turned into Markdown).
public struct InboundMessage: Sendable {
    /// The conversation that it belongs to.
    public let thread: ThreadKey
    /// Where an answer goes.
    public let route: Route
    /// Who wrote it.
    public let sender: Sender
    /// The text, without the mention of the bot at its start.
    public let text: String
    /// Milliseconds since 1970, by the platform's clock where it tells one.
    public let sentAt: Int64
    /// A direct message: always answered.
    public let isDirect: Bool
    /// The bot is mentioned, or the message answers one of its own.
    public let isAddressed: Bool
    /// Stands in a thread of the platform's: addressed, too, when the bot is part of that thread, which the core knows.
    public let isThreaded: Bool
    /// Fetched after downtime rather than seen live.
    public let isBacklog: Bool
    /// Files that came with it.
    public let attachments: [Attachment]

    /// Makes a message.
    public init(
        thread: ThreadKey, route: Route, sender: Sender, text: String, sentAt: Int64, isDirect: Bool,
        isAddressed: Bool, isThreaded: Bool = false, isBacklog: Bool = false, attachments: [Attachment] = []
    ) {
        self.thread = thread
        self.route = route
        self.sender = sender
        self.text = text
        self.sentAt = sentAt
        self.isDirect = isDirect
        self.isAddressed = isAddressed
        self.isThreaded = isThreaded
        self.isBacklog = isBacklog
        self.attachments = attachments
    }
}

/// Where and how an answer is addressed.
public struct Route: Hashable, Sendable {
    /// The place.
    public let room: RoomID
    /// The platform's thread within it, where there is one (`thread_ts`, topic id).
    public let anchor: String?
    /// Whom to name at the start of a message where the platform has no threads (an IRC nick in a channel).
    public let addressee: String?
    /// The message that is answered, for reply marks and reactions; the platform's id of the message that came in.
    public let replyTo: String?
    /// The platform's own id of who is answered, where calls ask for it (Slack's streams: `T1/U1`).
    public let recipient: String?

    /// Makes a route.
    public init(
        room: RoomID, anchor: String? = nil, addressee: String? = nil, replyTo: String? = nil, recipient: String? = nil
    ) {
        self.room = room
        self.anchor = anchor
        self.addressee = addressee
        self.replyTo = replyTo
        self.recipient = recipient
    }
}

/// What became of a delivered event.
public enum Delivery: Sendable, Equatable {
    /// Committed to the inbox; the platform may be told.
    case stored
    /// Seen before; the platform may be told again.
    case duplicate
    /// Not for us, for the named reason; nothing is kept.
    case ignored(String)
}

/// Takes what adapters read.
public protocol MessageSink: Sendable {
    /// Returns once `event` is committed; only then may the platform be told. Throws when it could not be stored, and
    /// then the platform must not be told. Call it from one task a room, so that a room's order is kept.
    @discardableResult func deliver(_ event: InboundEvent) async throws -> Delivery
    /// Tells that a connection's state changed, so that what waits for it goes out at once.
    func statusChanged(_ status: AdapterStatus, of adapter: AdapterID) async
    /// The thread that a message of the last thirty days belongs to, the bot's or a person's that was stored; nil when it
    /// is not known. For platforms where only a reply tells the conversation.
    func thread(of message: MessageReference) async -> ThreadKey?
}

extension MessageSink {
    /// Knows none.
    public func thread(of message: MessageReference) async -> ThreadKey? { nil }
    /// Does nothing.
    public func statusChanged(_ status: AdapterStatus, of adapter: AdapterID) async {}
}
