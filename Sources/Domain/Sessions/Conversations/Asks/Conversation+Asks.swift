internal import Attention
internal import Chat
internal import Delivery
internal import JSON
internal import Logging
internal import Metrics
internal import People
internal import Store
internal import Threads

/// Asks that hold a turn: stored before they are posted, awaited outside of the turn's time limit.
extension Conversation {
    var desk: AskDesk { AskDesk(adapters: self.context.adapters, audit: self.environment.auditDecision) }

    /// Asks for approvals in one message and waits for them, see ``TurnThread/approvals(of:)``.
    func approvals(of requests: [ApprovalRequest], for turn: TurnRecord) async throws -> [ApprovalOutcome] {
        // Compared byte by byte, as their digests are: texts that only look equal are two.
        let digests = requests.map { request in
            AskBinding(request: request, session: turn.session, turn: turn.id, requester: turn.sender.id).digest
        }
        let unique = zip(digests, requests).reduce(into: [(String, ApprovalRequest)]()) { unique, next in
            if !unique.contains(where: { $0.0 == next.0 }) { unique.append(next) }
        }
        guard !unique.isEmpty else { return [] }
        let outcomes = try await self.outcomes(of: unique.map(\.1), for: turn)
        let found = Dictionary(uniqueKeysWithValues: zip(unique.map(\.0), outcomes))
        return digests.map { found[$0] ?? .expired }
    }

    private func outcomes(
        of requests: [ApprovalRequest], for turn: TurnRecord
    ) async throws -> [ApprovalOutcome] {
        try self.checkRuns(turn)
        try await self.postText(of: turn)
        let asking = ApprovalAsking(
            requests: requests, turn: turn, adapters: self.context.adapters, access: self.context.access,
            desk: self.desk, notices: self.context.notices, sign: self.sign(of: turn.route),
            timeout: self.approvalTimeout, at: self.environment.now())
        self.context.questions.add(turn.route.room)
        let asked: ApprovalAsking.Asked
        switch try await self.retrying({ ledger in try asking.write(to: ledger) }) {
        case .refused(let reason): return try await self.refuse(requests, because: reason, for: turn)
        case .tooLong where requests.count == 1:
            return try await self.refuse(requests, because: AskTexts.tooLong(requests[0].action), for: turn)
        case .tooLong:
            var outcomes: [ApprovalOutcome] = []
            for request in requests { outcomes += try await self.outcomes(of: [request], for: turn) }
            return outcomes
        case .asked(let stored): asked = stored
        }
        if let new = asked.new {
            await self.divideAnswer(of: turn, by: asked.items)
            await self.announce(new, asked.items)
        } else {
            await self.context.lanes.dispatch(asked.items)
        }
        self.conclude(asked.ended)
        var decided: [String: [ApprovalOutcome]] = [:]
        for ask in asked.asks { decided[ask.id] = try await self.outcomes(of: ask, for: turn) }
        return asked.sources.map { source in
            switch source {
            case .known(let outcome): outcome
            case .item(let item, let ask): decided[ask]?.dropFirst(item).first ?? .expired
            }
        }
    }

    private func refuse(
        _ requests: [ApprovalRequest], because reason: String, for turn: TurnRecord
    ) async throws -> [ApprovalOutcome] {
        try await self.note(AskTexts.notAsked(reason), in: turn)
        return requests.map { _ in .denied(by: AskTexts.policy, reason: reason) }
    }

    /// Asks a question and waits for the answer, see ``TurnThread/answer(to:lifetime:)``.
    func answer(
        to question: ThreadQuestion, lifetime: Duration?, for turn: TurnRecord
    ) async throws -> QuestionAnswer {
        try self.checkRuns(turn)
        guard question.isValid else { throw TurnFailure(AskTexts.emptyQuestion) }
        try await self.postText(of: turn)
        let writing = self.writing(
            of: question, nil,
            lifetime: lifetime.map { $0 / .milliseconds(1) }.map { Int64($0) }
                ?? self.approvalTimeout, for: turn)
        self.context.questions.add(self.key)
        self.context.questions.add(turn.route.room)
        let digest = writing.digest
        let asked = try await self.retrying { ledger -> (AskRecord, [OutboxItem]?)? in
            if let earlier = try ledger.asks(ofTurn: turn.id).last(where: { $0.digest == digest }) {
                return (earlier, nil)
            }
            return try writing.write(to: ledger).map { ($0.ask, $0.items) }
        }
        guard let (ask, items) = asked else { throw TurnFailure(AskTexts.questionTooLong) }
        // Another message may have found none before it was stored.
        self.context.questions.add(self.key)
        if let items {
            await self.divideAnswer(of: turn, by: items)
            await self.announce(ask, items)
        }
        let ended = try await self.ended(ask, for: turn)
        guard let answer = ended.questionAnswer, ended.state != .stopped else { throw CancellationError() }
        return answer
    }

    /// What stores a question.
    func writing(
        of question: ThreadQuestion, _ parking: AskRecord.Parking?, lifetime: Int64, for turn: TurnRecord
    ) -> AskWriting {
        AskWriting(
            content: .question(question, parking), turn: turn, adapters: self.context.adapters,
            notices: self.context.notices, sign: self.sign(of: turn.route), lifetime: lifetime,
            at: self.environment.now())
    }

    private var approvalTimeout: Int64 { Int64(self.environment.settings.approvalTimeout / .milliseconds(1)) }

    private func checkRuns(_ turn: TurnRecord) throws {
        try Task.checkCancellation()
        guard self.running?.turn.id == turn.id, self.running?.cut == nil else { throw CancellationError() }
    }

    /// Shows a stored ask.
    func announce(_ ask: AskRecord, _ items: [OutboxItem]) async {
        self.noteAsked(ask)
        await self.context.lanes.dispatch(items)
    }

    func noteAsked(_ ask: AskRecord) {
        FaultPoint.askStored.hit()
        self.context.askChanges.note()
        self.context.notices.askWasStored()
        self.environment.metrics.count(.asks, ["kind": ask.kind.rawValue, "result": "asked"])
        self.environment.logger.info(
            "people were asked",
            ["ask": .string(ask.id), "kind": .string(ask.kind.rawValue), "operation": .string(ask.turn)])
    }

    /// The outcomes of a stored approval's items, after a wait if it is open.
    private func outcomes(of ask: AskRecord, for turn: TurnRecord) async throws -> [ApprovalOutcome] {
        let ended = try await self.ended(ask, for: turn)
        let outcomes = ended.bindings.indices.compactMap { ended.approvalOutcome(of: $0) }
        guard outcomes.count == ended.bindings.count else { throw CancellationError() }
        let isApproved = outcomes.contains { if case .approved = $0 { true } else { false } }
        if isApproved {
            try Task.checkCancellation()
            let now = self.environment.now()
            // From here on what it permits may have begun, so a crash must not begin it again.
            try await self.retrying { ledger in try ledger.take(ended.id, at: now) }
            try Task.checkCancellation()
        }
        return outcomes
    }

    /// Waits until the ask has ended.
    private func ended(_ ask: AskRecord, for turn: TurnRecord) async throws -> AskRecord {
        guard ask.state == .open else {
            await self.context.hub.append(.thinking, AskTexts.outcome(of: ask), to: turn.id)
            return ask
        }
        let ended = try await self.waited(ask, for: turn)
        await self.context.hub.append(.thinking, AskTexts.outcome(of: ended), to: turn.id)
        return ended
    }

    private func waited(_ ask: AskRecord, for turn: TurnRecord) async throws -> AskRecord {
        let result = self.asks.wait(for: ask)
        self.hold(turn.id)
        defer { self.release(turn.id) }
        await self.context.hub.append(.thinking, AskTexts.waits(for: ask), to: turn.id)
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

    /// Lets an open question expire at its time, whatever runs by then.
    func watch(_ ask: AskRecord) {
        self.context.questions.add(self.key)
        if !ask.hasTurn { self.setAlarm(for: ask) }
    }

    private func setAlarm(for ask: AskRecord) {
        let left = max(0, ask.expiresAt - self.environment.now())
        self.context.questions.watch(ask.id, in: self.hold, for: .milliseconds(left)) { await self.expire(ask.id) }
    }

    private func expire(_ id: String) async {
        let now = self.environment.now()
        let desk = self.desk
        let ended = try? await self.persistently { ledger -> (AskRecord, [OutboxItem])? in
            guard let ask = try ledger.ask(id: id), ask.state == .open else { return nil }
            return try desk.end(ask, as: .expired, by: nil, in: ledger, at: now)
        }
        guard let (ask, items) = ended else { return }
        await self.context.lanes.dispatch(items)
        self.conclude([ask])
    }

    /// Lets in whom these asks were about. Before anybody reads it: they write at once.
    func admit(_ asks: [AskRecord]) {
        for ask in asks {
            if let role = ask.grantedRole { self.context.access.admit(ask.requester.id, as: role) }
        }
    }

    /// Wakes whoever waits for these ended asks.
    func conclude(_ asks: [AskRecord]) {
        self.admit(asks)
        if !asks.isEmpty { self.context.askChanges.note() }
        for ask in asks {
            self.context.questions.end(ask.id)
            self.environment.metrics.count(.asks, ["kind": ask.kind.rawValue, "result": ask.resultLabel])
            for waiter in self.asks.end(ask) { waiter.resume(with: .success(ask)) }
        }
    }

    /// Ends the open asks of a turn that a person stopped, at once: its work may take longer to end.
    func endAsks(of turn: TurnRecord, stoppedBy sender: Sender?) async throws {
        guard let sender, !self.asks.isEmpty else { return }
        let now = self.environment.now()
        let desk = self.desk
        let (asks, items) = try await self.durably { ledger in
            try desk.endAll(of: turn, stoppedBy: sender, in: ledger, at: now)
        }
        await self.context.lanes.dispatch(items)
        self.conclude(asks)
    }
}

extension ThreadQuestion {
    /// Whether people can answer it.
    var isValid: Bool {
        !self.text.allSatisfy(\.isWhitespace) && self.options.count <= Self.optionLimit
            && (self.takesText || !self.options.isEmpty)
            && self.options.allSatisfy { !$0.label.allSatisfy(\.isWhitespace) }
    }
}
