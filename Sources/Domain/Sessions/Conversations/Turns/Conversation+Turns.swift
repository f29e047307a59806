internal import Chat
internal import Database
internal import EventLoop
internal import JSON
internal import Logging
internal import Primitives

/// How one turn runs, from its request to the transaction that closes it.
extension Conversation {
    /// - Parameter storage: The turn begins before its question is stored.
    func begin(_ turn: TurnRecord, _ admission: Admission? = nil, before storage: QuestionStorage? = nil) {
        let running = RunningTurn(
            turn: turn, admission: admission, startedAt: .now, poster: self.poster(for: turn.route))
        // A turn is its own scope: `stop` cancels it, and the conversation takes messages while it runs.
        running.task = Task { await self.run(turn, before: storage) }
        if turn.kind == CommandName.run.rawValue { running.poster.output = OutputExcerpt() }
        running.time = self.environment.settings.turnTimeout
        running.timeLeft = running.time
        self.running = running
        self.watch(turn.id)
        self.stopIfAsked(turn.id)
        self.environment.metrics.adjust(.turnsActive, by: 1)
        if storage == nil { self.hasBegun(turn) }
    }

    /// What can be seen of a turn's beginning.
    func hasBegun(_ turn: TurnRecord) {
        if self.running?.hasPlace == true { self.setTyping(true, for: turn) }
        FaultPoint.turnStarted.hit()
    }

    /// Ends the turn when its time is up. The alarm is cancelled when the turn is closed or waits for people.
    func watch(_ turn: String) {
        // The jail limits commands itself.
        guard let running = self.running, !CommandName.isWork(running.turn.kind) else {
            return
        }
        self.running?.countsSince = .now
        self.running?.watchdog = Alarm(after: max(running.timeLeft, .zero)) { [weak self] in
            // The alarm fires on the event loop, so the conversation is entered by a task.
            Task { await self?.end(turn, because: .timedOut) }
        }
    }

    /// Moves the end of the turn's time to `time` after its start, if that is later.
    func takeTime(_ time: Duration, for turn: String) {
        guard let running = self.running, running.turn.id == turn, running.cut == nil else { return }
        let more = time - running.time
        guard more > .zero else { return }
        self.running?.time = time
        self.running?.timeLeft += more
        guard let watchdog = running.watchdog else { return }
        watchdog.cancel()
        self.running?.timeLeft -= .now - running.countsSince
        self.watch(turn)
    }

    /// Ends the running turn from outside.
    func end(_ turn: String, because cut: RunningTurn.Cut) {
        guard let running = self.running, running.turn.id == turn, running.cut == nil else { return }
        self.running?.cut = cut
        // A turn that has shown something cannot begin again.
        self.running?.isSuspended = cut == .shutdown && running.holds > 0 && running.answer.isEmpty
        self.running?.task?.cancel()
    }

    private func run(_ turn: TurnRecord, before storage: QuestionStorage?) async {
        guard await self.enterGate(turn, before: storage) else {
            await self.close(turn, self.cutOutcome(orElse: .stopped))
            return await self.beginNext()
        }
        // While it waited, its question may have turned out not to be stored.
        if let running = self.running, running.turn.id == turn.id {
            running.hasPlace = true
            if storage?.hasEnded ?? true { self.setTyping(true, for: turn) }
        }
        let outcome = await self.outcome(of: turn, before: storage)
        // Without its question a turn leaves nothing.
        let isStored = await storage?.isStored() ?? true
        if isStored { await self.close(turn, outcome) }
        await self.context.gate.leave(turn.sender.id)
        if isStored { self.setTyping(false, for: turn) }
        await self.beginNext()
    }

    /// Waits for a place among the host's turns. False when the turn ended before it got one.
    private func enterGate(_ turn: TurnRecord, before storage: QuestionStorage?) async -> Bool {
        if await self.context.gate.tryEnter(turn.sender.id) { return true }
        guard await storage?.isStored() ?? true else { return false }
        await self.context.hub.append(
            .thinking, TurnTexts.waitsForHost, to: turn.id)
        do {
            try await self.context.gate.enter(turn.sender.id)
            return true
        } catch {
            return false
        }
    }

    private func outcome(of turn: TurnRecord, before storage: QuestionStorage?) async -> TurnOutcome {
        guard let worker = self.context.workers[turn.kind] else {
            return .failed(TurnTexts.noLongerConfigured(turn.kind))
        }
        do {
            let work = try await self.work(of: turn, by: worker, before: storage)
            switch try await AbandonableWork.run(grace: self.environment.settings.stopGrace, work) {
            // A stopped command still reports its end.
            case .complete:
                return CommandName.isWork(turn.kind) ? self.cutOutcome(orElse: .complete) : .complete
            case .cut(let reason): return .cut(reason)
            case .filtered(let reason): return .filtered(reason)
            case .asked(let parked): return self.park(parked, of: turn)
            }
        } catch {
            return self.outcome(of: turn, after: error)
        }
    }

    /// What the turn does. Inlined, a turn that waits would keep the memory in which it was prepared.
    @inline(never)
    private func work(
        of turn: TurnRecord, by worker: any TurnWorker, before storage: QuestionStorage?
    ) async throws -> @Sendable () async throws -> TurnEnding {
        let asked = turn.attachments.isEmpty ? turn : try await self.receiveFiles(of: turn)
        let request: TurnRequest
        if let known = self.knownRequest(for: asked) {
            request = known
        } else {
            request = try await runApart { try await self.storedRequest(for: asked, before: storage) }
        }
        let thread = ConversationThread(conversation: self, turn: turn, storage: storage)
        return { try await worker.run(request, in: thread) }
    }

    private func outcome(of turn: TurnRecord, after error: any Error) -> TurnOutcome {
        switch error {
        case let failure as TurnFailure:
            let isAboutContent = failure.cause == .content
            return self.cutOutcome(orElse: isAboutContent ? .refused(failure.message) : .failed(failure.message))
        case is CancellationError: return self.cutOutcome(orElse: .stopped)
        case let error as DatabaseError:
            self.environment.logger.error(
                "a turn cannot be stored", ["turn": .string(turn.id), "error": .string("\(error)")])
            return self.cutOutcome(orElse: .failed(TurnTexts.notStored))
        default:
            self.environment.logger.error("a turn failed", ["turn": .string(turn.id), "error": .string("\(error)")])
            return self.cutOutcome(orElse: .failed(TurnTexts.failedInside))
        }
    }

    private func cutOutcome(orElse other: TurnOutcome) -> TurnOutcome {
        switch self.running?.cut {
        case .stopped: .stopped
        case .shutdown: .interrupted
        case .timedOut: .cut(TurnTexts.timedOut)
        case nil: other
        }
    }

    /// The request of a new turn whose session and history are known.
    private func knownRequest(for turn: TurnRecord) -> TurnRequest? {
        guard let admission = self.running?.admission, admission.turn.id == turn.id, turn.work == turn.id,
            turn.ask == nil, let entries = self.context.histories.entries(of: turn.session, upTo: admission.previous)
        else { return nil }
        let through = admission.session.historyStart
        let isWhole = entries.first.map { $0.id > through } ?? true
        return self.request(
            for: turn, in: admission.session, history: isWhole ? entries : entries.filter { $0.id > through },
            isNew: true)
    }

    private func storedRequest(for turn: TurnRecord, before storage: QuestionStorage?) async throws -> TurnRequest {
        // A reader does not see the turn before.
        guard await storage?.isStored() ?? true else { throw CancellationError() }
        let (session, history, partial, answered, isAwaited) = try await self.context.store.read { ledger in
            guard let session = try ledger.session(id: turn.session) else {
                throw TurnFailure(TurnTexts.threadIsGone)
            }
            return (
                session,
                try ledger.history(
                    of: session.id, after: session.historyStart, before: turn.id, limit: Self.historyLimit),
                turn.work == turn.id ? nil : try ledger.partialAnswer(of: session.id, work: turn.work),
                try ledger.answeredQuestion(of: turn),
                try ledger.asks(ofTurn: turn.id).contains { $0.outlivesTurn && $0.takenAt == nil }
            )
        }
        if let admission = self.running?.admission, admission.turn.id == turn.id {
            self.context.histories.keep(history, of: session.id, upTo: admission.previous)
        }
        return self.request(
            for: turn, in: session, history: history, continuing: partial, isAwaited: isAwaited, answered: answered)
    }

    private func request(
        for turn: TurnRecord, in session: SessionRecord, history: [HistoryEntry], continuing: String? = nil,
        isAwaited: Bool = false, answered: AnsweredQuestion? = nil, isNew: Bool = false
    ) -> TurnRequest {
        // Without a role nobody gets a turn; one that was taken away since then leaves the least.
        let role = self.context.access.role(of: turn.sender) ?? .guest
        return TurnRequest(
            id: turn.work, session: session.id, text: turn.text, images: turn.images, sender: turn.sender, role: role,
            model: session.model, repository: session.repository, persona: session.persona, feature: session.feature,
            history: history, summary: session.summary, continuing: turn.kind == "chat" ? continuing : nil,
            isResumed: turn.work != turn.id, isAwaited: isAwaited, answered: answered, isNew: isNew)
    }

    /// Whether somebody who is no member wrote a part of the turn's prompt.
    func hasTextOfGuests(before turn: TurnRecord) async throws -> Bool {
        let authors = try await self.context.store.read { ledger in try ledger.authors(upTo: turn) }
        return authors.contains { author in self.context.access.role(of: author).map { $0 < .member } ?? true }
    }

    /// The maximum number of messages in a prompt; a summary covers older ones by then.
    static let historyLimit = 400

    // MARK: Events

    func take(_ event: TurnEvent, of turn: TurnRecord) async throws {
        // A command that was stopped still reports its last output and its exit line.
        if !CommandName.isWork(turn.kind) { try Task.checkCancellation() }
        guard self.running?.turn.id == turn.id else { throw CancellationError() }
        if case .reasoning(let text) = event { return try await self.takeThought(text, of: turn) }
        self.running?.thoughts.pause(at: self.environment.now())
        if case .text(let text) = event, turn.showsTextAsReported { return try await self.takeText(text, of: turn) }
        try await self.takeOther(event, of: turn)
    }

    /// Apart from the pieces of an answer, whose turns would have the memory of all events.
    @inline(never)
    private func takeOther(_ event: TurnEvent, of turn: TurnRecord) async throws {
        switch event {
        case .text(let text) where turn.kind == CommandName.run.rawValue:
            try await self.takeWords(self.sign(of: turn.route).completing(text), of: turn)
        case .text(let text): try await self.takeText(self.sign(of: turn.route).completing(text), of: turn)
        case .output(let output): try await self.take(output, of: turn)
        case .reasoning: break
        case .thinking(let text): await self.context.hub.append(.thinking, text, to: turn.id)
        case .steps(let steps): try await self.take(steps, of: turn)
        case .notice(let text): try await self.post(self.sign(of: turn.route).completing(text), as: .note, of: turn)
        case .commit(let commit): try await self.take(commit, of: turn)
        case .diff(let diff): try await self.takeText(self.card(of: diff, in: turn), of: turn)
        case .file(let file): try await self.send(file, of: turn)
        case .summary(let summary): self.running?.summary = summary
        case .feature(let name): try await self.take(feature: name, of: turn)
        case .usage(let model, let input, let output):
            self.running?.usage.append((model, input, output))
            self.environment.metrics.count(
                .modelTokens, ["model": model, "direction": "in"], by: UInt64(max(0, input)))
            self.environment.metrics.count(
                .modelTokens, ["model": model, "direction": "out"], by: UInt64(max(0, output)))
        }
    }

    func takeText(_ text: String, of turn: TurnRecord) async throws {
        let (messages, isCut) = try self.add(text, to: turn)
        await self.context.hub.append(.execution, text, to: turn.id)
        FaultPoint.firstText.hit()
        await self.showGrowing(turn)
        if !messages.isEmpty || isCut { try await self.post(messages, of: turn, isExcerpt: isCut) }
    }

    /// Adds to the answer. Returns the messages that are due, and whether the answer no longer fits in the room.
    private func add(_ text: String, to turn: TurnRecord) throws -> (messages: [String], isCut: Bool) {
        guard let running = self.running, running.turn.id == turn.id else { throw CancellationError() }
        if !running.hasFirstText {
            running.hasFirstText = true
            self.environment.metrics.observe(
                .firstTokenSeconds, seconds: Self.seconds(since: running.startedAt))
        }
        running.answer.append(sparingly: text.utf8)
        let wasShortened = running.poster.isShortened
        let messages = running.poster.append(text, to: running.answer)
        return (messages, !wasShortened && running.poster.isShortened)
    }

    /// The last `count` bytes of the answer of a running turn.
    func lastText(_ count: Int, of turn: TurnRecord) throws -> String {
        guard let running = self.running, running.turn.id == turn.id else { throw CancellationError() }
        return String(decoding: running.answer.suffix(count), as: UTF8.self)
    }

    /// Stores finished paragraphs and dispatches them.
    func post(_ messages: [String], of turn: TurnRecord, isExcerpt: Bool) async throws {
        let now = self.environment.now()
        let room = turn.route.room
        let keep = self.context.adapters.traits(of: room).excerptMessages
        // As in `close`, the transaction that stores the first message also marks it as being sent.
        let isReserved = messages.isEmpty ? false : await self.context.lanes.reserve(room)
        let items: [OutboxItem]
        do {
            items = try await self.retrying { ledger in
                if isExcerpt { _ = try ledger.dropPending(ofTurn: turn.id, keeping: keep) }
                let items = try messages.map {
                    try ledger.insertOutbox(
                        session: turn.session, turn: turn.id, kind: .part, route: turn.route, text: $0, at: now)
                }
                if isReserved, let first = items.first { _ = try ledger.markSending(first.id, at: now) }
                return items
            }
        } catch {
            if isReserved { await self.context.lanes.dispatchReserved([], to: room) }
            throw error
        }
        FaultPoint.partStored.hit()
        if isReserved {
            await self.context.lanes.dispatchReserved(items, to: room)
        } else {
            await self.context.lanes.dispatch(items)
        }
    }

    private func card(of diff: String, in turn: TurnRecord) -> String {
        DiffTexts.card(of: diff, in: turn.session, publicURL: self.environment.settings.publicURL)
    }

    private func take(_ commit: CommitNotice, of turn: TurnRecord) async throws {
        FaultPoint.commitMade.hit()
        if self.running?.steps != nil { try await self.postText(of: turn) }
        let now = self.environment.now()
        let line = CommitLine.text(for: commit, pages: self.environment.settings.pages)
        let messages = self.poster(for: turn.route).messages(for: line)
        let items = try await self.retrying { ledger in
            guard try !ledger.commits(of: turn.id).contains(where: { $0.sha == commit.sha }) else {
                return [OutboxItem]()
            }
            // A turn that continues another one reports its commits, too; the thread has their lines.
            guard try !ledger.shows(commit, in: turn.session) else {
                try ledger.insert(commit, turn: turn.id, at: now)
                return []
            }
            return try ledger.insert(commit, as: line, posting: messages, of: turn, at: now)
        }
        self.environment.commitWasStored()
        await self.context.hub.append(.thinking, line, to: turn.id)
        if !items.isEmpty { await self.divideAnswer(of: turn, by: items) }
        await self.context.lanes.dispatch(items)
    }

    private func take(feature name: String, of turn: TurnRecord) async throws {
        try await self.retrying { ledger in
            guard var session = try ledger.session(id: turn.session), session.feature != name else { return }
            session.feature = name
            try ledger.update(session)
        }
    }

    /// Posts a note in the middle of a turn.
    func post(_ text: String, as kind: OutboxItem.Kind, of turn: TurnRecord) async throws {
        let now = self.environment.now()
        let messages = self.poster(for: turn.route).messages(for: text)
        let items = try await self.retrying { ledger in
            try messages.map {
                try ledger.insertOutbox(
                    session: turn.session, turn: turn.id, kind: kind, route: turn.route, text: $0, at: now)
            }
        }
        await self.context.hub.append(.thinking, text, to: turn.id)
        await self.context.lanes.dispatch(items)
    }

    /// Shows or hides the typing indicator. Nothing waits for it, and a newer state replaces an unsent one.
    func setTyping(_ isTyping: Bool, for turn: TurnRecord) {
        let room = turn.route.room
        guard self.context.adapters.traits(of: room).capabilities.contains(.typing),
            let adapter = self.context.adapters[room.adapter] as? any TypingAdapter
        else { return }
        self.typing = (isTyping, turn.route)
        guard !self.isSendingTyping else { return }
        self.isSendingTyping = true
        // The indicator's worker: it ends when the newest state is sent, and there is never more than one.
        Task { await self.sendTyping(by: adapter) }
    }

    private func sendTyping(by adapter: any TypingAdapter) async {
        while let (isTyping, route) = self.typing.take() { await adapter.setTyping(isTyping, in: route) }
        self.isSendingTyping = false
    }

    static func seconds(since start: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - start) / .seconds(1)
    }
}
