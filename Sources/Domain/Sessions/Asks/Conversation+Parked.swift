internal import Chat
internal import Primitives

/// Asks that no turn waits for. The answer to a question begins the next turn, and that to an approval continues the
/// turn which a restart interrupted, in the transaction that stores it.
extension Conversation {
    /// Ends a turn with a question.
    func park(_ parked: ParkedQuestion, of turn: TurnRecord) -> TurnOutcome {
        guard self.context.workers[parked.worker] != nil else {
            return .failed(TurnTexts.noLongerConfigured(parked.worker))
        }
        guard parked.question.isValid else { return .failed(AskTexts.emptyQuestion) }
        let writing = self.writing(
            of: parked.question, AskRecord.Parking(worker: parked.worker, payload: parked.payload),
            lifetime: Int64(parked.lifetime / .milliseconds(1)), for: turn)
        guard writing.isShowable else { return .failed(AskTexts.questionTooLong) }
        self.running?.asking = writing
        return .complete
    }

    /// Answers a question by a message, which becomes the next turn's.
    func answer(
        _ stored: StoredMessage, to ask: AskRecord, _ key: String, _ words: String?
    ) async throws -> Submission? {
        let answering = self.answering(stored)
        let answer = AskAnswer(
            ask: ask.id, sender: answering.sender, role: answering.role, key: key, reason: words)
        if self.queue.count >= self.environment.settings.queueLimit {
            return try await self.reply(
                to: stored, with: TurnTexts.queueIsFull(self.queue.count, sign: self.sign(of: stored.message.route)))
        }
        let (result, submission) = try await self.begin(ask, answer, by: stored.message, event: stored.event) {
            ledger, turn in try ledger.finishEvent(stored.number, turn: turn)
        }
        if case .decided = result { return submission }
        return try await self.refuse(stored, result)
    }

    /// Answers a question from outside of the thread.
    func decide(_ ask: AskRecord, _ answer: AskAnswer) async throws -> AskResult {
        let message = answer.message(in: self.key, at: ask.route, self.environment.now())
        return try await self.begin(ask, answer, by: message, event: "") { _, _ in }.result
    }

    /// The decision, its outcome and the turn that it begins are one transaction.
    private func begin(
        _ ask: AskRecord, _ answer: AskAnswer, by message: InboundMessage, event: String,
        finish: @escaping @Sendable (_ ledger: Ledger, _ turn: String?) throws -> Void
    ) async throws -> (result: AskResult, submission: Submission?) {
        let asking = try await self.context.store.read { ledger in try ledger.turn(id: ask.turn) }
        guard let question = Question(ask, answer, message, of: asking) else {
            // It decides nothing, but its time may be over, which it then ends.
            return (try await self.refused(answer), nil)
        }
        let now = self.environment.now()
        let desk = self.desk
        let decided = Protected<AskDesk.Ending?>(nil)
        let ahead = self.queue.count + (self.running == nil && !self.isBeginning ? 0 : 1)
        let submission = try await self.admit(question, event: event, ahead: ahead) { ledger, turn in
            let ending = try desk.decide(answer, in: ledger, at: now)
            decided.withLock { $0 = ending }
            guard case .decided(let decided) = ending.result else { return false }
            // Somebody may have typed `resume` in the meantime: that turn takes the answer.
            let isParked = decided.parked != nil
            try finish(ledger, isParked ? turn : nil)
            return isParked
        } onStored: {
            if let ending = decided.withLock({ $0 }) { await self.apply(ending) }
        }
        return (decided.withLock { $0 }?.result ?? .unknown, submission)
    }

    private func refused(_ answer: AskAnswer) async throws -> AskResult {
        let now = self.environment.now()
        let desk = self.desk
        let ending = try await self.durably { ledger in try desk.decide(answer, in: ledger, at: now) }
        await self.apply(ending)
        return ending.result
    }
}

extension Question {
    /// The next turn's question, as the answer says it; nil if it is no answer.
    ///
    /// - Parameter asking: The turn that asked, which the answer to an approval continues.
    init?(_ ask: AskRecord, _ answer: AskAnswer, _ message: InboundMessage, of asking: TurnRecord?) {
        guard let parked = ask.parked, let choice = AskChoice(answer.key, answer.reason, to: ask) else { return nil }
        if ask.kind == .approval {
            guard let asking else { return nil }
            self.init(continuing: asking, by: message)
            return
        }
        let said = choice.answer.map { ask.option($0)?.label ?? $0 }
        let text = [said, choice.words].compactMap(\.self).joined(separator: ": ")
        self.init(message: message.reading(text), kind: parked.worker, text: text, ask: ask.id)
    }
}

extension Question {
    /// Continues an interrupted turn for the person who asked for it, whoever says so.
    init(continuing turn: TurnRecord, by message: InboundMessage) {
        self.init(
            message: message, kind: turn.kind, text: turn.text, work: turn.work, role: .command,
            requester: turn.sender)
    }
}

extension AskAnswer {
    /// A message in the thread that says the same.
    func message(in thread: ThreadKey, at route: Route, _ now: Int64) -> InboundMessage {
        InboundMessage(
            thread: thread, route: route, sender: self.sender, text: self.reason ?? self.key, sentAt: now,
            isDirect: false, isAddressed: true, isChosen: true)
    }
}
