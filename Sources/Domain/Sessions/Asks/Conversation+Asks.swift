internal import Chat
internal import EventLoop
internal import JSON
internal import Logging

/// An ask that a running turn waits for.
struct HeldAsk {
    var waiters: [SingleResult<AskRecord>] = []
    /// Lets it expire.
    var alarm: Alarm?
}

/// Asks that hold a turn: stored before they are posted, awaited outside of the turn's time limit.
extension Conversation {
    var desk: AskDesk { AskDesk(adapters: self.context.adapters, audit: self.environment.auditDecision) }

    /// Asks for an approval and waits for it, see ``TurnThread/approval(of:)``.
    func approval(of request: ApprovalRequest, for turn: TurnRecord) async throws -> ApprovalOutcome {
        try Task.checkCancellation()
        guard self.running?.turn.id == turn.id, self.running?.cut == nil else { throw CancellationError() }
        let asking = ApprovalAsking(
            request: request, turn: turn, adapters: self.context.adapters, access: self.context.access,
            desk: self.desk, sign: self.sign(of: turn.route),
            timeout: Int64(self.environment.settings.approvalTimeout / .milliseconds(1)), at: self.environment.now())
        switch try await self.retrying({ ledger in try asking.write(to: ledger) }) {
        case .settled(let outcome): return outcome
        case .refused(let reason):
            try await self.post(AskTexts.notAsked(reason), as: .note, of: turn)
            return .denied(by: AskTexts.policy, reason: reason)
        case .joined(let ask): return try await self.outcome(of: ask, for: turn)
        case .asked(let ask, let items):
            FaultPoint.askStored.hit()
            self.environment.metrics.count(.asks, ["kind": ask.kind.rawValue, "result": "asked"])
            self.environment.logger.info(
                "an approval was asked for", ["ask": .string(ask.id), "operation": .string(turn.id)])
            await self.context.lanes.dispatch(items)
            return try await self.outcome(of: ask, for: turn)
        }
    }

    /// The outcome of a stored ask, after a wait if it is open.
    private func outcome(of ask: AskRecord, for turn: TurnRecord) async throws -> ApprovalOutcome {
        let ended = try await self.ended(ask, for: turn)
        await self.context.hub.append(.thinking, AskTexts.outcome(of: ended), to: turn.id)
        guard let outcome = ended.approvalOutcome else { throw CancellationError() }
        if case .approved = outcome {
            try Task.checkCancellation()
            let now = self.environment.now()
            // From here on what it permits may have begun, so a crash must not begin it again.
            try await self.retrying { ledger in try ledger.take(ended.id, at: now) }
            try Task.checkCancellation()
        }
        return outcome
    }

    /// Waits until the ask has ended.
    private func ended(_ ask: AskRecord, for turn: TurnRecord) async throws -> AskRecord {
        guard ask.state == .open else { return ask }
        let result = SingleResult<AskRecord>()
        self.asks[ask.id, default: HeldAsk()].waiters.append(result)
        self.hold(turn.id)
        defer { self.release(turn.id) }
        await self.context.hub.append(.thinking, AskTexts.waits(ask.id), to: turn.id)
        // It may have ended before anybody waited here.
        let stored = try await self.context.store.read { ledger in try ledger.ask(id: ask.id) }
        if let stored, stored.state != .open { return stored }
        self.setAlarm(for: ask)
        return try await withTaskCancellationHandler {
            try await result.value()
        } onCancel: {
            result.resume(with: .failure(CancellationError()))
        }
    }

    private func setAlarm(for ask: AskRecord) {
        guard self.asks[ask.id]?.alarm == nil else { return }
        let left = max(0, ask.expiresAt - self.environment.now())
        self.asks[ask.id]?.alarm = Alarm(after: .milliseconds(left)) { [weak self] in
            // The alarm fires on the event loop, so the conversation is entered by a task.
            Task { await self?.expire(ask.id) }
        }
    }

    private func expire(_ id: String) async {
        let now = self.environment.now()
        let desk = self.desk
        let ended = await self.persistently { ledger -> (AskRecord, [OutboxItem])? in
            guard let ask = try ledger.ask(id: id), ask.state == .open else { return nil }
            return try desk.end(ask, as: .expired, by: nil, in: ledger, at: now)
        }
        guard let (ask, items) = ended else { return }
        await self.context.lanes.dispatch(items)
        self.conclude([ask])
    }

    /// Wakes whoever waits for these ended asks.
    func conclude(_ asks: [AskRecord]) {
        for ask in asks {
            self.environment.metrics.count(.asks, ["kind": ask.kind.rawValue, "result": ask.resultLabel])
            for waiter in self.asks.removeValue(forKey: ask.id)?.waiters ?? [] { waiter.resume(with: .success(ask)) }
        }
    }

    /// Ends the open asks of a turn that a person stopped, at once: its work may take longer to end.
    func endAsks(of turn: String, stoppedBy sender: Sender?) async throws {
        guard let sender, !self.asks.isEmpty else { return }
        let now = self.environment.now()
        let desk = self.desk
        let (asks, items) = try await self.durably { ledger in
            try desk.endAll(ofTurn: turn, stoppedBy: sender, in: ledger, at: now)
        }
        await self.context.lanes.dispatch(items)
        self.conclude(asks)
    }

    // MARK: The time limit

    /// Stops the clock of a turn that waits for people.
    private func hold(_ turn: String) {
        guard self.running?.turn.id == turn else { return }
        self.running?.holds += 1
        guard self.running?.holds == 1, let began = self.running?.countsSince else { return }
        self.running?.watchdog = nil
        self.running?.timeLeft -= .now - began
        // While the host stops, nobody can answer any more; the next start asks on.
        if self.isClosing { self.end(turn, because: .shutdown) }
    }

    private func release(_ turn: String) {
        guard self.running?.turn.id == turn else { return }
        self.running?.holds -= 1
        if self.running?.holds == 0 { self.watch(turn) }
    }
}

extension AskRecord {
    /// A label of the metric.
    var resultLabel: String {
        switch self.state {
        case .answered: self.kind == .approval ? (self.answer == Self.deny ? "denied" : "approved") : "answered"
        default: self.state.rawValue
        }
    }
}
