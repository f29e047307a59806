internal import Chat
internal import EventLoop
internal import JSON
internal import Logging

/// The running of one turn, from its request to the transaction that closes it.
extension Conversation {
    func begin(_ turn: TurnRecord, _ admission: Admission? = nil) {
        var running = RunningTurn(
            turn: turn, admission: admission, startedAt: .now, poster: self.poster(for: turn.route))
        let timeout = self.environment.settings.turnTimeout
        // A turn is a scope of its own: `stop` cancels it, and the conversation goes on taking messages meanwhile.
        running.task = Task { await self.run(turn) }
        // Ends the turn when it takes too long; cancelled when the turn is closed.
        running.watchdog = Alarm(after: timeout) { [weak self] in
            // The alarm rings on the loop, so the conversation is entered by a task.
            Task { await self?.end(turn.id, because: .timedOut) }
        }
        self.running = running
        self.environment.metrics.adjust("turns_active", by: 1)
        FaultPoint.turnStarted.hit()
    }

    /// Ends the running turn from outside.
    func end(_ turn: String, because cut: RunningTurn.Cut) {
        guard self.running?.turn.id == turn, self.running?.cut == nil else { return }
        self.running?.cut = cut
        self.running?.task?.cancel()
    }

    private func run(_ turn: TurnRecord) async {
        guard await self.enterGate(turn) else {
            await self.close(turn, self.cutOutcome(orElse: .stopped))
            return await self.beginNext()
        }
        self.setTyping(true, for: turn)
        let outcome = await self.outcome(of: turn)
        await self.close(turn, outcome)
        await self.context.gate.leave(turn.sender.id)
        self.setTyping(false, for: turn)
        await self.beginNext()
    }

    /// Takes a place among the host's turns. False when the turn was ended before it got one.
    private func enterGate(_ turn: TurnRecord) async -> Bool {
        if await self.context.gate.tryEnter(turn.sender.id) { return true }
        await self.context.hub.append(
            .thinking, "Many answers are being written; this one waits for its turn.", to: turn.id)
        do {
            try await self.context.gate.enter(turn.sender.id)
            return true
        } catch {
            return false
        }
    }

    private func outcome(of turn: TurnRecord) async -> TurnOutcome {
        guard let worker = self.context.workers[turn.kind] else {
            return .failed("`\(turn.kind)` cannot be done by this host any more. Look at its configuration.")
        }
        do {
            let asked = turn.attachments.isEmpty ? turn : try await self.receiveFiles(of: turn)
            let request = try await self.request(for: asked)
            let ending = try await worker.run(request) { event in try await self.take(event, of: turn) }
            switch ending {
            case .complete: return .complete
            case .cut(let reason): return .cut(reason)
            }
        } catch let failure as TurnFailure {
            return self.cutOutcome(orElse: .failed(failure.message))
        } catch is CancellationError {
            return self.cutOutcome(orElse: .stopped)
        } catch {
            self.environment.logger.error("a turn failed", ["turn": .string(turn.id), "error": .string("\(error)")])
            return self.cutOutcome(orElse: .failed("The answer failed inside the host. The log tells why; try again."))
        }
    }

    private func cutOutcome(orElse other: TurnOutcome) -> TurnOutcome {
        switch self.running?.cut {
        case .stopped: .stopped
        case .shutdown: .interrupted
        case .timedOut: .cut("the answer took longer than `turn_timeout` allows")
        case nil: other
        }
    }

    private func request(for turn: TurnRecord) async throws -> TurnRequest {
        if let admission = self.running?.admission, admission.turn.id == turn.id,
            let entries = self.context.histories.entries(of: turn.session, upTo: admission.previous)
        {
            let through = admission.session.historyStart
            return Self.request(for: turn, in: admission.session, history: entries.filter { $0.id > through })
        }
        let (session, history) = try await self.context.store.read { ledger in
            guard let session = try ledger.session(id: turn.session) else {
                throw TurnFailure("The thread is not there any more. Begin a new one.")
            }
            return (
                session,
                try ledger.history(
                    of: session.id, after: session.historyStart, before: turn.id, limit: Self.historyLimit)
            )
        }
        if let admission = self.running?.admission, admission.turn.id == turn.id {
            self.context.histories.keep(history, of: session.id, upTo: admission.previous)
        }
        return Self.request(for: turn, in: session, history: history)
    }

    private static func request(
        for turn: TurnRecord, in session: SessionRecord, history: [HistoryEntry]
    ) -> TurnRequest {
        let resumed = turn.work == turn.id ? nil : history.last(where: { $0.role == .assistant })
        return TurnRequest(
            id: turn.work, session: session.id, text: turn.text, sender: turn.sender, model: session.model,
            repository: session.repository, history: history, summary: session.summary,
            continuing: turn.kind == "chat" ? resumed?.text : nil)
    }

    /// Adds a closed turn to the history that the next one finds in memory.
    private func remember(_ admission: Admission?, answer: String) {
        guard let admission else { return }
        var entries = admission.question.map { [$0] } ?? []
        if !answer.isEmpty {
            entries.append(HistoryEntry(id: admission.number * 2 + 1, role: .assistant, text: answer))
        }
        self.context.histories.append(
            entries, of: admission.turn.session, turn: admission.number, after: admission.previous)
    }

    /// The most messages that a prompt is made from; older ones are in the summary by then.
    static let historyLimit = 400

    // MARK: Events

    private func take(_ event: TurnEvent, of turn: TurnRecord) async throws {
        try Task.checkCancellation()
        switch event {
        case .text(let text): try await self.takeText(text, of: turn)
        case .thinking(let text): await self.context.hub.append(.thinking, text, to: turn.id)
        case .notice(let text): await self.post(text, as: .note, of: turn)
        case .commit(let commit): await self.take(commit, of: turn)
        case .summary(let summary): self.running?.summary = summary
        case .usage(let model, let input, let output):
            self.running?.usage.append((model, input, output))
            self.environment.metrics.count(
                "model_tokens", ["model": model, "direction": "in"], by: UInt64(max(0, input)))
            self.environment.metrics.count(
                "model_tokens", ["model": model, "direction": "out"], by: UInt64(max(0, output)))
        }
    }

    private func takeText(_ text: String, of turn: TurnRecord) async throws {
        let (messages, isCut) = try self.add(text, to: turn)
        await self.context.hub.append(.execution, text, to: turn.id)
        FaultPoint.firstText.hit()
        if let poster = self.running?.poster, poster.isGrowing, let answer = self.running?.answer {
            await self.context.preview(turn, poster, answer)
        }
        if !messages.isEmpty || isCut { await self.post(messages, of: turn, isExcerpt: isCut) }
    }

    /// Adds to the answer; the messages that are due by that, and whether it has become too long for the room. Apart,
    /// so that no copy of the running turn stays in the memory of a task that waits.
    private func add(_ text: String, to turn: TurnRecord) throws -> (messages: [String], isCut: Bool) {
        guard var running = self.running, running.turn.id == turn.id else { throw CancellationError() }
        if !running.hasFirstText {
            running.hasFirstText = true
            self.environment.metrics.observe(
                "turn_first_token_seconds", seconds: Self.seconds(since: running.startedAt))
        }
        self.running = nil  // one owner of the answer, so that appending does not copy it
        running.answer.append(contentsOf: text.utf8)
        let wasShortened = running.poster.isShortened
        let messages = running.poster.append(text, to: running.answer)
        self.running = running
        return (messages, !wasShortened && running.poster.isShortened)
    }

    /// Stores finished paragraphs and sends them on their way.
    private func post(_ messages: [String], of turn: TurnRecord, isExcerpt: Bool) async {
        let now = self.environment.now()
        let room = turn.route.room
        let keep = self.context.adapters.traits(of: room).excerptMessages
        // As at the turn's end, the first one is marked by the transaction that stores it.
        let isReserved = messages.isEmpty ? false : await self.context.reserve(room)
        let items = await self.persistently { ledger in
            if isExcerpt { _ = try ledger.dropPending(ofTurn: turn.id, keeping: keep) }
            let items = try messages.map {
                try ledger.insertOutbox(
                    session: turn.session, turn: turn.id, kind: .part, route: turn.route, text: $0, at: now)
            }
            if isReserved, let first = items.first { _ = try ledger.markSending(first.id, at: now) }
            return items
        }
        FaultPoint.partStored.hit()
        if isReserved {
            await self.context.dispatchReserved(room, items)
        } else {
            await self.context.dispatch(items)
        }
    }

    private func take(_ commit: CommitNotice, of turn: TurnRecord) async {
        let now = self.environment.now()
        let line = CommitLine.text(for: commit, publicURL: self.environment.settings.publicURL)
        let messages = self.poster(for: turn.route).messages(for: line)
        let items = await self.persistently { ledger in
            guard try !ledger.commits(of: turn.id).contains(where: { $0.sha == commit.sha }) else {
                return [OutboxItem]()
            }
            try ledger.insert(commit, turn: turn.id, at: now)
            try ledger.insertMessage(session: turn.session, turn: turn.id, role: .commit, text: line, at: now)
            return try messages.map {
                try ledger.insertOutbox(
                    session: turn.session, turn: turn.id, kind: .commit, route: turn.route, text: $0, at: now)
            }
        }
        await self.context.hub.append(.thinking, line, to: turn.id)
        await self.context.dispatch(items)
    }

    /// One line of the bot's own in the middle of a turn.
    func post(_ text: String, as kind: OutboxItem.Kind, of turn: TurnRecord) async {
        let now = self.environment.now()
        let messages = self.poster(for: turn.route).messages(for: text)
        let items = await self.persistently { ledger in
            try messages.map {
                try ledger.insertOutbox(
                    session: turn.session, turn: turn.id, kind: kind, route: turn.route, text: $0, at: now)
            }
        }
        await self.context.hub.append(.thinking, text, to: turn.id)
        await self.context.dispatch(items)
    }

    // MARK: The end

    /// Closes a turn: its last frames, its state, the answer in the transcript and the messages still to be posted are
    /// one transaction. Exactly one finaliser gets here: the turn's own task, or recovery when that died.
    private func close(_ turn: TurnRecord, _ outcome: TurnOutcome) async {
        guard var running = self.running, running.turn.id == turn.id else { return }
        running.watchdog?.cancel()
        let now = self.environment.now()
        let settings = self.environment.settings
        let traits = self.context.adapters.traits(of: turn.route.room)
        let wasShortened = running.poster.isShortened
        let rest = running.poster.rest(of: running.answer)
        let closing = TurnClosing(
            turn: turn, outcome: outcome, answer: running.text, rest: rest,
            note: outcome.note(sign: traits.commandPrefix),
            isShortened: running.poster.isShortened, isNewlyShortened: !wasShortened && running.poster.isShortened,
            excerpt: traits.excerptMessages, isUploading: self.mayUpload(running.answer.count, to: turn.route.room),
            surplus: traits.capabilities.contains(.deletes) ? .removed : .blanked, usage: running.usage,
            summary: running.summary, publicURL: settings.publicURL, at: now)
        let frames = await self.context.hub.close(
            turn.id, with: outcome == .complete ? .complete : .error, closing.lastFrame)
        FaultPoint.turnClosing.hit()
        let poster = running.poster
        let isShown = poster.isGrowing ? await self.context.endPreview(turn) : false
        // Where the answer can go out at once, its first message is marked here and not by a transaction of its own.
        let room = turn.route.room
        let isReserved = closing.isPostedAtOnce && !isShown ? await self.context.reserve(room) : false
        let items = await self.persistently { ledger in
            let items = try closing.write(to: ledger, frames: frames, poster: poster)
            if isReserved, let first = items.first { _ = try ledger.markSending(first.id, at: now) }
            return items
        }
        FaultPoint.turnClosed.hit()
        self.remember(running.admission, answer: closing.answer)
        if isReserved {
            await self.context.dispatchReserved(room, items)
        } else {
            await self.context.dispatch(items)
        }
        await self.context.hub.publish(frames)
        self.running = nil
        self.releaseEndWaiters()
        self.environment.metrics.adjust("turns_active", by: -1)
        self.environment.metrics.count("turns", ["state": outcome.state.rawValue])
        let seconds = Self.seconds(since: running.startedAt)
        self.environment.metrics.observe("turn_seconds", seconds: seconds)
        self.environment.logger.info(
            "a turn ended",
            [
                "operation": .string(turn.id), "thread": .string("\(self.key)"), "kind": .string(turn.kind),
                "state": .string(outcome.state.rawValue), "seconds": .number(seconds),
                "bytes": JSON(running.answer.count),
            ])
    }

    /// Waits until a turn that was ended from outside is closed, but not for long.
    func waitForEnd(of turn: String) async {
        guard self.running?.turn.id == turn else { return }
        // Whoever typed `stop` is answered, however long the work takes to end.
        let alarm = Alarm(after: .seconds(2)) { [weak self] in
            // The alarm rings on the loop, so the conversation is entered by a task.
            Task { await self?.releaseEndWaiters() }
        }
        await withCheckedContinuation { self.endWaiters.append($0) }
        alarm.cancel()
    }

    private func releaseEndWaiters() {
        for waiter in self.endWaiters { waiter.resume() }
        self.endWaiters = []
    }

    /// Whether an answer of so many bytes can be posted as a file.
    private func mayUpload(_ size: Int, to room: RoomID) -> Bool {
        let traits = self.context.adapters.traits(of: room)
        return traits.capabilities.contains(.files) && size <= traits.uploadLimit
            && self.context.adapters[room.adapter] is any FileAdapter
    }

    /// Says whether an answer is being written. Decoration: nobody waits for it, and a newer word takes the place of one
    /// that was not told yet.
    private func setTyping(_ isTyping: Bool, for turn: TurnRecord) {
        let room = turn.route.room
        guard self.context.adapters.traits(of: room).capabilities.contains(.typing),
            let adapter = self.context.adapters[room.adapter] as? any TypingAdapter
        else { return }
        self.typing = (isTyping, turn.route)
        guard !self.isTellingTyping else { return }
        self.isTellingTyping = true
        // The sign's own worker: it ends when the newest word is told, and there is never more than one.
        Task { await self.tellTyping(by: adapter) }
    }

    private func tellTyping(by adapter: any TypingAdapter) async {
        while let (isTyping, route) = self.typing.take() { await adapter.setTyping(isTyping, in: route) }
        self.isTellingTyping = false
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - start) / .seconds(1)
    }
}
