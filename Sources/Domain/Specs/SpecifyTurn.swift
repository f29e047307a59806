package import Chat
internal import Git
internal import JSON
package import Logging
package import Models
internal import Primitives
package import Repositories

/// `specify TEXT`: writes a feature's specification with the model, streams it, and commits it on a new branch.
///
/// People see what is committed. An interrupted answer is not committed. When a turn that has committed runs again, it
/// finds its commit by the trailer `Jetbridge-Turn` and reports it.
package final class SpecifyTurn: TurnWorker {
    private typealias Report = @Sendable (TurnEvent) async throws -> Void

    private let client: any ModelClient
    private let catalog: RepositoryCatalog
    private let maximumTries: Int
    private let limit: AnswerLimit
    private let now: @Sendable () -> Int64
    private let logger: Logger

    /// `now`: seconds since 1970.
    package init(
        _ client: any ModelClient, catalog: RepositoryCatalog, maximumTries: Int = RetryPolicy().maximumTries,
        limit: AnswerLimit = AnswerLimit(), now: @escaping @Sendable () -> Int64, logger: Logger
    ) {
        self.client = client
        self.catalog = catalog
        self.maximumTries = maximumTries
        self.limit = limit
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
        try await report(.commit(made.notice))
        return .complete
    }

    private func write(
        _ request: TurnRequest, as reservation: Reservation, on base: GitRepository.Branch,
        _ repository: LocalRepository, _ report: Report
    ) async throws -> TurnEnding {
        let name = reservation.name
        let created = CivilTime(seconds: self.now()).date
        let head = SpecificationHead(
            title: Self.title(of: name), branch: name.description, created: created, input: request.text)
        try await report(.thinking("Writing \(name) in \(repository.name)."))
        let constitution = try? await repository.text(of: ".specify/memory/constitution.md", at: base.id.hex)
        let prompt = SpecifyPrompt(
            description: request.text, branch: name.description, created: created, history: request.history,
            constitution: constitution)
        var draft = SpecificationDraft(head: head)
        switch try await self.stream(prompt, request.model, into: &draft, report) {
        case .complete, .asked: break
        case .cut(let reason):
            await repository.release(reservation)
            return .cut("\(reason); nothing was committed")
        case .filtered(let reason):
            await repository.release(reservation)
            return .filtered("\(reason); nothing was committed")
        }

        let specification = Specification(repairing: draft.document)
        for repair in specification.repairs { try await report(.notice("In the committed file: \(repair).")) }
        try Task.checkCancellation()
        let made = try await self.commit(specification, head, request, as: reservation, on: base, repository)
        if made.branch != name.description {
            try await report(.notice("The number \(name.digits) is already taken; this is \(made.branch)."))
        }
        try await report(.commit(made.notice))
        return .complete
    }

    /// Streams the answer into the draft and to the thread.
    private func stream(
        _ prompt: SpecifyPrompt, _ chosen: String?, into draft: inout SpecificationDraft, _ report: Report
    ) async throws -> TurnEnding {
        let model = chosen ?? self.client.defaultModel
        let request = ModelRequest(model: model, messages: prompt.messages, purpose: .specification)
        var result = TurnReport(model: model, maximumTries: self.maximumTries, limit: self.limit)
        var outcome: TurnReport.Outcome?
        do {
            for try await event in self.client.stream(request) {
                let reported = result.receive(event)
                // Leaving the loop ends the request.
                if result.isFull { break }
                guard let reported else { continue }
                guard case .text(let delta) = reported else {
                    try await report(reported)
                    continue
                }
                let text = draft.append(delta)
                if !text.isEmpty { try await report(.text(text)) }
                if draft.document.utf8.count > Self.documentLimit {
                    return .cut("the specification exceeded 100 KB (describe a smaller feature)")
                }
            }
            // A cancelled stream may also just end.
            try Task.checkCancellation()
        } catch let error as ModelError {
            self.logger.info("a model stream failed", ["code": .string(error.code.rawValue)])
            outcome = result.outcome(of: error)
        }
        let usage =
            result.usage
            ?? TokenUsage(
                input: TokenEstimator.tokens(in: request.messages), output: TokenEstimator.tokens(in: result.text))
        if result.hasText { try await report(.usage(model: model, input: usage.input, output: usage.output)) }
        switch outcome ?? result.outcome {
        case .failed(let failure): throw failure
        case .ended(let ending):
            let text = draft.finish()
            if !text.isEmpty { try await report(.text(text)) }
            if !draft.hasBegun { throw Self.failure(without: draft.preface, model) }
            return ending
        }
    }

    /// Leaves room for repairs.
    private static let documentLimit = Document.sizeLimit - 4_096

    private static func failure(without preface: String, _ model: String) -> TurnFailure {
        let words = preface.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let quote = words.isEmpty ? "" : " (“\(words.prefix(160))\(words.count > 160 ? "…" : "")”)"
        return TurnFailure(
            "\(model) answered without a specification\(quote); say more about the feature, or choose another model "
                + "with `model`.")
    }

    private func commit(
        _ specification: Specification, _ head: SpecificationHead, _ request: TurnRequest,
        as reservation: Reservation, on base: GitRepository.Branch, _ repository: LocalRepository
    ) async throws -> MadeCommit {
        let name = reservation.name
        let author = GitSignature(person: request.sender, seconds: self.now())
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
