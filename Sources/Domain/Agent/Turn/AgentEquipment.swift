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
    /// Asks the gate about the commits that a call's command made, and puts them on the branch if it allows that. Refused
    /// ones stay in the workspace, and the thread is told so. Returns a line for the model, or nil without such commits.
    package func settleCommits(
        madeBy call: String, in thread: any TurnThread, deciding decide: (ToolIntent) async throws -> GateDecision
    ) async throws -> String? {
        let commits: ToolIntent
        do {
            guard let made = try await self.executor.commits(madeBy: call) else { return nil }
            commits = made
        } catch let error as CancellationError {
            throw error
        } catch {
            let line = AgentTexts.commitsStay(because: "\(error).")
            try await thread.report(.notice(line))
            return line
        }
        let reason: String
        let decision = try await decide(commits)
        switch decision {
        case .denied(let text): reason = text
        case .expired: reason = AgentTexts.nobodyDecided
        case .allowed, .approved:
            let result = try await self.executor.perform(commits, approval: decision)
            if result.outcome == .done { return result.text }
            reason = result.text
        }
        let line = AgentTexts.commitsStay(because: reason)
        try await thread.report(.notice("\(commits.title). \(line)"))
        return line
    }
}
