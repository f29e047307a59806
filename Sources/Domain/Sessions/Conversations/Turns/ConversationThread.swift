internal import Chat

/// A running turn's way back to its conversation.
struct ConversationThread: TurnThread {
    let conversation: Conversation
    let turn: TurnRecord

    func report(_ event: TurnEvent) async throws { try await self.conversation.take(event, of: self.turn) }

    func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome {
        try await self.conversation.approval(of: request, for: self.turn)
    }
}
