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
        switch document.path.split(separator: "/").last ?? "" {
        case "spec.md":
            if let section = lines.section("Functional Requirements") {
                return self.extended(
                    section, "- **\(self.next("FR-", in: document.text))**: System MUST satisfy: “\(self.wish)”.")
            }
        case "tasks.md":
            if let section = lines.section(": Polish") ?? lines.section("Phase ") {
                let id = self.next("T", in: document.text)
                return self.extended(
                    section, "- [ ] \(id) Do what was asked for, “\(self.wish)”, in docs/\(self.slug).md")
            }
        case "plan.md":
            if let section = lines.section("Summary") {
                return self.extended(section, "\nAlso asked for: “\(self.wish)”.")
            }
        default: break
        }
        guard let heading = lines.lines.indices.first(where: { lines.level($0) == 2 }),
            let section = lines.section(String(lines.lines[heading].drop { $0 == "#" || $0 == " " }))
        else { return "## Notes\n\n- \(self.wish)\n" }
        return self.extended(section, "\n- \(self.wish)")
    }

    private func extended(_ section: [Substring], _ line: String) -> String {
        (section.map(String.init) + [line]).joined(separator: "\n") + "\n"
    }

    /// The id after the highest one with these letters.
    private func next(_ prefix: String, in text: String) -> String {
        var highest = 0
        for part in text.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "-" })
        where part.hasPrefix(prefix) {
            highest = max(highest, Int(part.dropFirst(prefix.count)) ?? 0)
        }
        let digits = String(highest + 1)
        return prefix + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    }
}
