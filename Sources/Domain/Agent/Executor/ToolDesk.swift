package import Chat
package import Jail
internal import Primitives
package import Work

/// Runs a turn's commands and commits, after the gate has decided.
package protocol ToolDesk: Sendable {
    /// Whether the jail has a network.
    var hasNetwork: Bool { get }
    /// Where a command begins, as the jail sees it.
    var directory: String { get }

    /// Runs the command of a call to its end. `address` (`HOST:PORT`) is what the approval covers beside the command.
    func run(
        _ command: String, of call: String, timeout: Duration?, approval: GateDecision, reaching address: String?,
        report: @escaping @Sendable (CommandOutput) async throws -> Void
    ) async throws -> CommandReport

    /// What a commit would take now. Returns nil if nothing has changed.
    func commitDraft() async throws -> CommitDraft?
    /// Commits all changes, if they are those of the draft with this digest.
    func commit(_ message: String, expecting digest: String) async throws -> CommitNotice?

    /// The commits made in the jail that the branch lacks, or nil.
    func jailCommits() async throws -> JailCommits?
    /// Puts those commits on the branch, if their digest matches. Returns how many.
    func takeOver(_ digest: String) async throws -> Int
}

/// A ``ToolDesk`` over the session's workbench.
package struct WorkbenchDesk: ToolDesk {
    private let bench: Workbench
    private let request: TurnRequest
    private let thread: any TurnThread
    private let output: @Sendable (CommandOutput) async throws -> Void
    private let pauses: TurnPauses
    package let hasNetwork: Bool
    /// The task of a list of tasks that a commit does; nil for none.
    package var task: String?

    /// - Parameters:
    ///   - thread: Where people decide about addresses that a command wants to reach.
    ///   - pauses: Counts the time in which commands wait for a free jail.
    ///   - output: Shows the output of commands as it comes.
    package init(
        bench: Workbench, request: TurnRequest, thread: any TurnThread, hasNetwork: Bool,
        pauses: TurnPauses = TurnPauses(),
        output: @escaping @Sendable (CommandOutput) async throws -> Void = { _ in }
    ) {
        self.bench = bench
        self.request = request
        self.thread = thread
        self.hasNetwork = hasNetwork
        self.pauses = pauses
        self.output = output
    }

    package var directory: String { self.bench.directory(of: self.request.session) }

    package func run(
        _ command: String, of call: String, timeout: Duration?, approval: GateDecision, reaching address: String?,
        report: @escaping @Sendable (CommandOutput) async throws -> Void
    ) async throws -> CommandReport {
        var approved: (by: String, ask: String?)?
        if case .approved(let by, let ask) = approval { approved = (by, ask) }
        let thread = CallThread(
            thread: self.thread, call: call, address: approved == nil ? nil : address, by: approved?.by ?? "",
            ask: approved?.ask, pauses: self.pauses)
        let output = self.output
        return try await self.bench.execute(
            command, timeout: timeout, for: self.request, rule: Self.rule(of: approval), approval: approved, in: thread
        ) { piece in
            try await report(piece)
            try await output(piece)
        }
    }

    private static func rule(of decision: GateDecision) -> String {
        if case .allowed(let rule) = decision { rule } else { "ask" }
    }

    /// See ``ToolSeams/read``.
    package func read(
        _ command: String, output: @escaping @Sendable (ShellOutput) async throws -> Void
    ) async throws -> ShellExit.Status {
        let thread = CallThread(thread: self.thread, call: "", address: nil, by: "", ask: nil, pauses: self.pauses)
        return try await self.bench.read(
            command, timeout: ToolLimits.searchTime, outputLimit: ToolLimits.searchOutput, for: self.request,
            in: thread, output: output)
    }

    package func commitDraft() async throws -> CommitDraft? {
        try await self.bench.commitDraft(for: self.request)
    }

    package func commit(_ message: String, expecting digest: String) async throws -> CommitNotice? {
        try await self.bench.commit(
            message, expecting: digest, for: self.request, task: self.task, in: self.thread)
    }

    package func jailCommits() async throws -> JailCommits? { try await self.bench.jailCommits(for: self.request) }

    package func takeOver(_ digest: String) async throws -> Int {
        try await self.bench.takeOver(digest, for: self.request, in: self.thread)
    }
}

/// The thread of one call's command: what the command wants to reach is asked about for this call only, and not at all if
/// it is the address that was approved with the call.
private struct CallThread: TurnThread {
    let thread: any TurnThread
    let call: String
    let address: String?
    let by: String
    let ask: String?
    let pauses: TurnPauses

    func stopClock() async {
        self.pauses.begin()
        await self.thread.stopClock()
    }

    func startClock() async {
        self.pauses.end()
        await self.thread.startClock()
    }

    func report(_ event: TurnEvent) async throws { try await self.thread.report(event) }

    func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome {
        guard request.action == .reach, request.subject == self.address else {
            return try await self.thread.approval(of: request.during(self.call))
        }
        return .approved(ask: self.ask, by: self.by)
    }
}

extension ApprovalRequest {
    fileprivate func during(_ call: String) -> Self {
        Self(
            action: self.action, subject: self.subject, directory: self.directory, tool: self.tool,
            approver: self.approver, scope: .during(call: call), effect: self.effect, preview: self.preview)
    }
}

/// The time in which a turn's commands waited for a free jail.
package final class TurnPauses: Sendable {
    private let state = Protected((since: ContinuousClock.Instant?.none, total: Duration.zero))

    package init() {}

    /// Without a wait that goes on.
    package var total: Duration { self.state.withLock { $0.total } }

    package func begin() { self.state.withLock { $0.since = .now } }

    package func end() {
        self.state.withLock { state in
            if let since = state.since { state.total += .now - since }
            state.since = nil
        }
    }
}
