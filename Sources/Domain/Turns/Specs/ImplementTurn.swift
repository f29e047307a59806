internal import Chat
internal import Models
internal import Repositories
internal import Specs
internal import Work

/// `implement [TASKS]`: works through the feature's tasks with the agent, one commit a task.
///
/// What is done is what the branch says: a task's changes and its ticked box are one commit. So a turn that begins again,
/// after a stop or a crash, continues with the first task whose box is not ticked.
struct ImplementTurn: TurnWorker {
    let agent: AgentWorker
    let repositories: RepositoryCatalog
    private let calibration = TokenCalibration()

    func refusal(of text: String) -> String? { ImplementTexts.refusal(of: text) }

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        guard let selection = TaskSelection(request.text) else {
            throw TurnFailure(ImplementTexts.refusal(of: request.text) ?? ImplementTexts.arguments)
        }
        let persona = try self.agent.taskPersona(for: request)
        do {
            let repository = try self.repositories.repository(request.repository)
            let feature = try await FeatureChoice.feature(chosen: request.feature, in: repository).name
            if request.feature != feature { try await thread.report(.feature(feature)) }
            var run = ImplementRun(
                agent: self.agent, calibration: self.calibration, repository: repository, feature: feature,
                selection: selection, request: request, persona: persona, thread: thread)
            return try await run.run()
        } catch let error as RepositoryError {
            throw TurnFailure("The tasks can't be implemented: \(error.message).")
        } catch let error as WorkspaceFailure {
            throw TurnFailure("The tasks can't be implemented: \(error.message).")
        }
    }
}
