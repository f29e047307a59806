internal import Chat
internal import EventLoop
internal import JSON
internal import Logging

/// One thread: takes its messages in order, runs one turn at a time, and answers commands at once.
///
/// Every step that matters is one transaction, and everything is stored before it is shown. Other threads are never
/// blocked.
actor Conversation {
    struct Letter {
        enum Content {
            case message(StoredMessage, Intent)
            case change(StoredChange)
            /// A message that was deleted before it was handled.
            case deleted(Int64)
        }

        var content: Content
        let reply: ReplyBox?
    }

    var key: ThreadKey
    let context: ConversationContext
    var mailbox: [Letter] = []
    /// Deliveries that wait for room in the mailbox, in order.
    var senders: [(letter: Letter, continuation: CheckedContinuation<Void, Never>)] = []
    private var isDraining = false
    /// The reply to the message that is being handled.
    var handling: ReplyBox?
    private var isRetired = false
    var running: RunningTurn?
    /// Asks that the running turn waits for.
    var asks: [String: HeldAsk] = [:]
    /// Callers that wait for the end of the running turn.
    var endWaiters: [CheckedContinuation<Void, Never>] = []
    /// Messages that follow a job, by operation.
    var followers: [String: Task<Void, Never>] = [:]
    /// Waiting turns, oldest first.
    var queue: [TurnRecord] = []
    /// Messages too old to be answered, to be listed in one line.
    var stale: [StoredMessage] = []
    var staleAlarm: Alarm?
    /// The next turn is being marked as running: no other may begin.
    var isBeginning = false
    /// The turn to be stopped as soon as it has begun.
    var stopAtBegin: String?
    /// The typing state to be sent; nil when it is sent.
    var typing: (isTyping: Bool, route: Route)?
    var isSendingTyping = false
    /// The host is stopping: no more turns begin.
    var isClosing: Bool

    /// The size of the mailbox; when it is full, deliveries wait. Their messages are stored by then.
    static let mailboxLimit = 256

    init(key: ThreadKey, context: ConversationContext, isClosing: Bool = false) {
        self.key = key
        self.context = context
        self.isClosing = isClosing
    }

    var environment: BridgeEnvironment { self.context.environment }

    /// Whether nothing runs or waits.
    var isIdle: Bool {
        self.running == nil && !self.isBeginning && self.queue.isEmpty && self.mailbox.isEmpty && !self.isDraining
            && self.stale.isEmpty && self.followers.isEmpty
    }

    /// Whether it may be forgotten; if so, it accepts no more messages.
    func retire() -> Bool {
        self.isRetired = self.isIdle
        return self.isRetired
    }

    /// Takes an inbox entry of the thread, waiting for room. False when this conversation is retired: ask for a new
    /// one.
    func accept(_ entry: InboxEntry, reply: ReplyBox? = nil) async -> Bool {
        guard !self.isRetired else { return false }
        let letter: Letter
        switch entry {
        case .message(let stored, let intent): letter = Letter(content: .message(stored, intent), reply: reply)
        case .change(let stored):
            self.amendLetters(stored.change)
            letter = Letter(content: .change(stored), reply: reply)
        }
        guard self.mailbox.count < Self.mailboxLimit, self.senders.isEmpty else {
            // A full mailbox is being drained, which resumes all waiting deliveries.
            await withCheckedContinuation { self.senders.append((letter, $0)) }
            return true
        }
        self.mailbox.append(letter)
        guard !self.isDraining else { return true }
        self.isDraining = true
        // The mailbox's loop: it ends when the mailbox is empty, and there is never more than one.
        Task { await self.drain() }
        return true
    }

    /// Stores a question and its turn in one transaction when the thread is idle, which saves a second one. Otherwise
    /// the message has to be stored first and goes through the mailbox.
    func takeAtOnce(_ arrival: Arrival, text: String) async throws -> Arrival.Outcome {
        guard !self.isRetired, !self.isClosing, self.isIdle, !arrival.message.isBacklog,
            // It may answer a question.
            !self.context.questions.mayExist(in: self.key),
            let worker = self.context.workers["chat"], worker.refusal(of: text) == nil
        else { return .busy }
        // Later messages wait in the mailbox.
        self.isDraining = true
        defer {
            if self.mailbox.isEmpty {
                self.isDraining = false
            } else {
                // The mailbox's loop, as in `accept`.
                Task { await self.drain() }
            }
        }
        let question = Question(message: arrival.message, kind: "chat", text: text)
        let submission = try await self.admit(question, event: arrival.event, ahead: 0, isArriving: true) {
            ledger, turn in
            try ledger.insertEvent(
                arrival.event, adapter: arrival.adapter, role: arrival.role, turn: turn,
                of: arrival.message.reference, at: arrival.at)
        }
        return submission.map { .taken($0) } ?? .duplicate
    }

    private func drain() async {
        while !self.mailbox.isEmpty {
            let letter = self.mailbox.removeFirst()
            if !self.senders.isEmpty {
                let (next, sender) = self.senders.removeFirst()
                self.mailbox.append(next)
                sender.resume()
            }
            self.handling = letter.reply
            defer { self.handling = nil }
            do {
                let submission = try await self.handle(letter)
                letter.reply?.resume(with: .success(submission))
            } catch {
                // The message stays in the inbox as new and is handled at the next start.
                self.environment.logger.error(
                    "a message could not be handled", ["thread": "\(self.key)", "error": .string("\(error)")])
                letter.reply?.resume(with: .failure(error))
            }
        }
        self.isDraining = false
    }

    private func handle(_ letter: Letter) async throws -> Submission? {
        switch letter.content {
        case .message(let stored, let intent): return try await self.handle(stored, intent)
        case .change(let change): return try await self.apply(change)
        case .deleted(let number):
            try await self.durably { ledger in try ledger.finishEvent(number, turn: nil) }
            return nil
        }
    }

    func handle(_ received: StoredMessage, _ intent: Intent) async throws -> Submission? {
        let stored = self.withoutCode(received, intent)
        let message = stored.message
        if message.isBacklog, message.sentAt < self.environment.now() - self.environment.settings.freshness {
            return try await self.putAside(stored)
        }
        try await self.listStale()
        switch intent {
        case .ignore:
            try await self.durably { ledger in try ledger.finishEvent(stored.number, turn: nil) }
            return nil
        case .chat(let text):
            if let answered = try await self.answer(to: stored, text) { return answered }
            return try await self.enqueue(stored, kind: "chat", text: text)
        case .command(let name, let argument):
            return try await self.perform(name, argument: argument, for: stored)
        case .unknownCommand(let word):
            return try await self.reply(
                to: stored, with: CommandTexts.unknown(word, sign: self.sign(of: message.route)))
        }
    }

    /// The message without a pairing code, so that neither the transcript nor a list of stale messages shows it.
    private func withoutCode(_ stored: StoredMessage, _ intent: Intent) -> StoredMessage {
        guard case .command(.pair, _) = intent else { return stored }
        var stored = stored
        let sign = self.sign(of: stored.message.route).character
        stored.message = stored.message.reading("\(sign)\(CommandName.pair.rawValue) …")
        return stored
    }

    /// How commands are written in a route's room, in the form that the person used.
    func sign(of route: Route) -> CommandSign {
        let sign = self.context.adapters.traits(of: route.room).sign
        return route.commandPrefix.map { CommandSign(sign.character, prefix: $0) } ?? sign
    }

    func poster(for route: Route) -> AnswerPoster {
        AnswerPoster(
            traits: self.context.adapters.traits(of: route.room),
            renderer: self.context.adapters[route.room.adapter]?.renderer ?? PlainRenderer())
    }

    static func title(of text: String) -> String {
        let line = text.prefix(200).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return line.count <= 60 ? line : String(line.prefix(59)).trimmed + "…"
    }
}
