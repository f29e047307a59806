package import Chat

/// What was said beside a turn's question, with what it counted as when the turn began.
package struct TurnLine: Sendable, Equatable {
    package var said: SaidMessage
    /// The author's.
    package let role: Role?
    /// Nobody vouches for its author, or the bot said it to somebody who may give no orders.
    package var hasForeignWords: Bool

    package init(_ said: SaidMessage, role: Role?, hasForeignWords: Bool) {
        self.said = said
        self.role = role
        self.hasForeignWords = hasForeignWords
    }

    /// - Parameter role: People's roles.
    package init(_ said: SaidMessage, role: (Sender) -> Role?) {
        let author = said.author.flatMap { $0.isSelf ? nil : $0 }
        self.init(said, role: author.flatMap(role), hasForeignWords: author == nil)
    }

    /// What a question replies to, before its text has been read.
    package static func unread(_ reference: MessageReference) -> TurnLine {
        TurnLine(SaidMessage(.repliedTo, reference: reference, name: "", text: ""), role: nil, hasForeignWords: false)
    }

    package var isUnread: Bool {
        self.said.relation == .repliedTo && self.said.name.isEmpty && self.said.text.isEmpty
            && self.said.attachments.isEmpty
    }

    /// Its author, unless it is the bot or unknown.
    package var person: Sender? { self.said.author.flatMap { $0.isSelf ? nil : $0 } }
}

extension [TurnLine] {
    package var people: Set<Sender> { Set(self.compactMap(\.person)) }

    package var hasForeignWords: Bool { self.contains(where: \.hasForeignWords) }
}

extension SaidMessage {
    /// The message with other values; nil keeps the old one.
    package func with(name: String? = nil, text: String? = nil, attachments: [Attachment]? = nil) -> SaidMessage {
        SaidMessage(
            self.relation, reference: self.reference, author: self.author, name: name ?? self.name,
            sentAt: self.sentAt, text: text ?? self.text, attachments: attachments ?? self.attachments)
    }
}

/// How far it is decided what is said beside a question.
package enum ContextState: String, Sendable {
    /// The room's past is to be read.
    case due
    /// Only what the question replies to is to be read.
    case reply
    case read
    /// It could not be read in time.
    case late
    /// The room's settings do not permit it.
    case off
}

/// What is known of the words beside a question before its turn begins.
package struct QuestionContext: Sendable, Equatable {
    /// Nil where nothing is to be read.
    package var state: ContextState?
    /// What came with the question, and what it replies to.
    package var lines: [TurnLine]
    /// The room's past is read for the first question of a session only.
    package var isForFirst = false
    /// The question up to which an earlier turn has read; nil for none.
    package var seen: MessageReference?
    /// The session in whose history this one goes on.
    package var parent: String?

    package init(state: ContextState? = nil, lines: [TurnLine] = []) {
        self.state = state
        self.lines = lines
    }

    /// What came with a message, and whether the room's past is to be read.
    ///
    /// - Parameters:
    ///   - limits: Nil where the settings do not permit to read the past.
    ///   - isReadable: The network can say what was said.
    package init(
        of message: InboundMessage, limits: ContextLimits?, isReadable: Bool, at now: Int64,
        line: (SaidMessage) -> TurnLine
    ) {
        self.init(
            lines: LineCut.cut(message.enclosed.map(line), to: limits ?? ContextLimits(), isThread: true, at: now))
        if let id = message.repliesTo {
            self.lines.append(.unread(MessageReference(room: message.route.room, id: id)))
        }
        guard isReadable, !message.isChosen else { return }
        // Where everything is said to the bot, there is nothing else to read.
        let isAlone = message.isDirect && !PastReading.isInThread(message.route)
        self.state = isAlone || limits == nil ? .reply : .due
        self.isForFirst = message.isDirect
        if limits == nil, message.repliesTo == nil, !isAlone { self.state = .off }
    }

    package var isToBeRead: Bool { self.state == .due || self.state == .reply }

    package var readLines: [TurnLine] { self.lines.filter { !$0.isUnread } }

    /// The message to be read to which the question replies.
    package var unread: MessageReference? { self.lines.first(where: \.isUnread)?.said.reference }
}
