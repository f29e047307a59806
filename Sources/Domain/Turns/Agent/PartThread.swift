internal import Chat

/// The thread of a part of a turn: people decide and answer as in the turn's own.
protocol PartThread: TurnThread {
    var thread: any TurnThread { get }
}

extension PartThread {
    func stopClock() async { await self.thread.stopClock() }

    func startClock() async { await self.thread.startClock() }

    func bytes(of image: SentImage) async throws -> [UInt8] { try await self.thread.bytes(of: image) }

    func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome {
        try await self.thread.approval(of: request)
    }

    func approvals(of requests: [ApprovalRequest]) async throws -> [ApprovalOutcome] {
        try await self.thread.approvals(of: requests)
    }

    func answer(to question: ThreadQuestion, lifetime: Duration?) async throws -> QuestionAnswer {
        try await self.thread.answer(to: question, lifetime: lifetime)
    }
}

extension ApprovalRequest {
    /// Calls of different parts have the same ids.
    func during(_ part: String) -> Self {
        let scope: Scope =
            switch self.scope {
            case .call(let call): .call("\(part) \(call)")
            case .during(let call): .during(call: "\(part) \(call)")
            default: self.scope
            }
        return Self(
            action: self.action, subject: self.subject, directory: self.directory, tool: self.tool,
            approver: self.approver, scope: scope, effect: self.effect, preview: self.preview)
    }
}
