internal import Chat
internal import Database
internal import Delivery
internal import EventLoop
internal import JSON
internal import Joining
internal import Logging
internal import Memory
internal import Metrics
internal import People
internal import Primitives
internal import Store
internal import Surroundings
internal import Telemetry
internal import Threads

/// How one turn runs, from its request to the transaction that closes it.
extension Conversation {
    /// - Parameter storage: The turn begins before its question is stored.
    func begin(_ turn: TurnRecord, _ admission: Admission? = nil, before storage: QuestionStorage? = nil) {
        let running = RunningTurn(
            turn: turn, admission: admission, startedAt: .now, poster: self.poster(for: turn.route, showing: turn.kind),
            timeout: self.environment.settings.turnTimeout, span: self.span(of: turn))
        let environment = self.environment
        // A turn is its own scope: `stop` cancels it, and the conversation takes messages while it runs.
        running.task = Task {
            await environment.speaking(to: turn.sender.id, in: self.context.store) {
                await Span.$current.withValue(running.span) { await self.run(turn, before: storage) }
            }
        }
        let isStopped = self.turns.begin(running)
        self.watch(running)
        if isStopped || self.isPast { self.end(turn.id, because: .stopped) }
        self.environment.metrics.adjust(.turnsActive, by: 1)
        if storage == nil { self.hasBegun(turn) }
    }

    private func span(of turn: TurnRecord) -> Span? {
        guard let tracer = self.environment.tracer else { return nil }
        let span = tracer.span(
            "invoke_agent jetbridge",
            attributes: [
                "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "jetbridge",
                "gen_ai.conversation.id": .string(turn.session), "jetbridge.operation": .string(turn.id),
                "jetbridge.turn.kind": .string(turn.kind.rawValue),
            ], parent: tracer.context(for: turn.id))
        tracer.keep(span.context, for: turn.id)
        return span
    }

    /// What can be seen of a turn's beginning.
    func hasBegun(_ turn: TurnRecord) {
        if self.running?.hasPlace == true { self.setTyping(true, for: turn) }
        FaultPoint.turnStarted.hit()
    }

    // MARK: Time

    /// Ends the turn when its time is up.
    private func watch(_ running: RunningTurn) {
        let turn = running.turn.id
        running.watchdog = running.clock.due.map { time in
            Alarm(after: time) { [weak self] in await self?.end(turn, because: .timedOut) }
        }
    }

    /// Moves the end of the turn's time to `time` after its start, if that is later.
    func takeTime(_ time: Duration, for turn: String) {
        guard let running = self.running, running.turn.id == turn, running.cut == nil,
            running.clock.extend(to: time, at: .now)
        else { return }
        self.watch(running)
    }

    /// Stops the clock of a turn that waits for people or for a free place.
    func hold(_ turn: String) {
        guard let running = self.running, running.turn.id == turn, running.clock.stop(at: .now) else { return }
        running.watchdog = nil
        // While the host stops, nobody can answer any more; the next start asks on.
        if self.turns.isClosing { self.end(turn, because: .shutdown) }
    }

    func release(_ turn: String) {
        guard let running = self.running, running.turn.id == turn, running.clock.start(at: .now) else { return }
        self.watch(running)
    }

    /// Ends the running turn from outside.
    func end(_ turn: String, because cut: RunningTurn.Cut) {
        guard let running = self.running, running.turn.id == turn, running.end(because: cut) else { return }
        running.task?.cancel()
    }

    // MARK: Its way

    private func run(_ turn: TurnRecord, before storage: QuestionStorage?) async {
        guard await self.enterGate(turn, before: storage) else {
            // The note about an interrupted command names it.
            if turn.kind.isWork { _ = try? await self.withText(turn) }
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
        _ = await self.running?.keeping?.isStored()
        if isStored { await self.close(turn, outcome) }
        await self.context.gate.leave(turn.sender.id)
        let hasEnded = self.running?.turn.id != turn.id
        if isStored, hasEnded, !self.isDropped { self.setTyping(false, for: turn) }
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
        guard !self.context.access.isRemoved(turn.sender) else { return .failed(TurnTexts.accessRemoved) }
        // The one check for every way to a turn: a message, a command, an answer to a question, what waited or was resumed.
        guard self.role(for: turn) >= turn.kind.role else { return .failed(TurnTexts.needsRole(turn.kind)) }
        do {
            let work = try await self.work(of: turn, by: worker, before: storage)
            switch try await AbandonableWork.run(grace: self.environment.settings.stopGrace, work) {
            // A stopped command still reports its end.
            case .complete:
                return turn.kind.isWork ? self.cutOutcome(orElse: .complete) : .complete
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
        let turn = try await self.withText(turn)
        let lines = try await self.surroundings(of: turn, before: storage)
        let withFiles = turn.attachments.isEmpty ? turn : try await self.receiveFiles(of: turn)
        let asked = try await self.receiveImages(of: lines, for: withFiles, before: storage)
        let request: TurnRequest
        if let known = self.knownRequest(for: asked, lines) {
            request = known
        } else {
            request = try await runApart { try await self.storedRequest(for: asked, lines, before: storage) }
        }
        // Stored before anything can follow from the prompt: `new` and other roles change nothing for this turn.
        if request.hasForeignText, !turn.hasForeignText {
            guard await storage?.isStored() ?? true else { throw CancellationError() }
            try await self.context.store.write(ofTurn: turn.id) { ledger in try ledger.markForeign(turn.id) }
        }
        if !request.origins.isEmpty {
            try await self.context.store.write(ofTurn: turn.id) { ledger in
                try ledger.set(request.origins, ofTurn: turn.id)
            }
        }
        let thread = ConversationThread(
            conversation: self, turn: turn, storage: self.running?.keeping ?? storage)
        let remote = RemoteWork(person: request.sender.id) { line in try? await thread.report(.notice(line)) }
        return {
            try await RemoteWork.$current.withValue(remote) {
                try await TurnRequest.$current.withValue(request) { try await worker.run(request, in: thread) }
            }
        }
    }

    /// The running turn with its text, which the queue does not keep.
    private func withText(_ turn: TurnRecord) async throws -> TurnRecord {
        guard turn.text.isEmpty, let running = self.running, running.turn.id == turn.id, running.admission == nil
        else { return turn }
        let store = self.context.store
        // Not cancelled with the turn, whose end needs the text too.
        let whole = try await Task { try await store.read { ledger in try ledger.withText(turn) } }.value
        running.turn = whole
        return whole
    }

    private func outcome(of turn: TurnRecord, after error: any Error) -> TurnOutcome {
        switch error {
        case let failure as TurnFailure:
            let isAboutContent = failure.cause == .content
            return self.cutOutcome(orElse: isAboutContent ? .refused(failure.message) : .failed(failure.message))
        case is CancellationError, is PlaceLost: return self.cutOutcome(orElse: .stopped)
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
        self.running?.outcome(orElse: other) ?? other
    }

    /// The request of a new turn whose session and history are known.
    private func knownRequest(for turn: TurnRecord, _ lines: [TurnLine]) -> TurnRequest? {
        guard self.environment.settings.classes.isEmpty,
            let admission = self.running?.admission, admission.turn.id == turn.id, turn.work == turn.id,
            turn.ask == nil, !turn.hasForeignText, admission.session.branch == nil,
            let past = self.context.histories.past(of: turn.session, upTo: admission.previous),
            past.epoch == nil || past.epoch == admission.session.epoch,
            // A summary that covered the rest went with a branch.
            past.start <= admission.session.historyStart
        else { return nil }
        let (entries, through) = (past.entries, admission.session.historyStart)
        let isWhole = entries.first.map { $0.id > through } ?? true
        return self.request(
            for: turn, in: admission.session, TurnChoices(admission.session),
            history: isWhole ? entries : entries.filter { $0.id > through },
            isNew: true, lines: lines, authors: past.authors, instructions: admission.instructions,
            memory: admission.memory)
    }

    private func storedRequest(
        for turn: TurnRecord, _ lines: [TurnLine], before storage: QuestionStorage?
    ) async throws -> TurnRequest {
        // A reader does not see the turn before.
        guard await storage?.isStored() ?? true else { throw CancellationError() }
        // Not for what begins again, or continues another turn.
        let isFirst =
            turn.work == turn.id && (turn.attempts == 0 || self.running?.admission?.turn.id == turn.id)
        let forgotten = self.context.histories.forgotten
        let repository = self.environment.settings.repositories.first
        let classes = self.environment.settings.classes
        let (session, known, history, authors, origins, isMarked, partial, answered, isAwaited, instructions, memory) =
            try await self.context.store.read {
                ledger in
                guard let session = try ledger.session(id: turn.session) else {
                    throw TurnFailure(TurnTexts.threadIsGone)
                }
                let known = try ledger.choices(of: turn.work)
                return (
                    session, known,
                    try ledger.history(of: session, before: turn.id, limit: Self.historyLimit),
                    try ledger.authors(of: session, before: turn),
                    try classes.isEmpty ? [] : ledger.origins(of: session, before: turn, classes),
                    try turn.work != turn.id && ledger.hasForeignText(work: turn.work, of: session.id),
                    turn.work == turn.id ? nil : try ledger.partialAnswer(of: session.id, work: turn.work),
                    try ledger.answeredQuestion(of: turn),
                    try ledger.asks(ofTurn: turn.id).contains { $0.outlivesTurn && $0.takenAt == nil },
                    try ledger.preferences(of: turn.sender.id).instructions,
                    try ledger.memory(of: turn.sender.id, in: known?.repository ?? session.repository ?? repository)
                )
            }
        if let admission = self.running?.admission, admission.turn.id == turn.id, session.branch == nil {
            let past = HistoryCache.Past(
                entries: history, authors: authors, epoch: session.epoch, start: session.historyStart)
            self.context.histories.keep(
                past, of: session.id, upTo: admission.previous, readAt: forgotten)
        }
        let choices = isFirst ? TurnChoices(session) : known ?? TurnChoices(session)
        if isFirst, choices != known {
            try await self.context.store.write(ofTurn: turn.id) { ledger in try ledger.set(choices, of: turn.id) }
        }
        return self.request(
            for: turn, in: session, choices, history: history, continuing: partial, isAwaited: isAwaited,
            answered: answered, lines: lines, authors: authors, isForeign: turn.hasForeignText || isMarked,
            origins: origins.union([classes.origin(of: choices.repository)].compactMap(\.self)),
            instructions: instructions, memory: memory)
    }

    /// Without a role nobody gets a turn; one that was taken away since then leaves the least.
    private func role(for turn: TurnRecord) -> Role { self.context.access.role(of: turn.sender) ?? .guest }

    private func request(
        for turn: TurnRecord, in session: SessionRecord, _ choices: TurnChoices, history: [HistoryEntry],
        continuing: String? = nil,
        isAwaited: Bool = false, answered: AnsweredQuestion? = nil, isNew: Bool = false, lines: [TurnLine],
        authors past: Authors, isForeign: Bool = false, origins: Set<DataOrigin> = [],
        instructions: String?, memory: [MemoryNote]
    ) -> TurnRequest {
        var authors = past
        authors.add(lines)
        let role = self.role(for: turn)
        return TurnRequest(
            id: turn.work, session: session.id, text: turn.text, images: turn.images, sender: turn.sender,
            role: role, model: session.model, repository: choices.repository, persona: choices.persona,
            feature: choices.feature,
            history: history, summary: session.summary, continuing: turn.kind == .chat ? continuing : nil,
            isResumed: turn.work != turn.id, isAwaited: isAwaited, answered: answered, isNew: isNew,
            hasForeignText: isForeign || self.areForeign(authors, beside: turn.sender), origins: origins,
            instructions: instructions,
            memory: self.prompt(of: memory, for: turn.sender, as: role),
            occasion: self.occasion(of: turn, as: role, with: authors.people), surroundings: LineFrame.text(of: lines))
    }

    /// Of a repository's notes, those of whoever is still a member, for members.
    private func prompt(of memory: [MemoryNote], for sender: Sender, as role: Role) -> String {
        let access = self.context.access
        return MemoryPrompt.text(
            of: memory.filter { note in
                guard note.repository != nil, note.person != sender.id else {
                    return note.repository == nil || role >= .member
                }
                let author = Sender(id: note.person, identities: [Identity(note.person)], displayName: note.author)
                return role >= .member && access.role(of: author).map { $0 >= .member } == true
            })
    }

    private func occasion(of turn: TurnRecord, as role: Role, with authors: Set<Sender>) -> Occasion {
        var people = [Occasion.Person(name: turn.sender.displayName, role: role, isAsking: true)]
        for author in authors.sorted(by: { $0.id < $1.id }) where author.id != turn.sender.id {
            people.append(
                Occasion.Person(
                    name: author.displayName, role: self.context.access.role(of: author), isAsking: false,
                    isBot: author.isBot))
        }
        let traits = self.context.adapters.traits(of: turn.route.room)
        return Occasion(
            askedAt: turn.queuedAt, room: turn.route.room, title: traits.title, isMultiline: traits.isMultiline,
            people: people)
    }

    /// Whether one of a prompt's authors, of whom one is the person who asks, is neither a member nor an owner now.
    private func areForeign(_ authors: Authors, beside sender: Sender) -> Bool {
        authors.haveForeignWords
            || authors.people.union([sender]).contains { author in
                self.context.access.role(of: author).map { $0 < .member } ?? true
            }
    }

    /// The maximum number of messages in a prompt, whose texts have a limit too; a summary covers older ones by then.
    static let historyLimit = 400
}
