internal import Chat
internal import EventLoop
internal import JSON
internal import Logging

/// One thread: takes its messages in order, runs one turn at a time, answers commands at once.
///
/// Every step that matters is one transaction, and what is shown was stored before. Other threads are never blocked.
actor Conversation {
    struct Letter {
        enum Content {
            case message(StoredMessage)
            case change(StoredChange)
            /// A message that was deleted before it was looked at.
            case deleted(Int64)
        }

        var content: Content
        let reply: ReplyBox?
    }

    var key: ThreadKey
    let context: ConversationContext
    var mailbox: [Letter] = []
    /// Who delivers more than fits, in order.
    var senders: [(letter: Letter, continuation: CheckedContinuation<Void, Never>)] = []
    private var isDraining = false
    private var isRetired = false
    var running: RunningTurn?
    /// Turns that wait, oldest first.
    var queue: [TurnRecord] = []
    /// Messages that are too old to be answered, to be listed in one line.
    var stale: [StoredMessage] = []
    var staleAlarm: Alarm?
    /// The next turn is being marked as running: no other may be begun.
    private var isBeginning = false
    /// No turn is begun any more: the host goes down.
    var isClosing = false

    /// Messages that may wait to be looked at; beyond, whoever delivers waits. They are stored by then.
    static let mailboxLimit = 256

    init(key: ThreadKey, context: ConversationContext) {
        self.key = key
        self.context = context
    }

    var environment: BridgeEnvironment { self.context.environment }

    /// Whether nothing runs or waits.
    var isIdle: Bool {
        self.running == nil && !self.isBeginning && self.queue.isEmpty && self.mailbox.isEmpty && !self.isDraining
            && self.stale.isEmpty
    }

    /// Whether it may be forgotten; from then on it takes no messages.
    func retire() -> Bool {
        self.isRetired = self.isIdle
        return self.isRetired
    }

    var mailboxCount: Int { self.mailbox.count }

    /// Takes what the inbox holds for the thread, waiting for room. False when this conversation was retired: ask for a
    /// new one.
    func accept(_ entry: InboxEntry, reply: ReplyBox? = nil) async -> Bool {
        guard !self.isRetired else { return false }
        let letter: Letter
        switch entry {
        case .message(let stored): letter = Letter(content: .message(stored), reply: reply)
        case .change(let stored):
            self.amendLetters(stored.change)
            letter = Letter(content: .change(stored), reply: reply)
        }
        guard self.mailbox.count < Self.mailboxLimit, self.senders.isEmpty else {
            // A full mailbox is being drained, and that ends when nobody waits any more.
            await withCheckedContinuation { self.senders.append((letter, $0)) }
            return true
        }
        self.mailbox.append(letter)
        guard !self.isDraining else { return true }
        self.isDraining = true
        // The mailbox's own loop: it ends when the mailbox is empty, and there is never more than one.
        Task { await self.drain() }
        return true
    }

    /// Stores a question and its turn in one transaction, when nothing is under way here: then nobody waits for the
    /// second one. Otherwise the message has to be stored first and goes through the mailbox.
    func takeAtOnce(_ arrival: Arrival, text: String) async throws -> Arrival.Outcome {
        guard !self.isRetired, !self.isClosing, self.isIdle, !arrival.message.isBacklog,
            let worker = self.context.workers["chat"], worker.refusal(of: text) == nil
        else { return .busy }
        // What comes meanwhile waits in the mailbox.
        self.isDraining = true
        defer {
            if self.mailbox.isEmpty {
                self.isDraining = false
            } else {
                // The mailbox's own loop, as in `accept`.
                Task { await self.drain() }
            }
        }
        let submission = try await self.admit(
            arrival.message, event: arrival.event, kind: "chat", text: text, ahead: 0, isArriving: true
        ) { ledger, turn in
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
            do {
                let submission = try await self.handle(letter)
                letter.reply?.resume(with: .success(submission))
            } catch {
                // The message stays in the inbox as new, and is taken up again at the next start.
                self.environment.logger.error(
                    "a message could not be handled", ["thread": "\(self.key)", "error": .string("\(error)")])
                letter.reply?.resume(with: .failure(error))
            }
        }
        self.isDraining = false
    }

    private func handle(_ letter: Letter) async throws -> Submission? {
        switch letter.content {
        case .message(let stored): return try await self.handle(stored)
        case .change(let change): return try await self.apply(change)
        case .deleted(let number):
            try await self.context.store.write { ledger in try ledger.finishEvent(number, turn: nil) }
            return nil
        }
    }

    func handle(_ stored: StoredMessage) async throws -> Submission? {
        let message = stored.message
        let role = stored.role
        let sign = self.context.adapters.traits(of: message.route.room).commandSign
        let intent = Intent.determine(
            message, role: role, sign: sign, isPairingAllowed: self.context.access.isPairingAllowed)
        if message.isBacklog, message.sentAt < self.environment.now() - self.environment.settings.freshness {
            return try await self.putAside(stored)
        }
        try await self.listStale()
        switch intent {
        case .ignore:
            try await self.context.store.write { ledger in try ledger.finishEvent(stored.number, turn: nil) }
            return nil
        case .chat(let text):
            return try await self.enqueue(stored, kind: "chat", text: text)
        case .command(let name, let argument):
            return try await self.perform(name, argument: argument, for: stored, role: role, sign: sign)
        case .unknownCommand(let word):
            let nearest = CommandName.nearest(to: word)
            return try await self.reply(
                to: stored,
                with: "There is no command `\(sign)\(word)`. Did you mean `\(sign)\(nearest.rawValue)`? "
                    + "`\(sign)help` lists them all.")
        }
    }

    // MARK: Turns in

    /// Stores a question as a turn, begun at once when nothing runs.
    func enqueue(
        _ stored: StoredMessage, kind: String, text: String, work: String? = nil, role: MessageRecord.Role = .user
    ) async throws -> Submission? {
        let sign = self.context.adapters.traits(of: stored.message.route.room).commandSign
        guard let worker = self.context.workers[kind] else {
            return try await self.reply(to: stored, with: "This host has nothing configured that could answer.")
        }
        if let refusal = worker.refusal(of: text) { return try await self.reply(to: stored, with: refusal) }
        if self.queue.count >= self.environment.settings.queueLimit {
            return try await self.reply(
                to: stored,
                with: "\(self.queue.count) messages are waiting here already. Wait for an answer, or type "
                    + "`\(sign)stop all`.")
        }
        let ahead = self.queue.count + (self.running == nil && !self.isBeginning ? 0 : 1)
        return try await self.admit(
            stored.message, event: stored.event, kind: kind, text: text, work: work, role: role, ahead: ahead
        ) { ledger, turn in
            try ledger.finishEvent(stored.number, turn: turn)
            return true
        }
    }

    /// Stores a message as a turn behind `ahead` others, and begins it when there are none.
    ///
    /// - Parameter enter: books the event in the same transaction; false when it is a repeat, which leads to nothing.
    private func admit(
        _ message: InboundMessage, event: String, kind: String, text: String, work: String? = nil,
        role: MessageRecord.Role = .user, ahead: Int, isArriving: Bool = false,
        enter: @escaping @Sendable (_ ledger: Ledger, _ turn: String) throws -> Bool
    ) async throws -> Submission? {
        let isFirst = ahead == 0 && !self.isClosing
        let now = self.environment.now()
        let id = Identifier.make("op")
        let note =
            ahead == 0
            ? nil : "I am still answering; \(ahead == 1 ? "1 message is" : "\(ahead) messages are") ahead of this one."
        // Where there are reactions one says it.
        let isMarked = note != nil && self.context.marks.canMark(message.route)
        let notes = isMarked ? [] : note.map { self.poster(for: message.route).messages(for: $0) } ?? []
        let frames = note.map {
            [LiveFrame(operation: id, sequence: 1, kind: .thinking, content: $0, timestamp: now)]
        }
        let key = self.key
        let title = Self.title(of: text.isEmpty ? message.attachments.first?.name ?? "" : text)
        let stored = try await self.context.store.write { ledger -> Admission? in
            guard try enter(ledger, id) else { return nil }
            var session = try ledger.session(
                for: key, route: message.route, owner: message.sender.id, title: title, at: now)
            session.route = message.route
            session.activeAt = now
            session.state = .active
            if session.title.isEmpty { session.title = title }
            try ledger.update(session)
            let number = try ledger.insertMessage(
                session: session.id, turn: id, role: role, author: message.sender.displayName, text: message.text,
                at: now)
            let turn = TurnRecord(
                id: id, session: session.id, kind: kind, work: work ?? id, text: text, sender: message.sender,
                route: message.route, message: number, state: isFirst ? .running : .queued,
                attempts: isFirst ? 1 : 0, queuedAt: now, startedAt: isFirst ? now : nil,
                attachments: role == .user ? message.attachments : [])
            let previous = try ledger.lastTurnNumber(of: session.id)
            let place = try ledger.insert(turn)
            let items = try notes.map {
                try ledger.insertOutbox(
                    session: session.id, turn: id, kind: .note, route: turn.route, text: $0, at: now)
            }
            if let frames { try ledger.insert(frames) }
            let question =
                role == .user
                ? HistoryEntry(id: place * 2, role: .user, author: message.sender.displayName, text: message.text) : nil
            return Admission(
                turn: turn, items: items, session: session, number: place, previous: previous, question: question)
        }
        if isArriving { FaultPoint.eventStored.hit() }
        guard let admission = stored else { return nil }
        let turn = admission.turn
        FaultPoint.turnQueued.hit()
        self.environment.logger.info(
            "a message became a turn",
            [
                "operation": .string(turn.id), "event": .string(event), "thread": .string("\(self.key)"),
                "kind": .string(kind), "state": .string(turn.state.rawValue),
            ])
        await self.context.hub.begin(turn.id, session: turn.session, showing: frames ?? [])
        await self.context.dispatch(admission.items)
        if turn.state == .running, self.running == nil, !self.isBeginning, !self.isClosing {
            self.begin(turn, admission)
        } else {
            self.queue.append(turn)
            // What ran may have ended while this one was being stored.
            await self.beginNext()
            if isMarked, self.queue.contains(where: { $0.id == turn.id }) {
                self.context.marks.set(true, on: turn.route)
            }
        }
        return Submission(message: turn.message ?? 0, operation: turn.id)
    }

    /// Takes up a stored turn again, at a start of the host.
    func restore(_ turn: TurnRecord) async {
        let stored = (try? await self.context.store.frames(of: turn.id, after: 0))?.last?.sequence ?? 0
        await self.context.hub.begin(turn.id, session: turn.session, next: stored + 1)
        self.queue.append(turn)
        await self.beginNext()
    }

    /// Begins nothing any more, and lets what runs end until `deadline`.
    func close(by deadline: ContinuousClock.Instant) async {
        self.isClosing = true
        guard let running = self.running else { return }
        // A deadline beside the turn that is waited for; cancelled below.
        let timer = Task {
            do { try await Task.sleep(until: deadline, clock: .continuous) } catch { return }
            self.end(running.turn.id, because: .shutdown)
        }
        await running.task?.value
        timer.cancel()
    }

    /// Begins the oldest turn that waits, when nothing runs.
    func beginNext() async {
        guard self.running == nil, !self.isBeginning, !self.isClosing, !self.queue.isEmpty else { return }
        self.isBeginning = true
        let turn = self.queue.removeFirst()
        self.context.marks.set(false, on: turn.route)
        let now = self.environment.now()
        await self.persistently { ledger in try ledger.start(turn.id, attempts: turn.attempts + 1, at: now) }
        self.isBeginning = false
        guard !self.isClosing else { return self.queue.insert(turn, at: 0) }
        self.begin(turn)
    }

    // MARK: Replies

    /// Answers a message at once: the command, its reply and the end of its inbox entry are one transaction.
    @discardableResult
    func reply(
        to stored: StoredMessage, with text: String, offering buttons: [MessageButton] = [],
        changing change: (@Sendable (Ledger, inout SessionRecord) throws -> Void)? = nil
    ) async throws -> Submission? {
        let now = self.environment.now()
        let id = Identifier.make("op")
        let message = stored.message
        let lines = self.poster(for: message.route).lines(for: text, offering: buttons)
        let key = self.key
        let (turn, items, frames) = try await self.context.store.write { ledger in
            var session = try ledger.session(
                for: key, route: message.route, owner: message.sender.id, title: "", at: now)
            session.route = message.route
            session.activeAt = now
            let asked = try ledger.insertMessage(
                session: session.id, turn: id, role: .command, author: message.sender.displayName,
                text: Self.withoutCode(message.text), at: now)
            try ledger.insertMessage(session: session.id, turn: id, role: .note, text: text, at: now)
            try change?(ledger, &session)
            try ledger.update(session)
            let turn = TurnRecord(
                id: id, session: session.id, kind: "command", work: id, text: "", sender: message.sender,
                route: message.route, message: asked, state: .complete, attempts: 1, queuedAt: now, startedAt: now,
                endedAt: now)
            try ledger.insert(turn)
            let frames = [
                LiveFrame(operation: id, sequence: 1, kind: .execution, content: text, timestamp: now),
                LiveFrame(operation: id, sequence: 2, kind: .complete, content: text, timestamp: now),
            ]
            try ledger.insert(frames)
            let items = try lines.map {
                try ledger.insertOutbox(
                    session: session.id, turn: id, kind: .note, route: message.route, text: $0.text,
                    buttons: $0.buttons, at: now)
            }
            try ledger.finishEvent(stored.number, turn: id)
            return (turn, items, frames)
        }
        FaultPoint.commandAnswered.hit()
        await self.context.hub.begin(id, session: turn.session)
        await self.context.hub.publish(frames)
        await self.context.dispatch(items)
        return Submission(message: turn.message ?? 0, operation: id)
    }

    func poster(for route: Route) -> AnswerPoster {
        AnswerPoster(
            traits: self.context.adapters.traits(of: route.room),
            renderer: self.context.adapters[route.room.adapter]?.renderer ?? PlainRenderer())
    }

    private static func title(of text: String) -> String {
        let line = text.prefix(200).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return line.count <= 60 ? line : String(line.prefix(59)).trimmed + "…"
    }

    /// A pairing code in a transcript would be a secret in the database.
    private static func withoutCode(_ text: String) -> String {
        guard text.lowercased().dropFirst().hasPrefix("pair ") else { return text }
        return String(text.prefix(5)) + " …"
    }
}
