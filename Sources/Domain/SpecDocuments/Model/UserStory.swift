/// `### User Story 1 - Title (Priority: P1)` and what is below it.
package struct UserStory: Sendable, Hashable {
    package let number: Int
    package let title: String
    /// `P1`; nil if the story has none.
    package let priority: String?
    /// How the story is tested alone; nil without such a line, empty where nothing follows.
    package let independentTest: String?
    package let scenarios: [AcceptanceScenario]
    /// The heading's line, from 0, and the line after the story.
    package let line: Int
    package let end: Int
    /// The heading's text.
    package let heading: String

    /// `US1`, as tasks refer to it.
    package var label: String { "US\(self.number)" }
}

extension UserStory {
    /// The most of a document.
    static let limit = 200

    /// The first ``limit`` stories.
    static func all(in document: MarkdownDocument) -> [UserStory] {
        var stories: [UserStory] = []
        for (index, section) in document.sections.enumerated() {
            guard section.level > 1, section.key.utf8.starts(with: "user story".utf8) else { continue }
            let title = Array(section.title.utf8)[...]
            guard let start = title.index(ofIgnoringCase: "story") else { continue }
            guard let number = title[(start + 5)...].trimmed.leadingNumber() else { continue }
            let inner = document.sections[(index + 1)...].prefix { $0.line < section.end }
            stories.append(
                UserStory(number.value, rest: number.rest, section: section, inner: inner, in: document))
            if stories.count == Self.limit { break }
        }
        return stories
    }

    /// - Parameter inner: The sections within this one.
    private init(
        _ number: Int, rest: ArraySlice<UInt8>, section: DocumentSection, inner: ArraySlice<DocumentSection>,
        in document: MarkdownDocument
    ) {
        let fields = document.fields(in: section.lines)
        self.number = number
        self.heading = section.title
        self.line = section.line
        self.end = section.end
        let priority = fields.first { $0.key == "priority" }.flatMap { Self.priority(Array($0.value.utf8)[...]) }
        self.priority = Self.priority(rest) ?? priority
        self.title = Self.title(rest)
        self.independentTest = fields.first { $0.key.utf8.starts(with: "independent test".utf8) }.map { field in
            field.value.isEmpty ? document.paragraph(after: field.line, to: section.end) : field.value
        }
        self.scenarios = Self.scenarios(in: section, inner: inner, fields: fields, document)
    }

    /// `P` and digits as a word.
    private static func priority(_ text: ArraySlice<UInt8>) -> String? {
        var index = text.startIndex
        while index < text.endIndex {
            let isStart = index == text.startIndex || !text[index - 1].isWordByte
            if isStart, text[index].lowercased == UInt8(ascii: "p"), let number = text[(index + 1)...].leadingNumber(),
                !(number.rest.first?.isWordByte ?? false)
            {
                return "P\(number.value)"
            }
            index += 1
        }
        return nil
    }

    private static func title(_ rest: ArraySlice<UInt8>) -> String {
        var title = rest.trimmed
        for mark in [StaticString("-"), "–", "—", ":", "："] where title.begins(with: mark) {
            title = title.dropFirst(mark.utf8CodeUnitCount).trimmed
        }
        if let open = title.index(ofIgnoringCase: "(priority") { title = title[..<open].trimmed }
        return title.text
    }

    /// Items below **Acceptance Scenarios**, and items elsewhere that begin with `Given`.
    private static func scenarios(
        in section: DocumentSection, inner: ArraySlice<DocumentSection>, fields: [FieldLine],
        _ document: MarkdownDocument
    ) -> [AcceptanceScenario] {
        let isLabel = { (key: String) in
            key.utf8.starts(with: "acceptance scenario".utf8) || key.utf8.starts(with: "acceptance criteria".utf8)
        }
        let label = fields.first { isLabel($0.key) }?.line
        let below = inner.first { isLabel($0.key) }
        let start = label ?? below?.line
        // Another label or a subsection ends the list.
        let end = start.map { start in
            let field = fields.first { $0.line > start && ListItem(document.visible($0.line)) == nil }?.line
            let heading = inner.first { $0.line > start }?.line
            return min(field ?? section.end, heading ?? section.end)
        }
        return document.items(in: section.lines).compactMap { block in
            let isListed = start.map { $0 < block.line } ?? false && end.map { block.line < $0 } ?? false
            guard isListed || AcceptanceScenario.isOne(block.item.content) else { return nil }
            return AcceptanceScenario(text: block.text(in: document), line: block.line)
        }
    }
}

extension MarkdownDocument {
    /// The first lines of text after a label that stands alone.
    func paragraph(after line: Int, to end: Int) -> String {
        var words: [String] = []
        for next in (line + 1)..<max(line + 1, end) {
            guard self.lines[next].kind == .text, FieldLine(self.visible(next), line: next) == nil else {
                if words.isEmpty, self.lines[next].kind == .blank { continue }
                break
            }
            words.append(self.visible(next).trimmed.text)
        }
        return words.joined(separator: " ")
    }

    /// Whether ``paragraph(after:to:)`` has text: the first line that is not blank decides.
    func hasParagraph(after line: Int, to end: Int) -> Bool {
        let below = (line + 1)..<max(line + 1, end)
        guard let next = below.first(where: { self.lines[$0].kind != .blank }) else { return false }
        return self.lines[next].kind == .text && FieldLine(self.visible(next), line: next) == nil
    }
}

/// One acceptance scenario: **Given** a state, **When** an action, **Then** an outcome.
package struct AcceptanceScenario: Sendable, Hashable {
    /// On one line.
    package let text: String
    /// From 0.
    package let line: Int
    /// The parts that the scenario lacks, of `Given`, `When`, `Then`.
    package let missing: [String]

    init(text: String, line: Int) {
        self.text = text
        self.line = line
        self.missing = Self.missing(in: Array(text.utf8)[...])
    }

    /// In other languages the keywords differ, but they are bold: three in order make a scenario complete.
    private static func missing(in text: ArraySlice<UInt8>) -> [String] {
        var missing: [String] = []
        var rest = text
        for (word, name) in [(StaticString("given"), "Given"), ("when", "When"), ("then", "Then")] {
            if let index = rest.index(ofWord: word) {
                rest = rest[(index + word.utf8CodeUnitCount)...]
            } else {
                missing.append(name)
            }
        }
        return missing.isEmpty || Self.boldParts(of: text) >= 3 ? [] : missing
    }

    private static func boldParts(of text: ArraySlice<UInt8>) -> Int {
        var count = 0
        var rest = text
        while let index = rest.index(ofIgnoringCase: "**") {
            count += 1
            rest = rest[(index + 2)...]
        }
        return count / 2
    }

    /// Whether an item is meant as a scenario wherever it is: it begins with `Given`.
    static func isOne(_ content: ArraySlice<UInt8>) -> Bool {
        let text = content.drop { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "_") }
        return text.beginsIgnoringCase(with: "given") && !(text.dropFirst(5).first?.isWordByte ?? false)
    }
}
