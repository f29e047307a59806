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
    let request: String
    private let material: String

    init(_ messages: [ModelMessage]) {
        let instructions = messages.filter { $0.role == .system }.map(\.text).joined(separator: "\n")
        self.material = messages.last { $0.role == .user }?.text ?? ""
        self.feature = Self.word(after: "Feature: ", in: instructions) ?? ""
        self.date = Self.word(after: "Date: ", in: instructions) ?? "2026-01-01"
        self.documents = Self.documents(in: self.material)
        self.request = Self.block("request", in: self.material) ?? ""
    }

    /// The text after the first line's `Purpose: `.
    static func purpose(of messages: [ModelMessage]) -> String? {
        for message in messages where message.role == .system {
            for line in message.text.split(whereSeparator: \.isNewline) where line.hasPrefix("Purpose: ") {
                return line.dropFirst("Purpose: ".count).lowercased()
            }
        }
        return nil
    }

    /// The text between `<name>` and `</name>`.
    func block(_ name: String) -> String? { Self.block(name, in: self.material) }

    func document(_ name: String) -> String? { self.documents.first { $0.path.hasSuffix("/" + name) }?.text }

    var specification: RehearsedFeature {
        RehearsedFeature(self.document("spec.md") ?? self.block("specification") ?? "", name: self.feature)
    }

    /// The request on one line, for a sentence.
    var wish: String {
        let line = self.request.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let plain = line.filter { !"[]<>|`*".contains($0) }
        return String(plain.prefix(200))
    }

    private static func documents(in text: String) -> [Document] {
        var documents: [Document] = []
        var rest = Substring(text)
        while let start = rest.firstRange(of: "<document path=\""),
            let end = rest[start.upperBound...].firstRange(of: ">\n"),
            let close = rest[end.upperBound...].firstRange(of: "\n</document>")
        {
            let head = rest[start.upperBound..<end.lowerBound].split(separator: "\"", omittingEmptySubsequences: false)
            documents.append(
                Document(
                    path: head.first.map(String.init) ?? "", note: head.count > 2 ? String(head[2]) : nil,
                    text: String(rest[end.upperBound..<close.lowerBound])))
            rest = rest[close.upperBound...]
        }
        return documents
    }

    private static func block(_ name: String, in text: String) -> String? {
        guard let start = text.firstRange(of: "<\(name)>\n"),
            let end = text[start.upperBound...].firstRange(of: "\n</\(name)>")
        else { return nil }
        return String(text[start.upperBound..<end.lowerBound])
    }

    private static func word(after label: String, in text: String) -> String? {
        guard let start = text.firstRange(of: label) else { return nil }
        var word = text[start.upperBound...].prefix { !$0.isWhitespace }
        while word.last == "." { word.removeLast() }
        return word.isEmpty ? nil : String(word)
    }
}

/// Lines of Markdown, with those in code marked.
struct RehearsalLines {
    let lines: [Substring]
    private let isCode: [Bool]

    init(_ text: String) {
        self.lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        var fence: Substring?
        var isCode: [Bool] = []
        for line in self.lines {
            let text = line.drop { $0 == " " }
            if let open = fence {
                isCode.append(true)
                if text.hasPrefix(open) { fence = nil }
            } else if text.hasPrefix("```") || text.hasPrefix("~~~") {
                isCode.append(true)
                fence = text.prefix(3)
            } else {
                isCode.append(false)
            }
        }
        self.isCode = isCode
    }

    /// The number of `#` of a heading; nil for other lines.
    func level(_ index: Int) -> Int? {
        let marks = self.lines[index].prefix { $0 == "#" }.count
        guard !self.isCode[index], 1...6 ~= marks, self.lines[index].dropFirst(marks).first == " " else { return nil }
        return marks
    }

    /// The section whose heading contains a text, from its heading to its end without blank lines.
    func section(_ title: String) -> [Substring]? {
        guard
            let start = self.lines.indices.first(where: { index in
                (self.level(index) ?? 1) > 1 && self.lines[index].lowercased().contains(title.lowercased())
            }), let level = self.level(start)
        else { return nil }
        let end = self.lines.indices.first { $0 > start && (self.level($0) ?? 7) <= level } ?? self.lines.count
        var section = Array(self.lines[start..<end])
        while let last = section.last, last.allSatisfy({ $0.isWhitespace || $0 == "-" }) { section.removeLast() }
        return section
    }
}
