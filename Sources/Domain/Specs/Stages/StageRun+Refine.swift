internal import Chat
internal import Models
internal import Repositories
internal import SpecDocuments

/// Changing a document as a text asks for.
extension StageRun {
    func refine() async throws -> TurnEnding {
        let target = RefineTarget(self.request.text, names: self.input.names)
        guard let name = target.name, let old = self.input.bytes(name) else {
            throw TurnFailure(
                "`\(self.files.name)` has no \(target.wanted ?? "document") that could be changed: `spec` shows what "
                    + "there is, `specify TEXT` begins a feature.")
        }
        let path = self.input.path(name)
        try await self.report(.thinking("Changing \(path) in \(self.repository.name)."))
        var draft = RefineDraft()
        let ending = try await self.model.stream(
            self.messages(name, old), by: self.request.model,
            for: StageModel.Wish(noun: "a changed section", advice: "say more about the change"), into: &draft,
            self.report)
        if let broken = ending.withoutCommit { return broken }
        guard let answer = SectionAnswer(draft.text), let changed = answer.applied(to: old) else {
            throw TurnFailure(
                "The model's answer fits no section of \(path), so nothing was changed; say which part changes, or "
                    + "choose another model with `model`.")
        }
        guard changed.count <= StageLimits.document else {
            return .cut("\(path) would exceed 100 KB (move parts to other documents); nothing was committed")
        }
        // A text that names an entry may also be about its box.
        let kept = target.ids.isEmpty ? TickKeeper(old, clears: false).applied(to: changed) : changed
        let mended = try await self.mended([path: kept], forms: self.form(of: name), main: path)
        let noun = RefineTarget.noun(of: name)
        return try await self.commit(
            mended, subject: "Refine the \(noun) of \(self.files.name)", body: self.body)
    }

    private func form(of name: String) -> [(name: String, template: DocumentTemplate)] {
        let template: DocumentTemplate? =
            switch DocumentKind(path: self.input.path(name)) {
            case .spec: .spec
            case .plan: .plan
            case .tasks: .tasks
            case .research: .research
            case .dataModel: .dataModel
            case .quickstart: .quickstart
            case .checklist: .checklist
            default: nil
            }
        return template.map { [(name, $0)] } ?? []
    }

    private func messages(_ name: String, _ old: [UInt8]) -> [ModelMessage] {
        let instructions = """
            You change a document of a feature in the form of spec-kit.
            Purpose: refine
            Feature: \(self.files.name). Branch: \(self.files.branch). Date: \(self.input.today).

            Answer with the sections of \(name) that change, each whole, with its heading as it is and everything below \
            it, also what stays as it is; and nothing else: no other sections, no preface, no fence around it, no closing \
            words.

            Rules:
            - The smallest sections that contain the change. A new section comes with its own heading. To remove or add a \
            subsection, write the section that contains it.
            - Keep ids, boxes and everything that the request does not change, word for word. New ids are the next free \
            numbers. Write in the language of the document; headings of the form and labels stay in English.
            - \(StageMaterial.rule) The request between <request> and </request> says what to change in the document.
            """
        var material = StageMaterial()
        material.add(conversation: self.request.history)
        material.add(document: StageInput.constitutionPath, self.files.files[StageInput.constitutionPath])
        for other in self.input.names where other != name && ["spec.md", "plan.md", "tasks.md"].contains(other) {
            material.add(document: self.input.path(other), self.input.bytes(other))
        }
        material.add(document: self.input.path(name), old, note: "to be changed")
        material.add(request: self.request.text)
        material.add("Change \(name) as the request says.")
        return [ModelMessage(.system, instructions), ModelMessage(.user, material.text)]
    }
}
