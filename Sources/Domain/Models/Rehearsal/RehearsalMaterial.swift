internal import Primitives

/// What a stage's prompt says: the feature, its documents, and the person's request.
struct RehearsalMaterial {
    struct Document {
        /// In the repository.
        let path: String
        /// What it is to the model, such as "to be changed".
        let note: String?
        let text: String
    }

    /// `003-login-page`; empty for none.
    let feature: String
    /// `2026-11-20`
    let date: String
    let documents: [Document]
    /// The request on one line, for a sentence.
    let wish: String
    private let material: String

    init(_ messages: [ModelMessage]) {
        let instructions = messages.filter { $0.role == .system }.map(\.text).joined(separator: "\n")
        self.material = messages.last { $0.role == .user }?.text ?? ""
        self.feature = Self.word(after: "Feature: ", in: instructions) ?? ""
        self.date = Self.word(after: "Date: ", in: instructions) ?? "2026-01-01"
        self.documents = Self.documents(in: self.material)
        let request = Self.part(of: self.material, from: "<request>\n", to: "\n</request>") ?? ""
        self.wish = String(request.rehearsedLine.filter { !"[]<>|`*".contains($0) }.prefix(200))
    }

    /// The text after the first line's `Purpose: `.
    static func purpose(of messages: [ModelMessage]) -> String? {
        let lines = messages.filter { $0.role == .system }.flatMap { $0.text.split(whereSeparator: \.isNewline) }
        return lines.first { $0.hasPrefix("Purpose: ") }?.dropFirst("Purpose: ".count).lowercased()
    }

    /// The text between `<name>` and `</name>`.
    func block(_ name: String) -> String? { Self.part(of: self.material, from: "<\(name)>\n", to: "\n</\(name)>") }

    func document(_ name: String) -> String? { self.documents.first { $0.path.hasSuffix("/" + name) }?.text }

    var specification: RehearsedFeature {
        RehearsedFeature(self.document("spec.md") ?? self.block("specification") ?? "", name: self.feature)
    }

    static func part(of text: String, from start: String, to end: String) -> String? {
        guard let start = text.firstRange(of: start),
            let end = text[start.upperBound...].firstRange(of: end)
        else { return nil }
        return String(text[start.upperBound..<end.lowerBound])
    }

    /// `<document path="PATH">`, or with a second value in quotes, then the text and `</document>` on lines of their own. In
    /// one pass over the bytes: what is quoted may have any number of beginnings.
    private static func documents(in text: String) -> [Document] {
        let bytes = Array(text.utf8)
        var documents: [Document] = []
        var place = 0
        func find(_ mark: String) -> Range<Int>? {
            let start = WordSearch(mark).firstPlace(in: bytes[place...])
            return start.map { place + $0..<place + $0 + mark.utf8.count }
        }
        while let start = find("<document path=\"") {
            place = start.upperBound
            guard let open = find(">\n") else { break }
            place = open.upperBound
            guard let end = find("\n</document>") else { break }
            place = end.upperBound
            let head = bytes[start.upperBound..<open.lowerBound].split(
                separator: UInt8(ascii: "\""), omittingEmptySubsequences: false
            ).map { String(decoding: $0, as: UTF8.self) }
            documents.append(
                Document(
                    path: head.first ?? "", note: head.count > 2 ? head[2] : nil,
                    text: String(decoding: bytes[open.upperBound..<end.lowerBound], as: UTF8.self)))
        }
        return documents
    }

    private static func word(after label: String, in text: String) -> String? {
        guard let start = text.firstRange(of: label) else { return nil }
        let word = text[start.upperBound...].prefix { !$0.isWhitespace }
        let end = word.lastIndex { $0 != "." }
        return end.map { String(word[...$0]) }
    }
}

/// Lines of Markdown, with those in code marked.
struct RehearsalLines {
    let lines: [Substring]
    private let isCode: [Bool]

    init(_ text: String) {
        self.lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        var fence: Substring?
        self.isCode = self.lines.map { line in
            let text = line.drop { $0 == " " }
            if let open = fence {
                if text.hasPrefix(open) { fence = nil }
                return true
            }
            if text.hasPrefix("```") || text.hasPrefix("~~~") { fence = text.prefix(3) }
            return fence != nil
        }
    }

    /// The number of `#` of a heading; nil for other lines.
    func level(_ index: Int) -> Int? {
        let marks = self.lines[index].prefix { $0 == "#" }.count
        guard !self.isCode[index], 1...6 ~= marks, self.lines[index].dropFirst(marks).first == " " else { return nil }
        return marks
    }

    func text(_ index: Int) -> Substring { self.lines[index].drop { $0 == "#" || $0 == " " } }

    /// The headings of a level.
    func headings(_ level: Int) -> [Int] { self.lines.indices.filter { self.level($0) == level } }

    /// The lines of the section that begins with a heading, whose subsections belong to it.
    func section(at start: Int) -> Range<Int> {
        let level = self.level(start) ?? 7
        return start..<(self.lines.indices.first { $0 > start && (self.level($0) ?? 7) <= level } ?? self.lines.count)
    }

    /// The section whose heading contains a text, from its heading to its end without blank lines.
    func section(_ title: String) -> [Substring]? {
        let title = WordSearch(title.lowercased())
        let start = self.lines.indices.first { index in
            (self.level(index) ?? 1) > 1 && title.firstPlace(in: self.lines[index].lowercased().utf8) != nil
        }
        guard let start else { return nil }
        var section = self.lines[self.section(at: start)]
        while let last = section.last, last.allSatisfy({ $0.isWhitespace || $0 == "-" }) { section.removeLast() }
        return Array(section)
    }
}
