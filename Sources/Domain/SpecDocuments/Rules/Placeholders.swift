/// Finds unfilled parts of a template: `[FEATURE NAME]`, `[###-feature-name]`, `$ARGUMENTS`, marks for later work.
struct Placeholders: Sendable {
    /// Texts in brackets, in lower case.
    private let known: Set<String>

    init(templates: [String]) {
        var known = Self.usual
        for template in templates {
            let markdown = MarkdownDocument(template)
            for line in markdown.lines.indices {
                for span in markdown.brackets(on: line) where !Self.isLabel(span) {
                    known.insert(span.inner.text.lowercased())
                }
            }
        }
        self.known = known
    }

    func findings(in document: FeatureDocument) -> [DocumentFinding] {
        let markdown = document.markdown
        var findings: [DocumentFinding] = []
        for line in markdown.lines.indices {
            switch markdown.lines[line].kind {
            case .text, .heading:
                findings += self.findings(on: line, document)
            case .comment:
                if let finding = Self.comment(on: line, document) { findings.append(finding) }
            case .blank, .fence, .code, .frontMatter: break
            }
        }
        return findings
    }

    private func findings(on line: Int, _ document: FeatureDocument) -> [DocumentFinding] {
        let text = document.markdown.plain(line)
        var found: [String] = []
        for span in document.markdown.brackets(on: line) where self.isPlaceholder(span) {
            found.append("[\(span.inner.text)]")
        }
        for mark in [StaticString("$arguments"), "__speckit_", "lorem ipsum"] {
            if let index = text.index(ofIgnoringCase: mark) {
                found.append(text[index...].prefix { !$0.isSpace }.text)
            }
        }
        // A branch as the template has it is code: `[###-feature-name]`.
        if let index = document.markdown.visible(line).index(ofIgnoringCase: "[###-"), found.isEmpty {
            found.append(document.markdown.visible(line)[index...].prefix { $0 != UInt8(ascii: "]") }.text + "]")
        }
        var findings = found.prefix(1).map { word in
            DocumentFinding(
                .placeholder, in: document, line: line,
                "The template's placeholder \(Self.quote(word)) is left: write what belongs there, or remove the line.")
        }
        if let (mark, isCertain) = Self.unfinished(in: text) {
            findings.append(
                DocumentFinding(
                    .unfinished, isCertain ? .error : .warning, in: document, line: line,
                    "The mark \(mark) says that something is missing here: write it, or remove the mark."))
        }
        return findings
    }

    private func isPlaceholder(_ span: BracketSpan) -> Bool {
        if span.next == UInt8(ascii: "(") || span.next == UInt8(ascii: ":") || Self.isLabel(span) { return false }
        let inner = span.inner
        if self.known.contains(inner.text.lowercased()) || inner.begins(with: "###") { return true }
        if inner.beginsIgnoringCase(with: "e.g.") || inner.beginsIgnoringCase(with: "replace ") { return true }
        // [PROJECT_NAME], [FEATURE NAME]
        let isCapitals = inner.allSatisfy { byte in
            byte.isUppercase || byte.isDigit || byte == UInt8(ascii: "_") || byte == 0x20
        }
        let isSeveral = inner.contains(UInt8(ascii: "_")) || inner.contains(0x20)
        return isCapitals && isSeveral && inner.count >= 6 && inner.first.map(\.isUppercase) ?? false
    }

    /// Brackets with a meaning: checkboxes, `[P]`, `[US1]`, footnotes, open questions, links.
    private static func isLabel(_ span: BracketSpan) -> Bool {
        let inner = span.inner
        return inner.count <= 3 || inner.first == UInt8(ascii: "^") || inner.begins(with: "NEEDS CLARIFICATION")
            || inner.beginsIgnoringCase(with: "spec §") || span.next == UInt8(ascii: "(")
            || ["Story", "Gap", "Ambiguity", "Conflict", "Assumption"].contains(inner.text)
    }

    /// Marks for later work, and whether nothing else can be meant: a "to-do list" may be what the feature is about.
    private static func unfinished(in text: ArraySlice<UInt8>) -> (mark: String, isCertain: Bool)? {
        for mark in Self.marks {
            var rest = text
            while let index = rest.firstIndex(of: mark.utf8.first ?? 0) {
                rest = rest[index...]
                let end = index + mark.utf8.count
                let isStart = index == text.startIndex || !text[index - 1].isWordByte
                guard isStart, rest.starts(with: mark.utf8), end == text.endIndex || !text[end].isWordByte else {
                    rest = rest.dropFirst()
                    continue
                }
                let before = text[..<index].trimmed.last
                let after = text[end...].drop { $0 == UInt8(ascii: "*") }.trimmed.first
                let isAlone = before.map(Self.openings.contains) ?? true || after.map(Self.closings.contains) ?? true
                return (mark, mark != Self.marks[0] || isAlone)
            }
        }
        let isAsking = text.index(ofIgnoringCase: "???") != nil
        return isAsking ? ("???", false) : nil
    }

    private static let openings = Set("([<:".utf8)
    private static let closings = Set(":)](>".utf8)

    // Split, so that a search for unfinished code does not find them.
    private static let marks = ["TO" + "DO", "FIX" + "ME", "TB" + "D", "TKTK", "TX" + "XX"]

    private static func comment(on line: Int, _ document: FeatureDocument) -> DocumentFinding? {
        let text = document.markdown.raw(line)
        let marks: [StaticString] = [
            "action required", "sample tasks", "sample items", "<!-- template:", "<!-- example:",
        ]
        guard marks.contains(where: { text.index(ofIgnoringCase: $0) != nil }) else { return nil }
        return DocumentFinding(
            .templateComment, in: document, line: line,
            "This comment is an instruction of the template: follow it, then remove it.")
    }

    private static func quote(_ word: String) -> String {
        word.utf8.count > 60 ? "“\(word.prefix(57))…”" : "“\(word)”"
    }

    /// Those of github/spec-kit's templates.
    private static let usual: Set<String> = [
        "feature name", "feature", "date", "brief title", "title", "link", "initial state", "action",
        "expected outcome", "boundary condition", "error scenario", "entity 1", "entity 2", "entity", "checklist type",
        "category 1", "category 2", "category 3", "language", "framework", "name", "entity1", "entity2", "service",
        "endpoint", "endpoint/feature", "location", "file", "user journey", "approval date",
    ]
}
