internal import JSON

/// The rehearsal's documents: for each stage of the specification flow one that follows from the prompt's specification
/// and needs no correction.
struct RehearsalDocument {
    private let purpose: String
    private let material: RehearsalMaterial
    private let feature: RehearsedFeature

    /// Nil where no line `Purpose: …` of the prompt names a document.
    init?(_ messages: [ModelMessage]) {
        guard let purpose = RehearsalMaterial.purpose(of: messages), Self.purposes.contains(purpose) else { return nil }
        self.purpose = purpose
        self.material = RehearsalMaterial(messages)
        self.feature = self.material.specification
    }

    var script: RehearsalScript { RehearsalScript(text: self.text) }

    private static let purposes: Set<String> = [
        "constitution", "plan", "tasks", "checklist", "analyze", "refine", "correction", "clarification questions",
        "apply an answer", "review",
    ]

    private var text: String {
        switch self.purpose {
        case "constitution": self.constitution
        case "plan": self.page("plan.md", self.plan)
        case "tasks": self.page("tasks.md", self.tasks) + "\n"
        case "checklist": self.page("checklist.md", self.checklist) + "\n"
        case "analyze": self.page("analysis.md", self.analysis) + "\n"
        case "refine": RehearsalRefinement(self.material).text
        case "clarification questions": RehearsalQuestions(self.material).text
        case "apply an answer": RehearsalQuestions(self.material).change
        // It cannot judge a change.
        case "review": #"{"findings": []}"#
        // It makes no mistakes that it could correct.
        default: self.material.documents.last?.text ?? ""
        }
    }

    private func page(_ file: String, _ values: [String: JSON]) -> String {
        let common: [String: JSON] = [
            "title": JSON(self.feature.title), "feature": JSON(self.feature.name), "slug": JSON(self.feature.slug),
            "date": JSON(self.material.date),
        ]
        let all = common.merging(values) { _, value in value }
        return RehearsalPage.fill(RehearsalPage.text(file), JSON(JSONObject(dictionary: all)))
    }

    // MARK: Values

    private var plan: [String: JSON] {
        let rules = RehearsalLines(self.material.document("constitution.md") ?? "")
        let principles = rules.headings(3).prefix(7).map { rules.text($0).split(separator: " ").joined(separator: " ") }
        let entities = self.feature.entities.isEmpty ? ["Entry"] : self.feature.entities
        return [
            "wish": JSON(self.material.wish), "principles": JSON(principles.map { JSON($0) }),
            "entities": JSON(entities.map { JSON($0) }),
        ]
    }

    /// Few tasks and small ones, the first of them plain files that a script can write. A story has two.
    private var tasks: [String: JSON] {
        let task = { (number: Int) in "T" + RehearsalPage.padded(number) }
        let stories = self.feature.stories.enumerated().map { index, story -> JSON in
            [
                "phase": JSON(index + 3), "number": JSON(story.number), "title": JSON(story.title),
                "priority": JSON(story.priority), "test": JSON(task(4 + 2 * index)),
                "build": JSON(task(5 + 2 * index)),
                "met": JSON(self.feature.requirements(of: index).joined(separator: ", ")),
            ]
        }
        let built = stories.isEmpty ? ["T004"] : stories.indices.map { task(5 + 2 * $0) }
        return [
            "stories": JSON(stories), "phase": JSON(3 + max(1, stories.count)),
            "met": JSON(self.feature.requirements.map(\.id).joined(separator: ", ")),
            "built": JSON(built.joined(separator: ", ")),
            "last": JSON(task(stories.isEmpty ? 5 : 4 + 2 * stories.count)),
        ]
    }

    private var checklist: [String: JSON] {
        let topic = self.material.wish.split(separator: " ").map(\.rehearsedName).joined(separator: " ")
        return [
            "topic": JSON(topic.isEmpty ? "General" : String(topic.prefix(60))),
            "requirements": JSON(self.feature.requirements.prefix(6).map { JSON($0.id) }),
            "stories": JSON(self.feature.stories.prefix(4).map { JSON($0.number) }),
        ]
    }

    private var analysis: [String: JSON] {
        let vague = self.feature.requirements.first { !$0.text.contains(where: \.isNumber) }
        return ["vague": JSON(vague?.id ?? ""), "hasPlan": JSON(self.material.document("plan.md") != nil)]
    }

    // MARK: The constitution

    /// The request's sentences as principles, or the usual ones; an old constitution gets them in addition.
    private var constitution: String {
        let wanted = self.material.wish.split { ".!?;".contains($0) }.map(\.rehearsedLine).filter { !$0.isEmpty }
            .prefix(7).map { sentence in
                let name = sentence.split(separator: " ").prefix(4).map(\.rehearsedName).joined(separator: " ")
                return (String(name.prefix(60)), "It MUST hold: \(sentence).")
            }
        if let old = self.material.document("constitution.md"), !wanted.isEmpty {
            let lines = RehearsalLines(old)
            let start = lines.headings(2).first { lines.lines[$0].lowercased().contains("principles") }
            if let section = start.map({ lines.section(at: $0) }) {
                let head = lines.lines[..<section.upperBound].reversed().drop { $0.allSatisfy(\.isWhitespace) }
                let new = Self.principles(wanted, after: section.filter { lines.level($0) == 3 }.count)
                return (head.reversed() + ["", new[...], ""] + lines.lines[section.upperBound...])
                    .joined(separator: "\n")
            }
        }
        let usual = RehearsalPage.section("usual", of: "constitution.md").split(separator: "\n").map { line in
            let parts = line.split(separator: ": ", maxSplits: 1)
            return (String(parts[0]), String(parts[1]))
        }
        return RehearsalPage.section(
            "document", of: "constitution.md",
            [
                "date": JSON(self.material.date),
                "principles": JSON(Self.principles(wanted.isEmpty ? usual : wanted, after: 0)),
            ])
    }

    private static func principles(_ principles: [(name: String, rule: String)], after count: Int) -> String {
        let numerals = "I II III IV V VI VII VIII IX X XI XII XIII XIV".split(separator: " ").map(String.init)
        return principles.enumerated().map { index, principle in
            let number = count + index
            return RehearsalPage.section(
                "principle", of: "constitution.md",
                [
                    "numeral": JSON(number < numerals.count ? numerals[number] : String(number + 1)),
                    "name": JSON(principle.name), "rule": JSON(principle.rule),
                ])
        }.joined(separator: "\n\n")
    }
}
