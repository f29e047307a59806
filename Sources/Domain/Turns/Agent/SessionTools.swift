internal import Agent
internal import Primitives

/// The tools of one turn, made with its first call: a message that needs none opens no workspace. Keeps what the model
/// has read for the session's next turn.
final class SessionTools: ToolExecutor {
    private let session: String
    private let ledgers: SessionMemory<ReadLedger>
    private let make: @Sendable () async throws -> WorkspaceTools
    private let made = Protected<Task<WorkspaceTools, any Error>?>(nil)

    init(
        session: String, ledgers: SessionMemory<ReadLedger>,
        make: @escaping @Sendable () async throws -> WorkspaceTools
    ) {
        self.session = session
        self.ledgers = ledgers
        self.make = make
    }

    func prepare(_ call: CheckedCall) async throws -> PreparedCall {
        try await self.settling {
            try await self.tools().prepare(call)
        } failure: {
            .failed(ToolResult(.failed, text: "The workspace cannot be used: \($0)", summary: call.tool.name))
        }
    }

    /// The tools are made: it was prepared.
    func perform(_ intent: ToolIntent, approval: GateDecision) async throws -> ToolResult {
        let tools = try await self.tools()
        defer { self.ledgers.keep(tools.ledger, of: self.session) }
        return try await tools.perform(intent, approval: approval)
    }

    func commits(madeBy call: String) async throws -> ToolIntent? {
        try await self.tools().commits(madeBy: call)
    }

    func forgetReads() async {
        self.ledgers.keep(ReadLedger(), of: self.session)
        guard let task = self.made.withLock({ $0 }) else { return }
        try? await task.value.forgetReads()
    }

    private func tools() async throws -> WorkspaceTools {
        let make = self.make
        let task = self.made.withLock { made in
            if let task = made { return task }
            // Unstructured: calls that run beside each other share one workspace.
            let task = Task { try await make() }
            made = task
            return task
        }
        // A server may keep it long, and `stop` ends the turn that waits.
        return try await task.sharedValue()
    }
}
