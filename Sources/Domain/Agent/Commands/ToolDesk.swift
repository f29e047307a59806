package import Chat
package import Workbench

/// Runs a turn's commands and commits, after the gate has decided.
package protocol ToolDesk: Sendable {
    /// Whether the jail has a network.
    var hasNetwork: Bool { get }
    /// Where a command begins, as the jail sees it.
    var directory: String { get }

    /// Runs a command to its end. `address` (`HOST:PORT`) is what the approval covers beside the command.
    func run(
        _ command: String, timeout: Duration?, approval: GateDecision, reaching address: String?,
        report: @escaping @Sendable (CommandOutput) async throws -> Void
    ) async throws -> CommandReport

    /// Commits all changes. Returns nil if nothing has changed.
    func commit(_ message: String) async throws -> CommitNotice?
}

/// A ``ToolDesk`` over the session's workbench.
package struct WorkbenchDesk: ToolDesk {
    private let bench: Workbench
    private let request: TurnRequest
    private let thread: any TurnThread
    private let output: @Sendable (CommandOutput) async throws -> Void
    package let hasNetwork: Bool

    /// - Parameters:
    ///   - thread: Where people decide about addresses that a command wants to reach.
    ///   - output: Shows the output of commands as it comes.
    package init(
        bench: Workbench, request: TurnRequest, thread: any TurnThread, hasNetwork: Bool,
        output: @escaping @Sendable (CommandOutput) async throws -> Void = { _ in }
    ) {
        self.bench = bench
        self.request = request
        self.thread = thread
        self.hasNetwork = hasNetwork
        self.output = output
    }

    package var directory: String { self.bench.directory(of: self.request.session) }

    package func run(
        _ command: String, timeout: Duration?, approval: GateDecision, reaching address: String?,
        report: @escaping @Sendable (CommandOutput) async throws -> Void
    ) async throws -> CommandReport {
        var approved: (by: String, ask: String?)?
        if case .approved(let by, let ask) = approval { approved = (by, ask) }
        var thread = self.thread
        if let address, let approved {
            thread = ApprovedAddress(thread: self.thread, address: address, by: approved.by, ask: approved.ask)
        }
        let output = self.output
        let result = try await self.bench.execute(
            command, timeout: timeout, for: self.request, rule: Self.rule(of: approval), approval: approved, in: thread
        ) { piece in
            try await report(piece)
            try await output(piece)
        }
        for commit in result.commits { try await thread.report(.commit(commit)) }
        return result
    }

    private static func rule(of decision: GateDecision) -> String {
        if case .allowed(let rule) = decision { rule } else { "ask" }
    }

    package func commit(_ message: String) async throws -> CommitNotice? {
        try await self.bench.commit(message, for: self.request, in: self.thread)
    }
}

/// A thread that does not ask again about the one address that was approved with a call.
private struct ApprovedAddress: TurnThread {
    let thread: any TurnThread
    let address: String
    let by: String
    let ask: String?

    func report(_ event: TurnEvent) async throws { try await self.thread.report(event) }

    func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome {
        guard request.action == .reach, request.subject == self.address else {
            return try await self.thread.approval(of: request)
        }
        return .approved(ask: self.ask, by: self.by)
    }
}
