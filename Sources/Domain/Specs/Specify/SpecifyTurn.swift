package import Chat
internal import Git
internal import JSON
package import Logging
package import Models
internal import Primitives
package import Repositories
internal import SpecDocuments

/// `specify TEXT`: writes a feature's specification with the model, streams it, and commits it on a new branch.
///
/// People see what is committed. An interrupted answer is not committed. When a turn that has committed runs again, it
/// finds its commit by the trailer `Jetbridge-Turn` and reports it.
package final class SpecifyTurn: TurnWorker {
    private typealias Report = StageModel.Report

    private let model: StageModel
    private let catalog: RepositoryCatalog
    private let now: @Sendable () -> Int64
    private let logger: Logger

    /// `now`: seconds since 1970.
    package init(
        _ client: any ModelClient, catalog: RepositoryCatalog, maximumTries: Int = RetryPolicy().maximumTries,
        limit: AnswerLimit = AnswerLimit(), now: @escaping @Sendable () -> Int64, logger: Logger
    ) {
        self.model = StageModel(client: client, maximumTries: maximumTries, limit: limit, logger: logger)
        self.catalog = catalog
        self.now = now
        self.logger = logger
    }

    package func refusal(of text: String) -> String? {
        if text.utf8.count > Document.sizeLimit {
            return "The description \(Document.excess(of: text)): shorten it, or specify its parts one by one."
        }
        if !text.contains(where: { $0.isLetter || $0.isNumber }) {
            return "There is nothing to specify: describe the feature after the command, as in "
                + "`specify a login page`."
        }
        return nil
    }

    package func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        let report: Report = { event in try await thread.report(event) }
        if let line = self.refusal(of: request.text) { throw TurnFailure(line) }
        do {
            let repository = try self.catalog.repository(request.repository)
            let base = try await repository.checkReady()
            if let made = try await repository.find(turn: request.id) {
                return try await self.reportAgain(made, repository, report)
            }
            let reservation = try await repository.reserve(ShortName.of(request.text))
            do {
                return try await self.write(request, as: reservation, on: base, repository, report)
            } catch {
                await repository.release(reservation)
                throw error
            }
        } catch let error as RepositoryError {
            self.logger.info("a specification could not be saved", ["reason": .string(error.message)])
            throw TurnFailure("The specification can't be saved: \(error.message).")
        }
    }
}

extension SpecifyTurn {
    /// Reports a turn that committed but was interrupted before its end was stored.
    private func reportAgain(
        _ made: MadeCommit, _ repository: LocalRepository, _ report: Report
    ) async throws -> TurnEnding {
        self.logger.info("the turn has already committed", ["sha": .string(made.id.hex)])
        if let text = try await repository.text(of: "specs/\(made.branch)/spec.md", at: made.id.hex) {
            try await report(.text(text))
        }
        try await report(.feature(made.branch))
        try await report(.commit(made.notice))
        return .complete
    }

    /// Checks the specification by code and has it corrected.
    private func mend(
        _ specification: inout Specification, of name: NumberedName, _ request: TurnRequest, _ report: @escaping Report
    ) async throws {
        let folder = "specs/\(name)"
        let path = "\(folder)/spec.md"
        let check = StageCheck(folder: folder, files: [:])
        let repair = StageRepair(
            model: self.model, chosen: request.model, check: check, forms: [path: DocumentTemplate.spec.standard],
            report: report)
        let result = try await repair.mended([path: Array(specification.text.utf8)])
        try await StageFindings(check, main: path).tell(result, report)
        guard !result.changes.isEmpty, let bytes = result.documents[path] else { return }
        specification.replace(with: String(decoding: bytes, as: UTF8.self))
    }

    private func write(
        _ request: TurnRequest, as reservation: Reservation, on base: GitRepository.Branch,
        _ repository: LocalRepository, _ report: @escaping Report
    ) async throws -> TurnEnding {
        let name = reservation.name
        let created = CivilTime(seconds: self.now()).date
        let head = SpecificationHead(
            title: Self.title(of: name), branch: name.description, created: created, input: request.text)
        try await report(.thinking("Writing \(name) in \(repository.name)."))
        let constitution = try? await repository.text(of: ".specify/memory/constitution.md", at: base.id.hex)
        let form = try? await repository.text(of: DocumentTemplate.spec.overrides[0], at: base.id.hex)
        let prompt = SpecifyPrompt(
            description: request.text, branch: name.description, created: created, history: request.history,
            constitution: constitution, ownForm: form)
        var draft = SpecificationDraft(head: head)
        let wish = StageModel.Wish(noun: "a specification", advice: "say more about the feature")
        let ending = try await self.model.stream(
            prompt.messages, by: request.model, for: wish, into: &draft, report)
        if let broken = ending.withoutCommit {
            await repository.release(reservation)
            return broken
        }

        var specification = Specification(repairing: draft.document)
        for repair in specification.repairs { try await report(.notice("In the committed file: \(repair).")) }
        try await self.mend(&specification, of: name, request, report)
        try Task.checkCancellation()
        let made = try await self.commit(specification, head, request, as: reservation, on: base, repository)
        if made.branch != name.description {
            try await report(.notice("The number \(name.digits) is already taken; this is \(made.branch)."))
        }
        try await report(.feature(made.branch))
        try await report(.commit(made.notice))
        return .complete
    }

    private func commit(
        _ specification: Specification, _ head: SpecificationHead, _ request: TurnRequest,
        as reservation: Reservation, on base: GitRepository.Branch, _ repository: LocalRepository
    ) async throws -> MadeCommit {
        let name = reservation.name
        let author = try await repository.author(request.sender, seconds: self.now())
        return try await repository.commit(reservation, onBase: base, author: author, turn: request.id) { final in
            var specification = specification
            specification.rename(name.description, to: final.description)
            let folder = "specs/\(final)"
            let checklist = RequirementsChecklist(for: specification, created: head.created)
            var documents = [
                try Document(path: "\(folder)/spec.md", text: specification.text),
                try Document(path: "\(folder)/checklists/requirements.md", text: checklist.text),
            ]
            if head.isInputCut { documents.append(try Document(path: "\(folder)/input.md", text: request.text)) }
            return ("Specify \(final)", specification.title, documents)
        }
    }

    /// `007-login-page` → `Login Page`, for a model that gives no title.
    private static func title(of name: NumberedName) -> String {
        name.shortName.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: " ")
    }
}
