internal import Analytics
internal import Audit
internal import Chat
internal import Delivery
internal import EventLoop
internal import Metrics
internal import Primitives
internal import Store
internal import Threads

/// What a running turn reports: stored and shown in the thread.
extension Conversation {
    func take(_ event: TurnEvent, of turn: TurnRecord) async throws {
        // A command that was stopped still reports its last output and its exit line.
        if !turn.kind.isWork { try Task.checkCancellation() }
        guard !self.isDropped, self.running?.turn.id == turn.id else { throw CancellationError() }
        self.running?.waiting = nil
        if case .reasoning(let text) = event { return try await self.takeThought(text, of: turn) }
        self.running?.thoughts.pause(at: self.environment.now())
        if case .text(let text) = event, turn.showsTextAsReported { return try await self.takeText(text, of: turn) }
        try await self.takeOther(event, of: turn)
    }

    /// Apart from the pieces of an answer, whose turns would have the memory of all events.
    @inline(never)
    private func takeOther(_ event: TurnEvent, of turn: TurnRecord) async throws {
        switch event {
        case .text(let text) where turn.kind == .run:
            try await self.takeWords(self.sign(of: turn.route).completing(text), of: turn)
        case .text(let text): try await self.takeText(self.sign(of: turn.route).completing(text), of: turn)
        case .output(let output): try await self.take(output, of: turn)
        case .reasoning: break
        case .thinking(let text): await self.context.hub.append(.thinking, text, to: turn.id)
        case .steps(let steps): try await self.take(steps, of: turn)
        case .waiting(let text): try await self.takeWaiting(text, of: turn)
        case .notice(let text): try await self.note(self.sign(of: turn.route).completing(text), in: turn)
        case .offer(let text, let buttons): try await self.offer(text, buttons, of: turn)
        case .commit(let commit): try await self.take(commit, of: turn)
        case .diff(let diff): try await self.takeText(self.card(of: diff, in: turn), of: turn)
        case .file(let file): try await self.send(file, of: turn)
        case .summary(let summary): self.running?.summary = summary
        case .feature(let name): try await self.take(feature: name, of: turn)
        case .asking: try await self.checkBudgets(of: turn)
        case .usage(let call):
            self.running?.usage.append(call)
            self.environment.metrics.count(
                .modelTokens, ["model": call.asked, "direction": "in"], by: UInt64(max(0, call.input)))
            self.environment.metrics.count(
                .modelTokens, ["model": call.asked, "direction": "out"], by: UInt64(max(0, call.output)))
        }
    }

    func takeText(_ text: String, of turn: TurnRecord) async throws {
        let (messages, isCut) = try self.speaking(turn).add(text)
        await self.context.hub.append(.execution, text, to: turn.id)
        FaultPoint.firstText.hit()
        await self.showGrowing(turn)
        if !messages.isEmpty || isCut { try await self.post(messages, of: turn, isExcerpt: isCut) }
    }

    /// The running turn, unless it has ended; notes its first text.
    private func speaking(_ turn: TurnRecord) throws -> RunningTurn {
        guard let running = self.running, running.turn.id == turn.id else { throw CancellationError() }
        if running.takeFirstText() {
            self.environment.metrics.observe(.firstTokenSeconds, seconds: Self.seconds(since: running.startedAt))
        }
        return running
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
        let traits = self.running?.poster.traits
        // As in `close`, the transaction that stores the first message also marks it as being sent.
        let isReserved = messages.isEmpty ? false : await self.context.lanes.reserve(room)
        let frames = await self.context.hub.take(turn.id)
        let items: [OutboxItem]
        do {
            items = try await self.retrying { ledger in
                try ledger.insert(frames)
                if isExcerpt { _ = try ledger.dropPending(ofTurn: turn.id, keeping: keep) }
                let items = try messages.map {
                    var item = try ledger.insertOutbox(
                        session: turn.session, turn: turn.id, kind: .part, route: turn.route, text: $0,
                        message: traits?.lines(of: $0).map(Int64.init), at: now)
                    item.isDocument = turn.kind.isDocument
                    return item
                }
                if isReserved, let first = items.first { _ = try ledger.markSending(first.id, at: now) }
                return items
            }
        } catch {
            await self.context.hub.putBack(frames)
            if isReserved { await self.context.lanes.dispatchReserved([], to: room) }
            throw error
        }
        await self.context.hub.publish(frames)
        FaultPoint.partStored.hit()
        if isReserved {
            await self.context.lanes.dispatchReserved(items, to: room)
        } else {
            await self.context.lanes.dispatch(items)
        }
    }

    // MARK: Steps and thoughts

    func take(_ steps: TurnSteps, of turn: TurnRecord) async throws {
        guard self.running?.turn.id == turn.id else { throw CancellationError() }
        self.running?.steps = steps
        if let line = steps.news { await self.context.hub.append(.thinking, line, to: turn.id) }
        try await self.postText(of: turn)
        await self.showGrowing(turn)
    }

    /// Shows the running turn's state where messages can be edited.
    func showGrowing(_ turn: TurnRecord) async {
        guard let running = self.running, running.turn.id == turn.id, running.poster.isGrowing else { return }
        let (answer, divisions) = running.growing
        await self.context.lanes.preview(answer, dividedAt: divisions, of: turn, rendering: running.poster)
    }

    /// Posts what the turn has said so far, where nothing can be edited: it belongs above what follows.
    func postText(of turn: TurnRecord) async throws {
        guard let running = self.running, running.turn.id == turn.id, let (messages, isCut) = running.takeText() else {
            return
        }
        try await self.post(messages, of: turn, isExcerpt: isCut)
    }

    /// Before a question or a commit is posted: what the turn says from here on is a message below it.
    func divideAnswer(of turn: TurnRecord, by items: [OutboxItem]) async {
        guard self.running?.turn.id == turn.id else { return }
        let isDivided = self.running?.divide(by: items) ?? false
        if isDivided || !items.isEmpty { await self.showGrowing(turn) }
    }

    /// What the model thinks: watchers see it, rooms only that it happens, and only until there is more.
    private func takeThought(_ text: String, of turn: TurnRecord) async throws {
        guard let running = self.running else { throw CancellationError() }
        let isFirst = !running.thoughts.isGoingOn
        let shown = running.thoughts.add(text, at: self.environment.now())
        if !shown.isEmpty { await self.context.hub.append(.reasoning, shown, to: turn.id) }
        guard isFirst, let running = self.running, running.answer.isEmpty, running.steps == nil else { return }
        await self.showGrowing(turn)
    }

    /// The model is asked again: a growing answer ends with the line for that time, every other thread has it once.
    private func takeWaiting(_ text: String, of turn: TurnRecord) async throws {
        guard let running = self.running else { throw CancellationError() }
        if !running.poster.isGrowing, !running.hasNotedWaiting {
            running.hasNotedWaiting = true
            return try await self.note(text, in: turn)
        }
        running.waiting = text
        await self.context.hub.append(.thinking, text, to: turn.id)
        await self.showGrowing(turn)
    }

    // MARK: Output of commands

    /// Live frames have it raw; the transcript and the room have it as plain lines in code blocks.
    private func take(_ output: CommandOutput, of turn: TurnRecord) async throws {
        guard turn.kind == .run else {
            return try await self.takeText(try self.composed(output, for: turn), of: turn)
        }
        let messages = try self.speaking(turn).add(output)
        let kind: LiveFrame.Kind = output.stream == .standardError ? .errorOutput : .execution
        await self.context.hub.append(kind, output.text, to: turn.id)
        FaultPoint.firstText.hit()
        try await self.show(messages, of: turn)
    }

    /// Takes words about a command, such as its exit line. They are no output, so no `execution` frame has them.
    private func takeWords(_ text: String, of turn: TurnRecord) async throws {
        guard let running = self.running, running.turn.id == turn.id else { throw CancellationError() }
        // They end it: whoever sees them may go on at once.
        running.isAnswered = true
        let messages = running.add(words: text)
        await self.context.hub.append(.thinking, text, to: turn.id)
        try await self.show(messages, of: turn)
    }

    private func show(_ messages: [String], of turn: TurnRecord) async throws {
        if let poster = self.running?.poster, poster.isGrowing {
            await self.context.lanes.preview([], of: turn, rendering: poster)
        }
        if !messages.isEmpty { try await self.post(messages, of: turn, isExcerpt: false) }
    }

    /// Output in an answer that has other text too, as Markdown: whole blocks, because text may follow.
    private func composed(_ output: CommandOutput, for turn: TurnRecord) throws -> String {
        var composer = OutputComposer()
        let lines = composer.append(output) + composer.flush()
        return "\n\n" + composer.markdown(for: lines) + composer.close() + "\n"
    }

    // MARK: Other events

    private func card(of diff: String, in turn: TurnRecord) -> String {
        DiffTexts.card(of: diff, in: turn.session, publicURL: self.environment.settings.publicURL)
    }

    private func take(_ commit: CommitNotice, of turn: TurnRecord) async throws {
        FaultPoint.commitMade.hit()
        if self.running?.steps != nil { try await self.postText(of: turn) }
        let now = self.environment.now()
        let line = CommitLine.text(
            for: commit, pages: self.environment.settings.pages,
            cost: self.running.flatMap(self.cost).map(BudgetTexts.about))
        let messages = self.poster(for: turn.route).messages(for: line)
        let audit = self.environment.auditDecision
        let items = try await self.retrying { ledger in
            guard try !ledger.commits(of: turn.id).contains(where: { $0.sha == commit.sha }) else {
                return [OutboxItem]()
            }
            if turn.kind.commitsDocuments {
                try audit(ledger, .commit(commit, session: turn.session, turn: turn.id, actor: turn.sender.id))
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
            guard var session = try ledger.session(id: turn.session, isChanging: true), session.feature != name
            else { return }
            session.feature = name
            // From now on the thread is about it, whatever its first message was.
            if turn.kind == .specify, !session.isNamed, !turn.text.isEmpty {
                session.title = Self.title(of: turn.text)
            }
            try ledger.update(session)
        }
    }

    /// In the web chat, whose messages have no buttons, the choices are a part of the answer.
    private func offer(_ text: String, _ buttons: [MessageButton], of turn: TurnRecord) async throws {
        let sign = self.sign(of: turn.route)
        let text = sign.completing(text)
        guard self.poster(for: turn.route).traits.capabilities.contains(.transcript) else {
            return try await self.note(text, in: turn, offering: buttons)
        }
        let choices = buttons.isEmpty ? "" : "\n\n" + TurnTexts.choices(buttons, sign: sign)
        try await self.takeText(text + choices, of: turn)
    }

    /// Posts a note in the middle of a turn.
    ///
    /// - Parameter isDue: asked in the transaction that stores it; false leaves it out.
    func note(
        _ text: String, in turn: TurnRecord, offering buttons: [MessageButton] = [],
        when isDue: @escaping @Sendable (Ledger) throws -> Bool = { _ in true }
    ) async throws {
        let now = self.environment.now()
        let poster = self.poster(for: turn.route)
        let lines = poster.lines(for: text, offering: buttons)
        // Where nothing is posted, only the transcript has it.
        let isKept = !buttons.isEmpty || poster.traits.capabilities.contains(.transcript)
        let items: [OutboxItem]? = try await self.retrying { ledger in
            guard try isDue(ledger) else { return nil }
            if isKept {
                try ledger.insertMessage(session: turn.session, turn: turn.id, role: .note, text: text, at: now)
            }
            return try lines.map {
                try ledger.insertOutbox(
                    session: turn.session, turn: turn.id, kind: .note, route: turn.route, text: $0.text,
                    buttons: $0.buttons, at: now)
            }
        }
        guard let items else { return }
        await self.context.hub.append(.thinking, text, to: turn.id)
        await self.context.lanes.dispatch(items)
    }

    /// Shows or hides the typing indicator. Nothing waits for it, and a newer state replaces an unsent one.
    func setTyping(_ isTyping: Bool, for turn: TurnRecord) {
        let room = turn.route.room
        guard self.context.adapters.traits(of: room).capabilities.contains(.typing),
            let adapter = self.context.adapters[room.adapter] as? any TypingAdapter
        else { return }
        guard self.typing.set(isTyping, in: turn.route) else { return }
        // The indicator's worker: it ends when the newest state is sent, and there is never more than one.
        Task { while let (isTyping, route) = self.typing.next() { await adapter.setTyping(isTyping, in: route) } }
    }

    static func seconds(since start: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - start) / .seconds(1)
    }
}

/// The typing indicator's newest state, and whether it is being sent. Pure.
struct TypingState {
    private var pending: (isTyping: Bool, route: Route)?
    private var isSending = false

    /// Returns whether sending is to begin.
    mutating func set(_ isTyping: Bool, in route: Route) -> Bool {
        self.pending = (isTyping, route)
        defer { self.isSending = true }
        return !self.isSending
    }

    /// The state to be sent; nil when the newest is sent.
    mutating func next() -> (isTyping: Bool, route: Route)? {
        self.isSending = self.pending != nil
        return self.pending.take()
    }
}

extension TurnKind {
    /// Its commits are not made from a workspace, where they are recorded before they are reported.
    fileprivate var commitsDocuments: Bool {
        switch self {
        case .constitution, .specify, .clarify, .plan, .tasks, .analyze, .checklist, .refine, .spec, .conflict, .merge:
            true
        case .chat, .implement, .task, .run, .diff, .files, .snapshot, .undo, .commit, .pr, .review, .fix, .workflow,
            .say, .command:
            false
        }
    }
}
