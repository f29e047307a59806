internal import Analytics
internal import Chat
internal import Joining
internal import Threads

/// A running turn's way back to its conversation.
struct ConversationThread: TurnThread {
    let conversation: Conversation
    let turn: TurnRecord
    /// The turn has begun before its question was stored.
    let storage: QuestionStorage?

    func report(_ event: TurnEvent) async throws {
        // The first request may begin before the question is stored, unless a budget is to be looked at.
        if event == .asking, self.conversation.context.environment.settings.analytics.budgets.isEmpty { return }
        try await self.checkStored()
        try await self.conversation.take(event, of: self.turn)
    }

    var keepsText: Bool { self.turn.showsTextAsReported }

    func lastText(_ count: Int) async throws -> String { try await self.conversation.lastText(count, of: self.turn) }

    /// Waits for the question: nothing is shown before it is stored.
    private func checkStored() async throws {
        guard let storage = self.storage else { return }
        guard await storage.isStored() else { throw CancellationError() }
    }

    func takeTime(_ time: Duration) async { await self.conversation.takeTime(time, for: self.turn.id) }

    func stopClock() async { await self.conversation.hold(self.turn.id) }

    func startClock() async { await self.conversation.release(self.turn.id) }

    func bytes(of image: SentImage) async throws -> [UInt8] {
        try await self.conversation.bytes(of: image, in: self.turn.session)
    }

    func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome {
        // One request has one outcome.
        try await self.approvals(of: [request]).first ?? .expired
    }

    func approvals(of requests: [ApprovalRequest]) async throws -> [ApprovalOutcome] {
        try await self.checkStored()
        return try await self.conversation.approvals(of: requests, for: self.turn)
    }

    func answer(to question: ThreadQuestion, lifetime: Duration?) async throws -> QuestionAnswer {
        try await self.checkStored()
        return try await self.conversation.answer(to: question, lifetime: lifetime, for: self.turn)
    }
}
