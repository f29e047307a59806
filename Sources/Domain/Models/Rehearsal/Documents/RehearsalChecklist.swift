/// A rehearsed checklist about the text of the requirements.
struct RehearsalChecklist {
    private let feature: RehearsedFeature
    private let topic: String
    private let date: String

    init(_ material: RehearsalMaterial) {
        self.feature = material.specification
        self.date = material.date
        let words = material.wish.split(separator: " ").map { $0.prefix(1).uppercased() + $0.dropFirst() }
        self.topic = words.isEmpty ? "General" : String(words.joined(separator: " ").prefix(60))
    }

    var text: String {
        var number = 0
        let item = { (text: String) -> String in
            number += 1
            return "- [ ] CHK\(number < 10 ? "00" : "0")\(number) \(text)"
        }
        var lines = [
            "# \(self.topic) Checklist: \(self.feature.title)", "",
            "**Purpose**: Whether the requirements say enough about “\(self.topic)”", "**Created**: \(self.date)",
            "**Feature**: [spec.md](../spec.md)", "", "## Completeness", "",
        ]
        for requirement in self.feature.requirements.prefix(6) {
            lines.append(item("Does \(requirement.id) say who may do it and what they see afterwards?"))
        }
        lines.append(item("Is it said what happens when something fails half-way?"))
        lines += ["", "## Clarity", ""]
        for story in self.feature.stories.prefix(4) {
            lines.append(item("Can two readers of User Story \(story.number) mean different things by it?"))
        }
        lines.append(item("Does every adjective have a figure?"))
        lines += [
            "", "## Notes", "", "- Tick an item when the requirements answer it well. It says nothing about the code.",
        ]
        return lines.joined(separator: "\n") + "\n"
    }
}
