/// Rules across documents: ids exist, and stories and requirements have tasks.
enum CoverageRules {
    static func findings(in feature: FeatureDocuments) -> [DocumentFinding] {
        guard let spec = feature.spec else { return [] }
        var findings = self.unknown(in: feature, spec)
        if let tasks = feature.tasks, let document = feature.first(.tasks), !tasks.tasks.isEmpty {
            findings += self.stories(spec, tasks, document)
            findings += self.requirements(spec, tasks, feature, document)
        }
        return findings
    }

    // MARK: Ids

    /// The most of a feature's documents that are looked up. Ranges make 200 of a few bytes.
    private static let mostIDs = 100_000

    private static func unknown(in feature: FeatureDocuments, _ spec: SpecDocument) -> [DocumentFinding] {
        let known = Set((spec.requirements + spec.criteria).map(\.id.description))
        // Without any definition, the missing ones are the finding.
        guard !known.isEmpty else { return [] }
        let prefixes = Set((spec.requirements + spec.criteria).map(\.id.prefix))
        // Computed once: 39 documents can have two million lines that need it.
        let own = Array(feature.folder.utf8.split(separator: UInt8(ascii: "/")).last ?? "".utf8[...])
        var findings: [DocumentFinding] = []
        var room = Self.mostIDs
        for document in feature.documents {
            // One more than are kept shows that there are more.
            var left = FindingLimit.count + 1
            for line in document.markdown.lines.indices where left > 0 && room > 0 {
                guard document.markdown.lines[line].kind == .text else { continue }
                let text = document.markdown.visible(line)
                guard text.contains(UInt8(ascii: "-")), !Self.isAboutAnother(text, than: own) else { continue }
                let ids = RequirementID.all(in: text, prefixes: prefixes)
                room -= ids.count
                guard let id = ids.first(where: { !known.contains($0.description) }) else { continue }
                left -= 1
                findings.append(
                    DocumentFinding(
                        .idUnknown, in: document, line: line,
                        "\(id) is not defined in spec.md: define it there, or correct the id."))
            }
        }
        return findings
    }

    /// Whether a line names another feature's folder, such as `002-login`, whose ids it may mean.
    private static func isAboutAnother(_ text: ArraySlice<UInt8>, than own: [UInt8]) -> Bool {
        var index = text.startIndex
        while index < text.endIndex {
            let isStart =
                index == text.startIndex || !(text[index - 1].isWordByte || text[index - 1] == UInt8(ascii: "-"))
            if isStart, let number = text[index...].leadingNumber(), number.digits == 3 {
                let rest = number.rest
                let isName = rest.first == UInt8(ascii: "-") && rest.dropFirst().first?.isLowercase ?? false
                if isName, !text[index...].starts(with: own) { return true }
            }
            index += 1
        }
        return text.index(ofWord: "feature 0") != nil
    }

    // MARK: Tasks

    private static func stories(
        _ spec: SpecDocument, _ tasks: TaskDocument, _ document: FeatureDocument
    ) -> [DocumentFinding] {
        let known = Set(spec.stories.map(\.number))
        var findings: [DocumentFinding] = []
        for task in tasks.tasks {
            for story in task.stories where !known.contains(story) && !known.isEmpty {
                findings.append(
                    DocumentFinding(
                        .taskStory, in: document, line: task.line,
                        "\(task.id) names US\(story), which spec.md does not have: correct the number."))
            }
        }
        let named = Set(tasks.tasks.flatMap(\.stories))
        let phases = Set(
            tasks.tasks.flatMap { task -> [Int] in
                guard case .stories(let numbers) = tasks.phase(of: task)?.kind else { return [] }
                return numbers
            })
        var seen: Set<Int> = []
        for story in spec.stories where !named.contains(story.number) && !phases.contains(story.number) {
            guard seen.insert(story.number).inserted else { continue }
            findings.append(
                DocumentFinding(
                    .storyTasks, in: document,
                    "User Story \(story.number) has no task, so it is never built: add a phase for it, with tasks "
                        + "marked [US\(story.number)]."))
        }
        return findings
    }

    private static func requirements(
        _ spec: SpecDocument, _ tasks: TaskDocument, _ feature: FeatureDocuments, _ document: FeatureDocument
    ) -> [DocumentFinding] {
        guard !spec.requirements.isEmpty else { return [] }
        let covered = self.covered(by: tasks, prefixes: spec.prefixes)
        guard spec.requirements.contains(where: { covered.contains($0.id.description) }) else {
            return [
                DocumentFinding(
                    .coverage, in: document,
                    "No task names a requirement, so nobody can check that all \(spec.requirements.count) are "
                        + "built: name them in the tasks, as in `(FR-001)`.")
            ]
        }
        var seen: Set<RequirementID> = []
        return spec.requirements.compactMap { requirement in
            guard !covered.contains(requirement.id.description), seen.insert(requirement.id).inserted else {
                return nil
            }
            return DocumentFinding(
                .coverage, in: document,
                "\(requirement.id) (line \(requirement.line + 1) of spec.md) has no task, so it is never built: "
                    + "name it in the task that builds it, or add one.")
        }
    }

    /// The ids in tasks, in the texts of phases, and on lines that also name a task.
    private static func covered(by tasks: TaskDocument, prefixes: Set<String>) -> Set<String> {
        let markdown = tasks.markdown
        var covered: Set<String> = []
        for line in markdown.lines.indices where markdown.lines[line].kind == .text {
            let text = markdown.visible(line)
            guard text.contains(UInt8(ascii: "-")) else { continue }
            let ids = RequirementID.all(in: text, prefixes: prefixes)
            guard !ids.isEmpty else { continue }
            let isPhase = tasks.phase(at: line) != nil
            if isPhase || !TaskID.all(in: text).isEmpty { covered.formUnion(ids.map(\.description)) }
        }
        return covered
    }
}
