internal import Agent
internal import Chat
internal import Models
internal import Repositories
internal import Work

/// Parts of a turn, for `delegate`.
extension AgentWorker {
    /// The tools of a turn with `delegate` besides `own`.
    ///
    /// - Parameter equip: Makes what a part works with.
    func delegating(
        _ own: any ToolExecutor, _ request: TurnRequest, in thread: any TurnThread, _ limits: AgentLimits,
        equip: @escaping @Sendable (any TurnThread, AgentLimits) async throws -> AgentEquipment
    ) -> DelegateTools {
        DelegateTools(own: own, log: self.steps, turn: request.id, thread: thread, limits: limits) {
            part, log, thread, limits in
            // What people say to the turn is for the turn.
            let turn = self.turn("delegate", log, steering: AgentSteering()) { _, thread in
                try await equip(thread, limits)
            }
            return try await turn.run(request.alone(asking: part.prompt, persona: request.persona), in: thread)
        }
    }

    /// What a part of a turn works with: the tools of its persona that only read, behind the same gate and with the same
    /// taint.
    func equipment(
        ofPartOf request: TurnRequest, _ persona: Persona, _ taint: TurnTaint, in thread: any TurnThread,
        limits: AgentLimits
    ) async -> AgentEquipment {
        let repository = request.repository ?? self.repositories.defaultName
        let known = try? self.repositories.repository(repository)
        let skills = persona.tools.contains("skill") ? await self.skills.skills(of: known) : []
        let tools = ToolCatalog.all.filter {
            persona.tools.contains($0.name) && $0.kind == .read && $0.name != "delegate"
                && ($0.name != "skill" || !skills.isEmpty)
        }
        let pauses = TurnPauses()
        let areForeign = known.map { SkillLibrary.isForeign($0) } ?? false
        let seams = self.seams(of: request, in: thread, pauses, nil) {
            $0.skill = SkillLibrary.reading(skills, areForeign: areForeign, taint)
        }
        // What a part has read, the turn's own model has not.
        let executor = SessionTools(session: request.session, ledgers: SessionMemory()) {
            WorkspaceTools(
                files: try await self.workbench.workspaces.workspace(of: SessionPlace(of: request)), seams: seams)
        }
        var equipment = AgentEquipment(
            persona: persona, tools: tools, read: CallReader(tools: tools).read, executor: executor,
            gate: PolicyGate(
                settings: self.settings, request: request, persona: persona, repository: repository, taint: taint,
                audit: self.audit, thread: thread),
            limits: limits,
            notes: [await self.notes.text(of: known), SkillLibrary.note(of: skills)].filter { !$0.isEmpty }
                .joined(separator: "\n\n"))
        equipment.pauses = { pauses.total }
        return equipment
    }
}
