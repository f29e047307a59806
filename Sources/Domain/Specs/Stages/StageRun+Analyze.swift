internal import Chat
internal import Models
internal import Primitives
internal import Repositories
internal import SpecDocuments

/// What is wrong with a feature's documents, by code and by a model: one table, nothing is committed.
extension StageRun {
    func analyze() async throws -> TurnEnding {
        guard self.input.bytes("spec.md") != nil else {
            throw TurnFailure("`\(self.files.name)` has no specification yet: write one with `specify TEXT`.")
        }
        let check = StageCheck(self.files)
        let feature = check.feature(with: [:])
        var rows = check.all.map { finding in
            AnalysisRow(
                severity: finding.severity == .error ? .high : .low,
                place: Self.place(finding, in: self.files.folder), text: finding.message, rule: finding.rule.id)
        }
        let count = feature.documents.count
        try await self.report(
            .thinking("Checked \(count.counted("document")) by code: \(Self.count(rows.count)).")
        )
        try await self.report(.thinking("Reading the documents against each other."))
        var reading: String?
        do {
            rows += try await self.reading(besides: rows, named: self.input.names)
        } catch let error as TurnFailure {
            // What code found is worth showing.
            reading = error.message
        }
        try await self.report(.text(AnalysisTable(feature, rows: rows, name: self.files.name).text))
        if let reading { try await self.report(.notice("Only code has checked: \(reading.onOneLine)")) }
        for name in self.files.tooLarge where name.hasPrefix(self.files.folder + "/") {
            try await self.report(.notice("`\(name)` is larger than 100 KB and was not read."))
        }
        if self.files.refused > 0 {
            try await self.report(
                .notice(
                    "\(self.files.refused.counted("document")) not read: give them shorter names, without control "
                        + "characters and backslashes."))
        }
        if let next = self.next { try await self.report(.notice(next)) }
        return .complete
    }

    /// The stage that is missing.
    private var next: String? {
        if self.input.bytes("plan.md") == nil { return "There is no plan yet: `plan` writes it." }
        if self.input.bytes("tasks.md") == nil { return "There are no tasks yet: `tasks` lists them." }
        return nil
    }

    private func reading(besides rows: [AnalysisRow], named names: [String]) async throws -> [AnalysisRow] {
        let instructions = """
            You review the documents of a feature in the form of spec-kit against each other and against the constitution.
            Purpose: analyze
            Feature: \(self.files.name). Date: \(self.input.today).

            Answer with one Markdown table and nothing else: | Severity | Where | Finding |. A row for each finding, at most \
            30, the gravest first. Severity is critical (breaks the constitution, or leaves the main use without work), \
            high, medium or low. Where is a file and an id, such as spec.md FR-003. A finding says what is wrong and what to \
            do, in one or two sentences, in the language of the specification. Without a finding, only the table's head.

            Look for what code cannot find: contradictions, ambiguity without a figure, duplicates, requirements that tasks \
            only seem to meet, terms that drift, principles that the plan breaks, tasks that nothing asks for.

            \(StageMaterial.rule)
            """
        var material = StageMaterial()
        material.add(document: StageInput.constitutionPath, self.files.files[StageInput.constitutionPath])
        for name in names where name != "input.md" {
            material.add(document: self.input.path(name), self.input.bytes(name))
        }
        if !rows.isEmpty {
            let known = rows.prefix(20).map { "- \($0.place): \($0.text)" }.joined(separator: "\n")
            material.add("Code has found this already; do not repeat it:\n\(known)")
        }
        material.add(request: self.request.text)
        var draft = SilentDraft()
        let ending = try await self.model.stream(
            [ModelMessage(.system, instructions), ModelMessage(.user, material.text)], by: self.request.model,
            for: StageModel.Wish(noun: "a table", advice: "try again"), into: &draft
        ) { event in
            if case .text = event { return }
            try await self.report(event)
        }
        switch ending {
        case .cut(let reason), .filtered(let reason):
            let rows = AnalysisRow.rows(in: draft.text)
            if rows.isEmpty { throw TurnFailure(reason) }
            return rows
        case .complete, .asked: return AnalysisRow.rows(in: draft.text)
        }
    }

    private static func place(_ finding: DocumentFinding, in folder: String) -> String {
        let place = finding.place
        return place.hasPrefix(folder + "/") ? String(place.dropFirst(folder.count + 1)) : place
    }

    private static func count(_ findings: Int) -> String {
        findings == 0 ? "no findings" : findings.counted("finding")
    }
}
