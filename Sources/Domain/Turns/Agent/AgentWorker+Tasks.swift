internal import Agent
internal import Chat
internal import JSON
internal import Logging
internal import Models
internal import Work

/// What `implement` and `fix` need of the agent.
extension AgentWorker {
    private static let coder = "coder"

    /// The name of the persona that works on tasks: the thread's, if it can change files and commit. Throws
    /// ``TurnFailure`` when nobody can work for this request, with what to do.
    ///
    /// - Parameters:
    ///   - failure: What cannot be done then, as the beginning of a sentence.
    ///   - command: What begins it.
    func taskPersona(
        for request: TurnRequest, failure: String = "Tasks can't be implemented", command: String = "implement"
    ) throws -> String {
        guard request.role >= .member else {
            throw TurnFailure(
                "\(failure), because only members and owners may: ask one of them to type `\(command)`.")
        }
        guard self.workbench.canRun else {
            throw TurnFailure("\(failure), because commands cannot run here: \(self.workbench.jail)")
        }
        let settings = self.settings.settings
        let chosen = settings.persona(chosen: request.persona)
        guard let persona = [chosen, settings.personas[Self.coder]].compactMap(\.self).first(where: Self.canImplement)
        else {
            throw TurnFailure(
                "\(failure), because no persona may change files and commit: choose one with "
                    + "`persona NAME`, or configure `coder`.")
        }
        let model = self.model(of: request, persona)
        guard self.model.provider(of: model) != Self.cliProvider else {
            throw TurnFailure(
                "\(failure) with the provider copilot-cli, which works with tools of its own: set "
                    + "`model.provider` to another one, or ask for the work in a message.")
        }
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

    /// A turn of the agent that is a part of another one.
    ///
    /// - Parameters:
    ///   - label: Of its lines in the log.
    ///   - steering: Nil for what people say to the turn.
    func turn(
        _ label: String, _ log: any StepLog, calibration: TokenCalibration = TokenCalibration(),
        steering: AgentSteering? = nil, equip: @escaping AgentTurn.Equip
    ) -> AgentTurn {
        AgentTurn(
            self.model, catalog: self.catalog, log: log, steering: steering ?? self.steering, calibration: calibration,
            answerLimit: self.answerLimit, logger: Logger(label: label), equip: equip)
    }
}

/// What became of a commit that the gate decided about.
enum GatedCommit {
    case done
    /// Nobody allowed it.
    case refused
    /// The reason.
    case failed(String)
}

extension AgentEquipment {
    /// Commits what is in the workspace, through the gate.
    func commit(_ message: String, named id: String) async throws -> GatedCommit {
        guard let tool = ToolCatalog.definition(of: "commit") else { return .done }
        let call = CheckedCall(id: id, tool: tool, arguments: ["message": .string(message)])
        switch try await self.executor.prepare(call) {
        case .failed(let result): return .failed(result.text)
        case .intent(let intent):
            guard let decision = try await self.gate.decide([intent]).first, decision.mayRun else { return .refused }
            let result = try await self.executor.perform(intent, approval: decision)
            return result.outcome == .done ? .done : .failed(result.text)
        }
    }
}
