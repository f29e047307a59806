package import Chat
internal import Git
package import Logging
package import Models
internal import Primitives
package import Repositories
internal import SpecDocuments

/// Runs `clarify`: asks what a specification leaves open, one question a message, and records each answer in the
/// specification with a commit of its own.
///
/// Each answer begins a turn. Between two of them nothing is in memory, so that they may be days and restarts apart.
package final class ClarifyTurn: TurnWorker {
    private let model: StageModel
    private let catalog: RepositoryCatalog
    private let now: @Sendable () -> Int64

    /// `now`: seconds since 1970.
    package init(
        _ client: any ModelClient, catalog: RepositoryCatalog, maximumTries: Int = RetryPolicy().maximumTries,
        limit: AnswerLimit = AnswerLimit(), now: @escaping @Sendable () -> Int64, logger: Logger
    ) {
        self.model = StageModel(client: client, maximumTries: maximumTries, limit: limit, logger: logger)
        self.catalog = catalog
        self.now = now
    }

    package func refusal(of text: String) -> String? {
        guard text.utf8.count > Self.topicLimit else { return nil }
        return "The topic is longer than \(Self.topicLimit / 1_000) KB: name it in a few words."
    }

    private static let topicLimit = 4_000

    package func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        do {
            guard let answered = request.answered else { return try await self.begin(request, thread) }
            guard let session = ClarifySession(answered.payload) else {
                throw TurnFailure("The question can't be read any more: start again with `clarify`.")
            }
            return try await self.take(answered.answer, session, request, thread)
        } catch let error as RepositoryError {
            throw TurnFailure("The specification can't be clarified: \(error.message).")
        }
    }
}

extension ClarifyTurn {
    private func begin(_ request: TurnRequest, _ thread: any TurnThread) async throws -> TurnEnding {
        let repository = try self.catalog.repository(request.repository)
        let feature = try await FeatureChoice.feature(chosen: request.feature, in: repository)
        if request.feature != feature.name { try await thread.report(.feature(feature.name)) }
        let spec = try Self.spec(of: feature)
        try await thread.report(.thinking("Reading \(feature.folder)/spec.md."))
        let questions = try await self.questions(about: spec, request, thread)
        let session = ClarifySession(repository: repository.name, feature: feature.name, questions: questions)
        guard let parked = session.parked else {
            try await thread.report(
                .text("Nothing is open in `\(feature.name)`. Go on with `plan`, or change it with `refine TEXT`."))
            return .complete
        }
        try await thread.report(.text(Self.introduction(to: session)))
        return .asked(parked)
    }

    private static func spec(of feature: FeatureFiles) throws -> SpecDocument {
        let path = "\(feature.folder)/spec.md"
        guard let bytes = feature.files[path] else {
            throw TurnFailure(
                feature.tooLarge.contains(path)
                    ? "\(path) is larger than 100 KB: split the feature, then clarify its parts."
                    : "`\(feature.name)` has no specification to clarify yet: write one with `specify TEXT`.")
        }
        return SpecDocument(MarkdownDocument(bytes))
    }

    private func questions(
        about spec: SpecDocument, _ request: TurnRequest, _ thread: any TurnThread
    ) async throws -> [ClarifyQuestion] {
        let marked = ClarifyQuestion.marked(in: spec)
        let messages = ClarifyPrompt.questions(about: spec, topic: request.text)
        do {
            let answer = try await self.answer(to: messages, "questions", request, thread)
            if let questions = ClarifyQuestion.all(in: answer) { return questions.isEmpty ? marked : questions }
            self.model.logger.info("a model's questions could not be read")
            guard marked.isEmpty else { return marked }
            throw TurnFailure(
                "The model's questions can't be read: try `clarify` again, or choose another model with `model`.")
        } catch let failure as TurnFailure where !marked.isEmpty {
            try await thread.report(
                .notice("\(failure.message) These are the questions that the specification marks itself."))
            return marked
        }
    }

    /// The model's answer, even if it was cut; people do not see it.
    private func answer(
        to messages: [ModelMessage], _ noun: String, _ request: TurnRequest, _ thread: any TurnThread
    ) async throws -> String {
        var draft = SilentDraft()
        _ = try await self.model.stream(
            messages, by: request.model, for: StageModel.Wish(noun: noun, advice: "try again"), into: &draft
        ) { event in try await thread.report(event) }
        return draft.text
    }

    private static func introduction(to session: ClarifySession) -> String {
        let count = session.questions.count
        return "\(count == 1 ? "One question" : "\(count) questions") about `\(session.feature)`"
            + (count == 1 ? "" : ", one at a time")
            + ". Answer with a letter, `yes` for the recommended answer, or your own words; `no` skips a question, "
            + "`done` ends. Each answer is committed at once."
    }
}

// An answer.
extension ClarifyTurn {
    private func take(
        _ answer: QuestionAnswer, _ session: ClarifySession, _ request: TurnRequest, _ thread: any TurnThread
    ) async throws -> TurnEnding {
        var session = session
        guard let question = session.current else { return try await self.end(session, thread) }
        switch answer.content {
        case .done, .expired: return try await self.end(session, thread)
        case .no: break
        case .option(_, let label, let comment):
            let words = [label, comment].compactMap(\.self).joined(separator: "; ")
            if let ending = try await self.record(words, to: question, session, request, thread) { return ending }
            session.recorded += 1
        case .text(let words):
            if let ending = try await self.record(words, to: question, session, request, thread) { return ending }
            session.recorded += 1
        }
        session.index += 1
        if let parked = session.parked { return .asked(parked) }
        return try await self.end(session, thread)
    }

    private func end(_ session: ClarifySession, _ thread: any TurnThread) async throws -> TurnEnding {
        let skipped = session.questions.count - session.recorded
        let recorded =
            switch session.recorded {
            case 0: "No answer was recorded"
            case 1: "One answer is recorded"
            default: "\(session.recorded) answers are recorded"
            }
        let open = skipped == 0 ? "" : ", \(skipped) left open"
        try await thread.report(.text("\(recorded) in `\(session.feature)`\(open). Next: `plan`."))
        return .complete
    }

    /// Commits the answer. Returns how the turn ends if it cannot continue.
    private func record(
        _ words: String, to question: ClarifyQuestion, _ session: ClarifySession, _ request: TurnRequest,
        _ thread: any TurnThread
    ) async throws -> TurnEnding? {
        let repository = try self.catalog.repository(session.repository)
        // Committed before a restart.
        if let made = try await repository.find(turn: request.id) {
            try await thread.report(.commit(made.notice))
            return nil
        }
        if let ending = try await DocumentCommitter.resume(request.id, in: repository, to: thread) {
            return ending == .complete ? nil : ending
        }
        guard let feature = try await repository.feature(session.feature) else {
            throw TurnFailure("`\(session.feature)` is not in `\(repository.name)` any more: choose one with `spec`.")
        }
        let spec = try Self.spec(of: feature)
        let change = try await self.change(by: words, to: question, in: spec, request, thread)
        let date = CivilTime(seconds: self.now()).date
        let bytes = try Self.applied(change, to: spec) { change in
            ClarificationEdit(date: date, question: question.text, answer: words, change: change)
        }
        let document = try Document(
            path: "\(feature.folder)/spec.md", text: String(decoding: bytes, as: UTF8.self))
        let ending = try await DocumentCommitter.commit(
            DocumentChange(
                branch: feature.branch, base: feature.head, documents: [document],
                subject: "Clarify \(session.feature): \(Self.short(question.text))",
                body: "Q: \(question.text)\nA: \(words)",
                author: try await repository.author(request.sender, seconds: self.now()), turn: request.id),
            in: repository, to: thread)
        guard case .asked = ending else { return nil }
        try await thread.report(.text("Continue with `clarify` when that is decided."))
        return ending
    }

    private func change(
        by words: String, to question: ClarifyQuestion, in spec: SpecDocument, _ request: TurnRequest,
        _ thread: any TurnThread
    ) async throws -> ClarificationEdit.Change? {
        let plain = ClarifyChange.plain(words, to: question, in: spec)
        do {
            let messages = ClarifyPrompt.change(by: words, to: question, in: spec)
            let answer = try await self.answer(to: messages, "a change", request, thread)
            return ClarifyChange.proposed(answer, for: spec) ?? plain
        } catch let failure as TurnFailure {
            // A person's answer is kept, with or without a model.
            try await thread.report(
                .notice("\(failure.message) The answer is recorded; no other sentence was changed."))
            return plain
        }
    }

    private static func applied(
        _ change: ClarificationEdit.Change?, to spec: SpecDocument,
        _ edit: (ClarificationEdit.Change?) -> ClarificationEdit
    ) throws -> [UInt8] {
        if let bytes = try? edit(change).applied(to: spec) { return bytes }
        // The sentence is missing, or there more than once.
        do {
            return try edit(nil).applied(to: spec)
        } catch {
            throw TurnFailure("The answer can't be recorded: \(error).")
        }
    }

    /// For a subject.
    private static func short(_ text: String) -> String {
        text.count <= 48 ? text : "\(text.prefix(47).split(separator: " ").dropLast().joined(separator: " "))…"
    }
}
