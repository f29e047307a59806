internal import Chat
internal import Git
internal import JSON
internal import Logging
internal import Models
internal import Primitives
internal import Repositories
internal import SpecDocuments

/// One run of a stage.
struct StageRun: Sendable {
    let stage: Stage
    let model: StageModel
    let input: StageInput
    let repository: LocalRepository
    let thread: any TurnThread
    let now: @Sendable () -> Int64

    var request: TurnRequest { self.input.request }
    var files: FeatureFiles { self.input.files }
    var report: StageModel.Report { { [thread = self.thread] event in try await thread.report(event) } }

    /// Reports a turn that committed but was interrupted before its end was stored.
    func reportAgain(_ made: MadeCommit) async throws -> TurnEnding {
        self.model.logger.info("the turn has already committed", ["sha": .string(made.id.hex)])
        let name: String? =
            switch self.stage {
            case .constitution: "constitution.md"
            case .plan: "plan.md"
            case .tasks: "tasks.md"
            case .checklist: self.checklistName
            default: nil
            }
        if let name, let text = try await self.repository.text(of: self.input.path(name), at: made.id.hex) {
            try await self.report(.text(text))
        }
        try await self.report(.commit(made.notice))
        return .complete
    }

    /// Writes the stage's document, or changes it if it exists.
    func write() async throws -> TurnEnding {
        guard let script = StageScript.of(self.stage, file: self.checklistName) else {
            throw TurnFailure("`\(self.stage.rawValue)` writes no document.")
        }
        if let obstacle = self.input.obstacle(to: script) { throw TurnFailure(obstacle) }
        let main = script.forms[0].name
        let old = self.input.bytes(main)
        if self.stage == .constitution, let old, !self.request.text.contains(where: { !$0.isWhitespace }) {
            try await self.report(.text(old[...].text))
            try await self.report(.notice("This is the constitution; `constitution TEXT` changes it."))
            return .complete
        }
        try await self.tellOpenQuestions()
        let place = self.input.path(main)
        try await self.report(.thinking("\(old == nil ? "Writing" : "Rewriting") \(place) in \(self.repository.name)."))

        var draft = self.draft(for: script, old: old)
        let readme = self.stage == .constitution ? self.files.text("README.md") : nil
        let ending = try await self.model.stream(
            self.input.messages(for: script, readme: readme), by: self.request.model, for: script.wish, into: &draft,
            self.report)
        if let broken = ending.withoutCommit { return broken }
        if self.stage == .constitution {
            let before = old.map { ConstitutionDocument(MarkdownDocument($0)) }
            let version = ConstitutionVersion(after: before, today: self.input.today)
            let line = version.line(for: draft.documents[0].text, proposal: draft.withheld.last)
            try await self.report(.text(draft.close(with: line)))
        }
        var documents: [String: [UInt8]] = [:]
        for (name, text) in draft.documents { documents[self.input.path(name)] = Array(text.utf8) }
        try await self.tellOthers(draft.documents.dropFirst().map(\.name))
        let mended = try await self.mended(documents, forms: script.forms, main: place)
        return try await self.commit(mended, subject: self.subject(isNew: old == nil), body: self.body)
    }

    /// `checklists/security.md`
    var checklistName: String {
        let slug = StageName.slug(self.request.text, words: 3)
        // `requirements.md` is made with the specification, in a form of its own.
        return "checklists/\(slug.isEmpty || slug == "requirements" ? "general" : slug).md"
    }

    private func draft(for script: StageScript, old: [UInt8]?) -> StageDraft {
        let keeper = TickKeeper(old)
        let edit: @Sendable (String) -> String? =
            switch self.stage {
            case .constitution: { ConstitutionVersion.isLine($0) ? nil : $0 }
            case .tasks, .checklist: { keeper.line($0) }
            default: { $0 }
            }
        let title =
            switch self.stage {
            case .constitution: "\(self.repository.name) Constitution"
            case .plan: "Implementation Plan: \(self.input.title)"
            case .tasks: "Tasks: \(self.input.title)"
            default: "Checklist: \(self.input.title)"
            }
        return StageDraft(
            main: script.forms[0].name, title: title, noun: "the \(self.shortNoun)", others: script.files, edit: edit)
    }

    private var shortNoun: String {
        switch self.stage {
        case .tasks: "list of tasks"
        default: self.stage.rawValue
        }
    }

    private func tellOpenQuestions() async throws {
        guard self.stage == .plan, let bytes = self.input.bytes("spec.md") else { return }
        let count = SpecDocument(MarkdownDocument(bytes)).questions.count
        guard count > 0 else { return }
        try await self.report(
            .notice(
                "The specification still has \(count == 1 ? "an open question" : "\(count) open questions"), for which "
                    + "the plan assumes answers; `clarify` asks \(count == 1 ? "it" : "them") first."))
    }

    private func tellOthers(_ names: [String]) async throws {
        guard !names.isEmpty else { return }
        let list = names.map { "`\($0)`" }.joined(separator: ", ")
        try await self.report(.notice("In the same commit, below `\(self.files.folder)`: \(list)."))
    }

    private func subject(isNew: Bool) -> String {
        let name = self.files.name
        switch self.stage {
        case .constitution: return isNew ? "Adopt a constitution" : "Amend the constitution"
        case .plan: return isNew ? "Plan \(name)" : "Update the plan of \(name)"
        case .tasks: return isNew ? "List the tasks of \(name)" : "Update the tasks of \(name)"
        default:
            let topic = self.checklistName.dropFirst("checklists/".count).dropLast(".md".count)
            return isNew ? "Add the checklist \(topic) to \(name)" : "Update the checklist \(topic) of \(name)"
        }
    }

    /// The person's words, for the commit's message.
    var body: String { self.request.text.onOneLine.abridged(to: 500) }
}

extension StageRun {
    /// Checks documents, has them corrected, and reports what was corrected and what is still wrong.
    func mended(
        _ documents: [String: [UInt8]], forms: [(name: String, template: DocumentTemplate)], main: String?
    ) async throws -> [String: [UInt8]] {
        let check = StageCheck(self.files)
        var texts: [String: String] = [:]
        for form in forms {
            texts[self.input.path(form.name)] =
                form.template == .constitution ? "" : self.input.templates.text(form.template)
        }
        let repair = StageRepair(
            model: self.model, chosen: self.request.model, check: check, forms: texts, report: self.report)
        let result = try await repair.mended(documents)
        try await StageFindings(check, main: main).tell(result, self.report)
        return result.documents
    }

    func commit(_ documents: [String: [UInt8]], subject: String, body: String) async throws -> TurnEnding {
        // Stop counts until here; afterwards the commit exists.
        try Task.checkCancellation()
        let author = try await self.repository.author(self.request.sender, seconds: self.now())
        let change = DocumentChange(
            branch: self.files.branch, base: self.files.head,
            documents: try documents.sorted { $0.key < $1.key }.map { path, bytes in
                try Document(path: path, bytes: bytes)
            },
            subject: subject, body: body, author: author, turn: self.request.id)
        return try await DocumentCommitter.commit(change, in: self.repository, to: self.thread)
    }
}
