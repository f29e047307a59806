/// The documents that an answer may have beside the main one: those of a plan.
struct StageFiles: Sendable {
    /// The names that always mean the same document.
    private static let fixed = ["plan.md", "research.md", "data-model.md", "quickstart.md"]
    private static let marks = Set(" \t=<>-#*`:[]|")

    /// The name in a line such as `=== research.md ===`, below the feature's folder; nil for other lines.
    ///
    /// - Parameter isInCode: In code, a line of the text may look similar, so only three equals signs count.
    func separated(by line: String, isInCode: Bool) -> String? {
        let text = line.drop { $0 == " " || $0 == "\t" }
        guard let first = text.first else { return nil }
        let run = text.prefix { $0 == first }.count
        guard first == "=" ? run >= 3 : !isInCode && (first == "#" || ("-<".contains(first) && run >= 2)) else {
            return nil
        }
        var inner = text.drop { Self.marks.contains($0) }
        while let last = inner.last, Self.marks.contains(last) { inner.removeLast() }
        for word in ["file", "path"] where inner.lowercased().hasPrefix(word) {
            let rest = inner.dropFirst(word.count).drop { Self.marks.contains($0) }
            if rest.count + word.count < inner.count { inner = rest }
        }
        return Self.name(String(inner))
    }

    /// The document that a title such as `# Research: Login` begins.
    func named(by heading: some StringProtocol) -> String? {
        let title = heading.drop { $0 == "#" || $0 == " " }.lowercased()
        for (start, name) in [
            ("implementation plan", "plan.md"), ("research", "research.md"), ("data model", "data-model.md"),
            ("quickstart", "quickstart.md"), ("quick start", "quickstart.md"),
        ] where title.hasPrefix(start) {
            return name
        }
        guard title.hasPrefix("contract") else { return nil }
        let topic = title.dropFirst("contract".count).drop { $0 == "s" || $0 == ":" || $0 == " " }
        let slug = StageName.slug(String(topic), words: 4)
        return "contracts/\(slug.isEmpty ? "interface" : slug).md"
    }

    /// `contracts/http-api.md` → `Contract: Http Api`.
    static func title(of name: String) -> String {
        let file = name.split(separator: "/").last.map(String.init) ?? name
        let stem = file.hasSuffix(".md") ? String(file.dropLast(3)) : file
        let words = stem.split { $0 == "-" || $0 == "_" || $0 == "." }
            .map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: " ")
        return name.hasPrefix("contracts/") ? "Contract: \(words)" : words
    }

    /// The plain form of a name that is allowed; nil for others, such as those that lead to other folders.
    private static func name(_ text: String) -> String? {
        var parts = text.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.first == "." { parts.removeFirst() }
        if parts.count > 2, parts[0] == "specs" { parts.removeFirst(2) }
        if parts.count == 1 { return Self.fixed.first { $0 == parts[0] } }
        guard parts.count == 2, parts[0] == "contracts" else { return nil }
        let file = String(
            parts[1].map { character in
                let isPlain =
                    character.isASCII && (character.isLetter || character.isNumber || "-_.".contains(character))
                return isPlain ? character : "-"
            })
        guard file.contains("."), file.first != ".", !file.contains(".."), file.utf8.count <= 80 else { return nil }
        return "contracts/\(file.hasSuffix(".md") ? file : file + ".md")"
    }
}

/// File names made from people's words.
enum StageName {
    /// Lower-case ASCII words joined by dashes: `Security & privacy` → `security-privacy`. Empty where no word is left.
    static func slug(_ text: String, words limit: Int) -> String {
        let skipped: Set<String> = ["a", "an", "and", "the", "of", "for", "to", "on", "in", "checklist", "about", "md"]
        let words = text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.map(String.init)
        return words.filter { !skipped.contains($0) }.prefix(limit).map { $0.prefix(24) }.joined(separator: "-")
    }
}
