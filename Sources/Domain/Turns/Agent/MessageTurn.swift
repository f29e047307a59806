internal import Chat
internal import Models

/// Answers a message: by working with tools where it can, else by talking.
struct MessageTurn: TurnWorker {
    let talking: any TurnWorker
    let working: any TurnWorker
    /// Whether the person may work in this thread, and the host can.
    let canWork: @Sendable (TurnRequest) -> Bool
    /// What people are told before the model only talks; nil for nothing.
    let hint: @Sendable (TurnRequest) -> String?
    /// Whether the turn has called tools.
    let hasWorked: @Sendable (_ turn: String) async throws -> Bool

    func refusal(of text: String) -> String? { self.talking.refusal(of: text) }

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        // A plain answer that broke off is continued in the middle of its sentence.
        if request.continuing != nil, try await !self.hasWorked(request.id) {
            return try await self.talking.run(request, in: thread)
        }
        if self.canWork(request) { return try await self.working.run(request, in: thread) }
        if let hint = self.hint(request) { try await thread.report(.notice(hint)) }
        return try await self.talking.run(request, in: thread)
    }
}
