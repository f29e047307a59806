package import Chat
package import Git
package import Models

/// What one turn works with.
package struct AgentEquipment: Sendable {
    package var persona: Persona
    /// The tools of the persona, in the catalogue's order: a fixed order keeps requests alike.
    package var tools: [ToolDefinition]
    /// Checks a call of the model; gets the id for the ``CheckedCall``.
    package var read: @Sendable (ToolCall, String) -> CallReading
    package var executor: any ToolExecutor
    package var gate: any ToolGate
    package var limits: AgentLimits
    /// The project's own instructions, as data for the model; empty when there are none.
    package var notes: String
    /// The size of the turn's changes of files, for the line at its end. Nil when it is unknown.
    package var changes: (@Sendable () async -> GitStat?)?
    /// The time in which calls waited for a free place, which does not count as the turn's.
    package var pauses: @Sendable () -> Duration = { .zero }

    package init(
        persona: Persona, tools: [ToolDefinition], read: @escaping @Sendable (ToolCall, String) -> CallReading,
        executor: any ToolExecutor, gate: any ToolGate, limits: AgentLimits = AgentLimits(), notes: String = "",
        changes: (@Sendable () async -> GitStat?)? = nil
    ) {
        self.persona = persona
        self.tools = tools
        self.read = read
        self.executor = executor
        self.gate = gate
        self.limits = limits
        self.notes = notes
        self.changes = changes
    }
}

extension AgentEquipment {
    /// Has the commits that a call's command made decided about, as any commit is, and puts them on the branch if that is
    /// allowed. Refused ones stay in the workspace, which the thread is told. Returns a line for the model; nil if there
    /// are none.
    package func settleCommits(
        madeBy call: String, in thread: any TurnThread, deciding decide: (ToolIntent) async throws -> GateDecision
    ) async throws -> String? {
        var title = ""
        let reason: String
        do {
            guard let commits = try await self.executor.commits(madeBy: call) else { return nil }
            title = "\(commits.title). "
            switch try await decide(commits) {
            case .denied(let text): reason = text
            case .expired: reason = AgentTexts.nobodyDecided
            case let decision:
                let result = try await self.executor.perform(commits, approval: decision)
                if result.outcome == .done { return result.text }
                reason = result.text
            }
        } catch let error as CancellationError {
            throw error
        } catch {
            reason = "\(error)."
        }
        let line = AgentTexts.commitsStay(because: reason)
        try await thread.report(.notice(title + line))
        return line
    }
}
