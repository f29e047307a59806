internal import Chat
internal import Database
internal import Delivery
internal import Etiquette
internal import EventLoop
internal import JSON
internal import Joining
internal import Logging
internal import People
internal import Primitives
internal import Store
internal import Telemetry
internal import Threads

/// One thread: takes its messages in order, runs one turn at a time, and answers commands at once.
///
/// What it decides is in pure values: ``Mailbox``, ``TurnQueue``, ``RunningTurn`` and ``OpenAsks``. This actor performs it:
/// every step that matters is one transaction, and everything is stored before it is shown. Other threads are never
/// blocked.
actor Conversation {
    var key: ThreadKey
    let context: ConversationContext
    /// Of the thread's place; the conversation does nothing any more once it has ended.
    nonisolated let hold: PlaceHold
    var mailbox = Mailbox()
    var turns: TurnQueue
    var queueNote = QueueNote()
    var asks = OpenAsks()
    /// Lists the stale messages when no more arrive.
    private var staleAlarm: Alarm?
    /// Messages that follow a job, by operation.
    var followers: [String: (job: String, task: Task<Void, Never>)] = [:]
    var typing = TypingState()
    /// The turn whose question was offered to be asked again.
    var offered: String?
    /// The identity of its person has ended: nothing more is done or said here.
    var isPast = false
    /// Another host may have the thread: nothing more is done, stored or said here.
    private(set) var isDropped = false

    init(key: ThreadKey, context: ConversationContext, isClosing: Bool = false) {
        self.key = key
        self.context = context
        self.hold = context.store.held.hold(of: Place(of: key))
        self.turns = TurnQueue(isClosing: isClosing)
    }

    var environment: BridgeEnvironment { self.context.environment }
    var running: RunningTurn? { self.turns.running }

    /// Whether nothing runs or waits.
    var isIdle: Bool { self.turns.isIdle && self.mailbox.isIdle && self.followers.isEmpty }

    /// Whether it may be forgotten; if so, it accepts no more messages.
    func retire() -> Bool {
        let isIdle = self.isIdle
        self.mailbox.retire(isIdle)
        return isIdle
    }

    /// Lets go of everything at once, without storing or saying anything: another host may have the thread.
    func drop() {
        guard !self.isDropped else { return }
        self.isDropped = true
        self.turns.close()
        self.staleAlarm = nil
        self.stopFollowing()
        for ask in self.asks.leave() { self.context.questions.end(ask) }
        let lost = PlaceLost([self.hold.place])
        for reply in self.mailbox.abandon() { reply.resume(with: .failure(lost)) }
        if let running = self.running { self.end(running.turn.id, because: .lost) }
    }

    /// Takes over the thread's new key, and the room's new id for waiting messages.
    func move(from: RoomID, to: RoomID) {
        guard let key = self.key.moved(from: from, to: to) else { return }
        self.key = key
        let keepsMessages = self.context.adapters.keepMessages(to)
        self.turns.move(from: from, to: to, keepsMessages: keepsMessages)
        self.mailbox.move(from: from, to: to, keepsMessages: keepsMessages)
    }

    // MARK: Messages

    /// Takes an inbox entry of the thread. False when this conversation is retired: ask for a new one.
    func accept(_ entry: InboxEntry, reply: ReplyBox? = nil, trial: LetterTrial? = nil) -> Bool {
        let letter = Mailbox.Letter(entry, reply: reply, trial: trial)
        if case .change(let stored) = entry {
            self.mailbox.amend(stored.change) { self.context.intents.intent(of: $0, role: $1) }
        }
        switch self.mailbox.receive(letter) {
        case .refused: return false
        case .queued: break
        case .begin: self.handleLetters()
        }
        return true
    }

    /// Stores a question and its turn in one transaction when the thread is idle, which saves a second one. Otherwise
    /// the message has to be stored first and goes through the mailbox.
    func takeAtOnce(_ arrival: Arrival, text: String) async throws -> Arrival.Outcome {
        guard self.mailbox.isOpen, !self.turns.isClosing, self.isIdle, !arrival.message.isBacklog,
            arrival.message.replaces == nil,
            // It may answer a question.
            !self.context.questions.mayExist(in: self.key),
            let worker = self.context.workers[.chat], worker.refusal(of: text) == nil
        else { return .busy }
        self.mailbox.beginDirect()
        defer { if self.mailbox.endDirect() { self.handleLetters() } }
        let question = Question(message: arrival.message, kind: .chat, text: text)
        let quota = self.environment.settings.quota.limits(for: arrival.role)
        let thread = self.key
        let submission = try await self.admit(question, event: arrival.event, ahead: 0, isArriving: true) {
            ledger, turn in
            try arrival.sighting?.write(to: ledger)
            let checkRoom = try ledger.roomCheck(
                quota, for: arrival.message.text.utf8.count, in: thread, from: arrival.message.sender.id)
            let isNew = try ledger.insertEvent(
                arrival.event, adapter: arrival.adapter, role: arrival.role, turn: turn,
                of: arrival.message.reference, at: arrival.at)
            guard isNew else { return false }
            try checkRoom()
            if arrival.endsMute { try ledger.unmute(thread) }
            return true
        }
        return submission.map { .taken($0) } ?? .duplicate
    }

    private func handleLetters() {
        // The mailbox's loop: it ends when the mailbox is empty, and there is never more than one.
        Task {
            while let letter = await self.nextLetter() {
                do {
                    let submission = try await Span.$current.withValue(letter.span) {
                        guard let trial = letter.trial else { return try await self.handle(letter) }
                        return try await trial.run { try await self.handle(letter) }
                    }
                    letter.reply?.resume(with: .success(submission))
                } catch let lost as PlaceLost {
                    // The message stays in the inbox for the host that has the thread.
                    letter.reply?.resume(with: .failure(lost))
                } catch {
                    // The message stays in the inbox as new and is handled at the next start.
                    self.environment.logger.error(
                        "a message could not be handled", ["thread": "\(self.key)", "error": .string("\(error)")])
                    letter.reply?.resume(with: .failure(error))
                }
            }
        }
    }

    /// Reads what waits in the inbox behind a full mailbox, when its turn has come.
    private func nextLetter() async -> Mailbox.Letter? {
        var pause = StoragePause()
        while case let numbers = self.mailbox.unread, !numbers.isEmpty {
            let (revision, intents) = (self.mailbox.revision, self.context.intents)
            do {
                let entries = try await self.context.store.read { ledger in
                    try ledger.waiting(numbers) { intents.intent(of: $0, role: $1) }
                }
                guard self.mailbox.revision == revision else { continue }
                for reply in self.mailbox.take(entries, of: numbers.count) { reply.resume(with: .success(nil)) }
            } catch {
                self.environment.logger.error(
                    "waiting messages cannot be read", ["thread": "\(self.key)", "error": .string("\(error)")])
                if (error as? DatabaseError)?.isPassing == true, !self.turns.isClosing {
                    await pause.wait()
                } else if self.mailbox.revision == revision {
                    // They stay in the inbox for the next start.
                    for reply in self.mailbox.take([:], of: numbers.count) { reply.resume(with: .failure(error)) }
                }
            }
        }
        return self.mailbox.next()
    }

    private func handle(_ letter: Mailbox.Letter) async throws -> Submission? {
        switch letter.content {
        case .message(let stored, _) where self.isPast: return try await self.finish(stored.number)
        // Somebody who was removed is a stranger, also with what was on its way.
        case .message(let stored, let intent)
        where !intent.isPairing && self.context.access.isRemoved(stored.message.sender):
            return try await self.finish(stored.number)
        case .message(let stored, let intent):
            return try await self.environment.speaking(to: stored.message.sender.id, in: self.context.store) {
                try await self.handle(stored, intent)
            }
        case .change(let change): return try await self.apply(change)
        case .deleted(let number): return try await self.finish(number)
        }
    }

    func handle(_ received: StoredMessage, _ intent: Intent) async throws -> Submission? {
        var stored = self.withoutCode(received, intent)
        // An owner may have lowered it since the message came.
        if let role = stored.role, let now = self.context.access.role(of: stored.message.sender) {
            stored.role = min(role, now)
        }
        let message = stored.message
        if message.isBacklog, message.sentAt < self.environment.now() - self.environment.settings.freshness {
            return try await self.putAside(stored)
        }
        try await self.listStale()
        switch intent {
        case .ignore, .acknowledge: return try await self.finish(stored.number)
        case .bareMention:
            let text = CommandTexts.bareMention(isDirect: message.isDirect, sign: self.sign(of: message.route))
            return try await self.reply(to: stored, with: text)
        case .chat(let text):
            if let replaced = message.replaces { return try await self.branch(stored, replacing: replaced, by: text) }
            if let answered = try await self.answer(to: stored, text) { return answered }
            return try await self.enqueue(stored, kind: .chat, text: text)
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

    /// Ends an inbox entry that has no effect.
    func finish(_ number: Int64) async throws -> Submission? {
        try await self.durably { ledger in try ledger.finishEvent(number, turn: nil) }
        return nil
    }

    /// - Parameter kind: that of the turn whose answer it posts.
    func poster(for route: Route, showing kind: TurnKind = .command) -> AnswerPoster {
        AnswerPoster(
            traits: self.context.adapters.traits(of: route.room).showing(kind),
            renderer: self.context.adapters[route.room.adapter]?.renderer ?? PlainRenderer())
    }

    /// In bytes: one character may be as long as a message.
    private static let titleLimit = 240

    static func title(of text: String) -> String {
        let start = text.beginning(bytes: 1_024).prefix(200)
        let line = start.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        guard line.count > 60 || line.utf8.count > Self.titleLimit else { return line }
        let end = "…"
        return String(line.prefix(59)).beginning(bytes: Self.titleLimit - end.utf8.count).trimmed + end
    }

    // MARK: Stale messages

    /// Keeps a message so old that nobody expects an answer any more, until no more arrive or a fresh one does. It stays
    /// in the inbox until it is listed.
    private func putAside(_ stored: StoredMessage) async throws -> Submission? {
        if self.mailbox.putAside(stored) { return try await self.listStale() }
        self.staleAlarm = Alarm(after: self.environment.settings.staleGathering) { [weak self] in
            await self?.staleIsDue()
        }
        return nil
    }

    private func staleIsDue() async {
        do {
            _ = try await self.listStale()
        } catch {
            // They stay in the inbox for the next start.
            self.environment.logger.error(
                "stale messages could not be listed", ["thread": "\(self.key)", "error": .string("\(error)")])
        }
    }

    /// Lists the messages that were put aside in one line.
    @discardableResult
    private func listStale() async throws -> Submission? {
        let stale = self.mailbox.takeStale()
        guard let last = stale.last else { return nil }
        self.staleAlarm = nil
        return try await self.reply(to: last, with: TurnTexts.stale(stale.map(\.message.text))) { ledger, _ in
            for stored in stale { try ledger.finishEvent(stored.number, turn: nil) }
        }
    }
}

/// While storage fails (a full disk) the thread waits, and nothing is lost.
extension Conversation {
    /// Writes once. Throws ``PlaceLost`` when another host has the thread, which is dropped then.
    func write<T: Sendable>(_ body: @escaping @Sendable (Ledger) throws -> T) async throws -> T {
        do {
            return try await self.context.store.write(of: self.hold, body)
        } catch let lost as PlaceLost {
            self.drop()
            throw lost
        }
    }

    /// Retries a write until it succeeds. Throws ``PlaceLost``.
    func persistently<T: Sendable>(_ body: @escaping @Sendable (Ledger) throws -> T) async throws -> T {
        var pause = StoragePause()
        while true {
            do {
                return try await self.write(body)
            } catch let lost as PlaceLost {
                throw lost
            } catch {
                self.logRefusal(error)
                await pause.wait()
            }
        }
    }

    /// Retries a write while the error may pass; throws one that would stay.
    func retrying<T: Sendable>(_ body: @escaping @Sendable (Ledger) throws -> T) async throws -> T {
        var pause = StoragePause()
        while true {
            do {
                return try await self.write(body)
            } catch let error as DatabaseError where error.isPassing {
                self.logRefusal(error)
                await pause.wait()
            }
        }
    }

    /// Stores the result of a message. The message is already acknowledged, so while the disk is full the write is
    /// retried rather than left to the next start; a caller that waits for the reply gets the error at once.
    func durably<T: Sendable>(_ body: @escaping @Sendable (Ledger) throws -> T) async throws -> T {
        var pause = StoragePause()
        while true {
            do {
                return try await self.write(body)
            } catch let error as DatabaseError where error.isPassing && !self.turns.isClosing {
                self.mailbox.reply?.resume(with: .failure(error))
                self.logRefusal(error)
                await pause.wait()
            }
        }
    }

    private func logRefusal(_ error: any Error) {
        self.environment.logger.error(
            "a turn cannot be stored; retrying", ["thread": "\(self.key)", "error": .string("\(error)")])
    }
}
