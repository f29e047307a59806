package import Chat
internal import Git
internal import JSON
package import Logging
package import Models
internal import Primitives
package import Repositories
internal import SpecDocuments

/// A stage of the specification flow: asks a model with the feature's documents, checks the answer by code, lets the
/// model correct what is wrong, and commits.
///
/// People see what is committed. An interrupted answer is not committed. When a turn that has committed runs again, it
/// finds its commit by the trailer `Jetbridge-Turn` and reports it.
package final class StageTurn: TurnWorker {
    let stage: Stage
    let model: StageModel
    private let catalog: RepositoryCatalog
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - stage: `constitution`, `plan`, `tasks`, `checklist`, `analyze` or `refine`.
    ///   - now: Seconds since 1970.
    package init(
        _ stage: Stage, model client: any ModelClient, catalog: RepositoryCatalog,
        maximumTries: Int = RetryPolicy().maximumTries, limit: AnswerLimit = AnswerLimit(),
        now: @escaping @Sendable () -> Int64, logger: Logger
    ) {
        self.stage = stage
        self.model = StageModel(client: client, maximumTries: maximumTries, limit: limit, logger: logger)
        self.catalog = catalog
        self.now = now
    }

    /// The stages that this worker runs.
    package static let stages: [Stage] = [.constitution, .plan, .tasks, .checklist, .analyze, .refine]

    package func refusal(of text: String) -> String? {
        if text.utf8.count > Document.sizeLimit {
            return "The text \(Document.excess(of: text)): shorten it."
        }
        if self.stage == .refine, !text.contains(where: { $0.isLetter || $0.isNumber }) {
            return "The change is missing: say it after the command, as in `refine the list is sorted by date`."
        }
        return nil
    }

    package func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        if let line = self.refusal(of: request.text) { throw TurnFailure(line) }
        do {
            let repository = try self.catalog.repository(request.repository)
            let base = try await repository.checkReady()
            let files =
                self.stage == .constitution
                ? try await self.files(of: repository, on: base)
                : try await FeatureChoice.feature(chosen: request.feature, in: repository)
            if !files.name.isEmpty, files.name != request.feature { try await thread.report(.feature(files.name)) }
            let run = StageRun(
                stage: self.stage, model: self.model,
                input: StageInput(request, files, today: CivilTime(seconds: self.now()).date), repository: repository,
                thread: thread, now: self.now)
            if let made = try await repository.find(turn: request.id) { return try await run.reportAgain(made) }
            if let ending = try await DocumentCommitter.resume(request.id, in: repository, to: thread) {
                return ending
            }
            switch self.stage {
            case .analyze: return try await run.analyze()
            case .refine: return try await run.refine()
            default: return try await run.write()
            }
        } catch let error as RepositoryError {
            self.model.logger.info("a stage could not be saved", ["reason": .string(error.message)])
            throw TurnFailure("The \(self.stage.rawValue) stage can't be saved: \(error.message).")
        }
    }

    /// What the base branch has of the constitution and the templates.
    private func files(of repository: LocalRepository, on base: GitRepository.Branch) async throws -> FeatureFiles {
        var files: [String: [UInt8]] = [:]
        let templates = DocumentTemplate.allCases.flatMap(\.overrides)
        for path in Set(templates + [StageInput.constitutionPath, "README.md"]) {
            // One that cannot be read, such as one that is too large, is not used.
            guard let text = try? await repository.text(of: path, at: base.id.hex) else { continue }
            files[path] = Array(text.utf8)
        }
        return FeatureFiles(name: "", branch: base.name, head: base.id, files: files)
    }
}
