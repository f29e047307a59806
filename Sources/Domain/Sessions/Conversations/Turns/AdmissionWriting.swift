internal import Chat
internal import Delivery
internal import Memory
internal import Primitives
internal import Store
internal import Surroundings
internal import Threads

/// A question that becomes a turn.
struct Question: Sendable {
    let message: InboundMessage
    let kind: TurnKind
    /// The message's text, or a command's argument.
    let text: String
    /// The turn that it continues.
    var work: String?
    var role = MessageRecord.Role.user
    /// The ask that it answers.
    var ask: String?
    /// For whom it is done; nil for the message's sender.
    var requester: Sender?
    /// The turn whose question it asks again.
    var again: TurnRecord?
    /// The question in whose place it begins a branch.
    var replaces: ReplacedQuestion?
}

/// Everything that storing a question writes, as a value; ``write(to:)`` is part of its one transaction.
struct AdmissionWriting: Sendable {
    let question: Question
    let key: ThreadKey
    /// The new turn's id.
    let turn: String
    /// Of the session, if this begins it. A second try of the transaction must not change it: the turn may run already.
    let session = Identifier.make("t")
    /// Nothing is ahead of it: it is stored as running.
    let isFirst: Bool
    /// Says that the turn waits; nil when it does not.
    let note: String?
    /// The rendered line that says so in the room; empty where a reaction replaces it, or another line says it already.
    let noteMessages: [String]
    let adapters: AdapterRegistry
    let at: Int64
    /// What is known of the words beside the question.
    var beside = QuestionContext()
    var role: @Sendable (Sender) -> Role? = { _ in nil }
    /// The host's, of threads that have chosen none.
    var repository: String?
    var classes = DataClasses()

    /// The frames for watchers.
    var frames: [LiveFrame] {
        self.note.map {
            [LiveFrame(operation: self.turn, sequence: 1, kind: .thinking, content: $0, timestamp: self.at)]
        } ?? []
    }

    func write(to ledger: Ledger) throws -> Admission {
        let message = self.question.message
        // Each answer of a database server is a wait: what is asked early comes with the next one.
        let preferences = try ledger.laterPreferences(of: (self.question.requester ?? message.sender).id)
        let replaced = self.question.replaces
        if let replaced { try ledger.beginBranch(self.turn, replacing: replaced) }
        let session = try self.enterSession(ledger)
        let memory = try ledger.laterMemory(
            of: (self.question.requester ?? message.sender).id, in: session.repository ?? self.repository)
        let last = try ledger.laterLastTurnNumber(of: session.id)
        // A later question overtakes the offer to continue an answer, and continuing it uses the offer.
        let withdrawal = try ledger.withdrawal(
            of: session.id, at: self.at, whereShown: self.adapters.showButtons)
        let author = message.author
        let again = self.question.again
        let rewritten = try replaced.map {
            try ledger.rewriteMessages(
                of: $0, for: self.turn, reading: self.question.text, with: message.attachments.count, at: self.at)
        }
        let parts =
            try rewritten?.parts ?? again.map { try ledger.repeatMessages(of: $0, for: self.turn, at: self.at) } ?? []
        let number =
            try parts.first?.message
            ?? ledger.insertMessage(
                session: session.id, turn: self.turn, role: self.question.role, author: author, text: message.text,
                at: self.at)
        let isUser = self.question.role == .user
        let turn = TurnRecord(
            id: self.turn, session: session.id, kind: self.question.kind, work: self.question.work ?? self.turn,
            text: rewritten?.text ?? self.question.text, sender: self.question.requester ?? message.sender,
            route: message.route,
            message: number,
            state: self.isFirst ? .running : .queued, attempts: self.isFirst ? 1 : 0, queuedAt: self.at,
            startedAt: self.isFirst ? self.at : nil, attachments: isUser ? message.attachments : [],
            images: again?.images ?? (message.attachments.isEmpty ? replaced?.turn.images : nil) ?? [],
            ask: self.question.ask, parts: parts)
        let previous = try last()
        let place = try ledger.insert(turn)
        if let again { try ledger.leave(again, to: turn) }
        if let replaced { try ledger.endBeginning(turn, replacing: replaced) }
        if turn.work != turn.id { try ledger.takeUpAsks(of: turn.work, in: session.id) }
        var context = self.beside
        context.parent = session.branch?.session
        let beside =
            try again.map { try ledger.repeatLines(of: $0.id, for: self.turn) }
            ?? ledger.insert(
                context, ofTurn: self.turn, session: session.id, isNew: previous == 0, role: self.role)
        let withdrawn = try withdrawal()
        let notes = try self.noteMessages.map {
            try ledger.insertOutbox(
                session: session.id, turn: turn.id, kind: .waiting, route: turn.route, text: $0, at: self.at)
        }
        try ledger.insert(self.frames)
        return Admission(
            turn: turn, items: withdrawn + notes, session: session, number: place, previous: previous,
            question: isUser
                ? HistoryEntry(
                    id: place * 2, role: .user, author: author, text: rewritten?.text ?? message.text,
                    images: replaced == nil ? [] : turn.images) : nil,
            instructions: try preferences().instructions, memory: try memory(), beside: beside)
    }

    private func enterSession(_ ledger: Ledger) throws -> SessionRecord {
        let message = self.question.message
        let text = self.question.text
        let isChat = self.question.kind == .chat
        let named = isChat && text.isEmpty ? message.attachments.first?.name ?? "" : self.question.kind.title(of: text)
        let title = Conversation.title(of: named)
        var session = try ledger.session(
            for: self.key, route: message.route, owner: message.sender.id, title: title, at: self.at,
            id: self.session)
        if session.id == self.session, isChat, let branch = try ledger.branch(of: message, besides: session.id),
            try self.classes.isEmpty
                || self.classes.mayEnter(ledger.origins(of: branch, self.classes), threadOf: session.repository)
        {
            session.branch = branch
            try ledger.set(branch, of: session.id)
        }
        session.route = message.route
        session.activeAt = self.at
        session.state = .active
        if !session.isNamed, TurnKind.isPreliminary(session.title), !title.isEmpty { session.title = title }
        try ledger.update(session)
        return session
    }
}
