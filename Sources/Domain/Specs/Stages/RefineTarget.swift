/// Selects the document that a text asks to change: the one it names, else the last one that stages wrote.
struct RefineTarget {
    /// Below the feature's folder; nil if the document does not exist.
    let name: String?
    /// What the text names but the feature lacks, in words.
    let wanted: String?
    /// The ids of tasks and items in the text.
    let ids: [String]

    /// - Parameter names: The feature's documents, below its folder.
    init(_ text: String, names: [String]) {
        let words = text.lowercased().split {
            !($0.isLetter || $0.isNumber || $0 == "-" || $0 == "." || $0 == "/" || $0 == "_")
        }
        .map { word in String(word.drop { $0 == "." }.reversed().drop { $0 == "." }.reversed()) }
        self.ids = TaskID.all(in: Array(text.utf8)[...])
        let file = words.lazy.compactMap { word in names.first { Self.isNamed($0, by: word) } }.first
        if let file {
            self.name = file
            self.wanted = nil
            return
        }
        for (kind, names_) in Self.words where words.contains(where: names_.contains) {
            let found = names.first { $0 == kind || (kind.hasSuffix("/") && $0.hasPrefix(kind)) }
            self.name = found
            self.wanted = found == nil ? Self.noun(of: kind) : nil
            return
        }
        if !self.ids.isEmpty, names.contains("tasks.md") {
            self.name = "tasks.md"
        } else if text.contains("FR-") || text.contains("SC-"), names.contains("spec.md") {
            self.name = "spec.md"
        } else {
            self.name = ["tasks.md", "plan.md", "spec.md"].first { names.contains($0) }
        }
        self.wanted = nil
    }

    /// "plan", "list of tasks"
    static func noun(of name: String) -> String {
        switch name {
        case "spec.md": "specification"
        case "plan.md": "plan"
        case "tasks.md": "tasks"
        case "research.md": "research"
        case "data-model.md": "data model"
        case "quickstart.md": "quickstart"
        case _ where name.hasPrefix("checklists/"):
            name == "checklists/" ? "checklist" : "checklist \(name.dropFirst("checklists/".count).dropLast(3))"
        case _ where name.hasPrefix("contracts/"):
            name == "contracts/" ? "contract" : "contract \(name.dropFirst("contracts/".count).dropLast(3))"
        default: name
        }
    }

    /// `plan.md`, `checklists/security.md`, `security.md`
    private static func isNamed(_ name: String, by word: String) -> Bool {
        guard word.hasSuffix(".md") else { return false }
        return name == word || name.hasSuffix("/" + word) || word.hasSuffix("/" + name)
    }

    private static let words: [(String, Set<String>)] = [
        ("research.md", ["research"]),
        ("data-model.md", ["data-model", "datamodel"]),
        ("quickstart.md", ["quickstart", "quick-start"]),
        ("checklists/", ["checklist", "checklists"]),
        ("contracts/", ["contract", "contracts"]),
        ("spec.md", ["spec", "specification", "story", "stories", "requirement", "requirements"]),
        ("plan.md", ["plan"]),
        ("tasks.md", ["task", "tasks"]),
    ]
}
