package import Chat

/// A thread that hands events to a closure and answers every request for approval in the same way.
package struct ClosureThread: TurnThread {
    private let outcome: ApprovalOutcome
    private let handler: @Sendable (TurnEvent) async throws -> Void

    package init(
        approving outcome: ApprovalOutcome = .expired, handler: @escaping @Sendable (TurnEvent) async throws -> Void
    ) {
        self.outcome = outcome
        self.handler = handler
    }

    /// Leaves out ``TurnEvent/asking``, which only budgets are interested in.
    package func report(_ event: TurnEvent) async throws {
        if event != .asking { try await self.handler(event) }
    }

    package func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome { self.outcome }
}

extension TurnWorker {
    /// Runs a turn and hands its events to `report`.
    package func run(
        _ request: TurnRequest, report: @escaping @Sendable (TurnEvent) async throws -> Void
    ) async throws -> TurnEnding {
        try await self.run(request, in: ClosureThread(handler: report))
    }
}
