internal import Agent
internal import Chat
internal import Models
internal import Workbench

/// What `implement` needs of the agent.
extension AgentWorker {
    private static let coder = "coder"

    /// The name of the persona that works on tasks: the thread's, if it can change files and commit. Throws
    /// ``TurnFailure`` when nobody can work for this request, with what to do.
    func taskPersona(for request: TurnRequest) throws -> String {
        guard request.role >= .member else {
            throw TurnFailure(
                "Only members and owners may have tasks implemented: ask one of them to type `implement`.")
        }
        guard self.workbench.canRun else {
            throw TurnFailure("Tasks can't be implemented, because commands cannot run here: \(self.workbench.jail)")
        }
        guard self.model.provider != "copilot-cli" else {
            throw TurnFailure(
                "Tasks can't be implemented with the provider copilot-cli, which works with tools of its own: set "
                    + "`model.provider` to another one, or have it do the tasks by messages.")
        }
        let settings = self.settings.settings
        let chosen = settings.persona(chosen: request.persona)
        guard let persona = [chosen, settings.personas[Self.coder]].compactMap(\.self).first(where: Self.canImplement)
        else {
            throw TurnFailure(
                "Tasks can't be implemented, because no persona may change files and commit: choose one with "
                    + "`persona NAME`, or configure `coder`.")
        }
        let model = persona.model ?? request.model ?? self.model.defaultModel
        let models = self.catalog.known
        if models.first(where: { $0.id == model })?.supportsTools == false {
            throw TurnFailure(AgentTurn.notice(of: model, in: models))
        }
        return persona.name
    }

    private static func canImplement(_ persona: Persona) -> Bool {
        let kinds = Set(ToolCatalog.definitions(of: persona.tools).map(\.kind))
        return kinds.contains(.edit) && kinds.contains(.commit)
    }
}
