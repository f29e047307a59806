internal import SpecDocuments

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
        if let file = Self.file(of: words, in: names) {
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

    /// The document that the first word names that names one: `plan.md`, `checklists/security.md`, `security.md`.
    ///
    /// Compares bytes, and each word only with names that share its last part: a text has thousands of words, and a
    /// feature hundreds of documents.
    private static func file(of words: [String], in names: [String]) -> String? {
        let files = Dictionary(grouping: names) { Self.lastPart(of: $0) }
        for word in words where word.utf8.suffix(3).elementsEqual(".md".utf8) {
            let found = files[Self.lastPart(of: word)]?.first { name in
                let (short, long) = name.utf8.count < word.utf8.count ? (name.utf8, word.utf8) : (word.utf8, name.utf8)
                let rest = long.dropLast(short.count)
                return (rest.last ?? UInt8(ascii: "/")) == UInt8(ascii: "/")
                    && long.suffix(short.count).elementsEqual(short)
            }
            if let found { return found }
        }
        return nil
    }

    private static func lastPart(of path: String) -> [UInt8] {
        Array(path.utf8.reversed().prefix { $0 != UInt8(ascii: "/") })
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
