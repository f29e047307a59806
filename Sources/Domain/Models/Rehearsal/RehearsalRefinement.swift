/// A rehearsed change of a document: the section where the request belongs, with one entry more.
struct RehearsalRefinement {
    private let document: RehearsalMaterial.Document?
    private let wish: String
    private let slug: String

    init(_ material: RehearsalMaterial) {
        self.document = material.documents.last { $0.note == "to be changed" } ?? material.documents.last
        self.wish = material.wish
        self.slug = material.specification.slug
    }

    var text: String {
        guard let document = self.document else { return "" }
        let lines = RehearsalLines(document.text)
        var entry = "\n- \(self.wish)"
        var section: [Substring]?
        switch document.path.split(separator: "/").last ?? "" {
        case "spec.md":
            section = lines.section("Functional Requirements")
            entry = "- **\(self.next("FR-", in: document.text))**: System MUST satisfy: “\(self.wish)”."
        case "tasks.md":
            section = lines.section(": Polish") ?? lines.section("Phase ")
            let id = self.next("T", in: document.text)
            entry = "- [ ] \(id) Do what was asked for, “\(self.wish)”, in docs/\(self.slug).md"
        case "plan.md":
            section = lines.section("Summary")
            entry = "\nAlso asked for: “\(self.wish)”."
        default: break
        }
        if section == nil {
            section = lines.headings(2).first.flatMap { lines.section(String(lines.text($0))) }
            entry = "\n- \(self.wish)"
        }
        return (section ?? ["## Notes"]).joined(separator: "\n") + "\n\(entry)\n"
    }

    /// The id after the highest one with these letters. One with more than nine digits does not count.
    private func next(_ prefix: String, in text: String) -> String {
        let ids = text.split { !$0.isLetter && !$0.isNumber && $0 != "-" }.filter { $0.hasPrefix(prefix) }
        let numbers = ids.map { $0.dropFirst(prefix.count) }.filter { $0.utf8.count <= 9 }.compactMap { Int($0) }
        return prefix + RehearsalPage.padded((numbers.max() ?? 0) + 1)
    }
}
