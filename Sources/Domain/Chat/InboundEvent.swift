/// Something that happened on a platform, as a value.
package struct InboundEvent: Sendable {
    package enum Kind: Sendable {
        case message(InboundMessage)
        /// A temporary identity no longer belongs to its person, who quit or logged out: its pairings, threads and
        /// sign-ins end.
        case identityEnded(String)
        /// A person edited a message. Takes effect while the message waits in the queue.
        case messageEdited(MessageEdit)
        /// A message was deleted. Takes effect while the message waits in the queue.
        case messageDeleted(MessageReference)
        /// Somebody pressed a button or reacted.
        case choice(Choice)
        /// A room got another id, with all its threads (a group became a supergroup, a room was upgraded). The threads'
        /// keys are the room's name or begin with it. ``RoomTraits/Capabilities/lastingIDs`` says whether its messages are
        /// the same there.
        case roomRenamed(from: RoomID, to: RoomID)
        /// A room may accept messages again (the bot was let in, the channel unarchived): what waits for it is sent. Only a
        /// hint, which is not stored.
        case roomReturned(RoomID)
    }

    /// The platform's id of the event, never reused within the adapter: the second half of the inbox key.
    package let id: String
    package let adapter: AdapterID
    package let kind: Kind

    package init(id: String, adapter: AdapterID, kind: Kind) {
        self.id = id
        self.adapter = adapter
        self.kind = kind
    }
}

/// A message from a platform, its text already in plain Unicode (formatting codes removed or turned into Markdown).
package struct InboundMessage: Sendable {
    package var thread: ThreadKey
    /// Where an answer goes.
    package let route: Route
    package var sender: Sender
    /// The text, without the mention of the bot at its start.
    package let text: String
    /// Milliseconds since 1970, by the platform's clock where it has one.
    package let sentAt: Int64
    /// A direct message: always answered.
    package let isDirect: Bool
    /// The bot is mentioned, or the message replies to one of its messages, or is in a thread that begins with one.
    package let isAddressed: Bool
    /// The bot is mentioned: what is written to it anywhere, as the network has mentions.
    package let isMention: Bool
    /// It replies to one of the bot's messages; being in a thread below one is no reply.
    package let isReply: Bool
    /// It mentions somebody other than its sender and the bot.
    package let mentionsOthers: Bool
    /// The text of the writer's own message that this one replies to, if the network sends it along.
    package let repliedText: String?
    /// In one of the platform's threads; counts as addressed if the bot is part of that thread.
    package let isThreaded: Bool
    /// Fetched after downtime rather than received live.
    package let isBacklog: Bool
    /// Nobody typed it: it stands for a button or a reaction.
    package let isChosen: Bool
    /// When it came, it told a running turn to stop, in words that mean nothing else then.
    package let isStop: Bool
    package let attachments: [Attachment]
    /// The messages that came along: what it replies to or quotes, as far as the network sends it, and what it forwards.
    package let enclosed: [SaidMessage]
    /// The platform's id of the message that it replies to; nil without one, or if that is in ``enclosed``.
    package let repliesTo: String?
    /// Through what its sender wrote it, if not where the thread is: `mcp`.
    package var via: String?
    /// The number of the transcript's message whose place it takes, in a branch of its own.
    package var replaces: Int64?
    /// The language that its sender's network knows of them, such as `de-AT`. Not stored.
    package var locale: String?

    /// Its author, as the transcript names them.
    package var author: String { self.via.map { "\(self.sender.displayName) via \($0)" } ?? self.sender.displayName }

    /// - Parameter isMention: By default, whatever addresses the bot outside of its direct messages does so by a mention.
    package init(
        thread: ThreadKey, route: Route, sender: Sender, text: String, sentAt: Int64, isDirect: Bool,
        isAddressed: Bool, isMention: Bool? = nil, isReply: Bool = false, mentionsOthers: Bool = false,
        repliedText: String? = nil, isThreaded: Bool = false, isBacklog: Bool = false, isChosen: Bool = false,
        isStop: Bool = false,
        attachments: [Attachment] = [], enclosed: [SaidMessage] = [], repliesTo: String? = nil
    ) {
        self.thread = thread
        self.route = route
        self.sender = sender
        self.text = text
        self.sentAt = sentAt
        self.isDirect = isDirect
        self.isAddressed = isAddressed
        self.isMention = isMention ?? (isAddressed && !isDirect && !isReply)
        self.isReply = isReply
        self.mentionsOthers = mentionsOthers
        self.repliedText = repliedText
        self.isThreaded = isThreaded
        self.isBacklog = isBacklog
        self.isChosen = isChosen
        self.isStop = isStop
        self.attachments = attachments
        self.enclosed = enclosed
        self.repliesTo = repliesTo
    }
}

/// Where and how an answer is addressed.
package struct Route: Hashable, Sendable {
    package let room: RoomID
    /// The platform's thread within it, where there is one (`thread_ts`, topic id).
    package let anchor: String?
    /// Named at the start of a message where the platform has no threads (an IRC nick in a channel).
    package let addressee: String?
    /// The platform's id of the message being answered, for replies and reactions.
    package let replyTo: String?
    /// The platform's id of the person being answered, where API calls need it (Slack's streams: `T1/U1`).
    package let recipient: String?
    /// What the person typed before a command, if it differs from the room's ``CommandSign/prefix``: answers show the
    /// same form.
    package let commandPrefix: String?
    /// Whom this one message mentions.
    package private(set) var mentions: [Mention]

    package init(
        room: RoomID, anchor: String? = nil, addressee: String? = nil, replyTo: String? = nil, recipient: String? = nil,
        commandPrefix: String? = nil, mentions: [Mention] = []
    ) {
        self.room = room
        self.anchor = anchor
        self.addressee = addressee
        self.replyTo = replyTo
        self.recipient = recipient
        self.commandPrefix = commandPrefix
        self.mentions = mentions
    }

    /// The same route for a message that mentions people.
    package func mentioning(_ mentions: [Mention]) -> Route {
        var route = self
        route.mentions = mentions
        return route
    }
}

/// The outcome of delivering an event.
package enum Delivery: Sendable, Equatable {
    /// Committed to the inbox; it may be acknowledged to the platform.
    case stored
    /// Seen before; it may be acknowledged again.
    case duplicate
    /// Not for the bot, for the named reason; nothing is kept.
    case ignored(String)
}

/// Receives events from adapters.
package protocol MessageSink: Sendable {
    /// Returns once `event` is committed; only then may it be acknowledged to the platform. Throws if it could not be
    /// stored; then it must not be acknowledged. Call it from one task per room, so that a room's order is kept.
    @discardableResult func deliver(_ event: InboundEvent) async throws -> Delivery
    /// Reports that a connection's state changed, so that waiting messages are sent at once.
    func statusChanged(_ status: AdapterStatus, of adapter: AdapterID) async
    /// The thread of a stored message, the bot's or a person's, for as long as `retention.sent` keeps it; nil if
    /// unknown. For platforms where only a reply identifies the conversation.
    func thread(of message: MessageReference) async -> ThreadKey?
    /// Whether everybody in its room may see a message that only its sender sees so far, such as a slash command: not if
    /// it is a stranger's, or has a pairing code, a token or another secret.
    func mayShow(_ message: InboundMessage) async -> Bool
    /// Whether a button may ask its person for words before it counts. If not, it counts as it is, which says why.
    func mayPrompt(_ choice: Choice) async -> Bool
}

/// The host no longer has the network: another one takes its events, so trying again is of no use.
package protocol NetworkGone: Error {}

extension MessageSink {
    package func thread(of message: MessageReference) async -> ThreadKey? { nil }
    package func mayShow(_ message: InboundMessage) async -> Bool { false }
    package func mayPrompt(_ choice: Choice) async -> Bool { true }
    package func statusChanged(_ status: AdapterStatus, of adapter: AdapterID) async {}
}

/// A person's edit of a message.
package struct MessageEdit: Sendable, Equatable {
    package let reference: MessageReference
    /// Only its author's edits count.
    package var sender: Sender
    /// The whole new text, in the form of ``InboundMessage/text``.
    package let text: String

    package init(reference: MessageReference, sender: Sender, text: String) {
        self.reference = reference
        self.sender = sender
        self.text = text
    }
}

/// A choice made on one of the bot's messages, with a button or a reaction.
package struct Choice: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// A button with this command was pressed.
        case button(String)
        /// A reaction was added: one emoji, without a variation selector.
        case reaction(String)
    }

    /// The bot's message.
    package let target: MessageReference
    /// May be anyone in the room.
    package var sender: Sender
    package let kind: Kind
    /// Milliseconds since 1970.
    package let sentAt: Int64

    package init(target: MessageReference, sender: Sender, kind: Kind, sentAt: Int64) {
        self.target = target
        self.sender = sender
        self.kind = kind
        self.sentAt = sentAt
    }
}
