/// Turns a streamed answer into one or several documents, line by line.
///
/// Drops words before a document, a fence around it and control characters. Documents after the first are separated by
/// lines such as `=== research.md ===`, or begin with a title that says what they are.
struct StageDraft: LineDraft, Sendable {
    enum State {
        /// Before the first heading.
        case opening
        case body
        /// After the fence that the model put around the document.
        case closed
    }

    struct Part {
        let name: String
        var text = ""
        var state = State.opening
        var isFenced = false
        /// The open fence inside the document.
        var innerFence: String?
        /// Blank lines that are written once another line follows.
        var blanks = 0
    }

    /// The name of the document that people see, below the feature's folder.
    let main: String
    /// For a model that gives no title.
    let title: String
    /// Which other documents the answer may have.
    let others: StageFiles?
    /// "the plan"
    let noun: String
    /// Changes a line of the main document; nil withholds it.
    let edit: @Sendable (String) -> String?

    private(set) var preface = ""
    /// The lines that ``edit`` withheld.
    private(set) var withheld: [String] = []
    private(set) var parts: [Part]
    var line = ""
    private var current = 0
    private var isFenced = false
    private var total = 0

    init(
        main: String, title: String, noun: String, others: StageFiles? = nil,
        edit: @escaping @Sendable (String) -> String? = { $0 }
    ) {
        self.main = main
        self.title = title
        self.noun = noun
        self.others = others
        self.edit = edit
        self.parts = [Part(name: main)]
    }

    var shown: String { self.parts[0].text }

    var excess: String? {
        let isTooLong =
            self.total > StageLimits.answer || self.parts.contains { $0.text.utf8.count > StageLimits.document }
        return isTooLong ? "\(self.noun) exceeded 100 KB (ask for less, or split the feature)" : nil
    }

    /// The documents by name, in the order of the answer; the first is the main one.
    var documents: [(name: String, text: String)] {
        self.parts.filter { !$0.text.isEmpty && !$0.name.isEmpty }.map { ($0.name, $0.text) }
    }

    /// Ends the main document with a line of the program's own; returns what it adds.
    mutating func close(with line: String) -> String {
        let text = "\n\(line)\n"
        self.parts[0].text += text
        return text
    }

    // MARK: Lines

    mutating func take(_ line: String) {
        if let others, let name = others.separated(by: line, isInCode: self.parts[self.current].innerFence != nil) {
            self.begin(name)
            return
        }
        switch self.parts[self.current].state {
        case .opening: self.takeOpening(line)
        case .body: self.takeBody(line)
        case .closed: break
        }
    }

    private mutating func begin(_ name: String) {
        if let index = self.parts.firstIndex(where: { $0.name == name }), self.parts[index].text.isEmpty {
            self.current = index
            return
        }
        // Of a repeated document the first counts; a part without a name is dropped.
        let isNew = !self.parts.contains { $0.name == name } && self.parts.count <= StageLimits.others
        let part = Part(name: isNew ? name : "")
        // One nameless part takes everything that is dropped: an answer may begin thousands.
        if !isNew, let index = self.parts.firstIndex(where: \.name.isEmpty) {
            self.parts[index] = part
            self.current = index
            return
        }
        self.parts.append(part)
        self.current = self.parts.count - 1
    }

    private mutating func takeOpening(_ line: String) {
        let text = line.drop { $0 == " " || $0 == "\t" }
        if text.isEmpty { return }
        let isMain = self.current == 0
        if text.hasPrefix("```") || text.hasPrefix("~~~") {
            let info = text.drop { $0 == text.first }.lowercased()
            if isMain || ["", "markdown", "md"].contains(info) {
                self.parts[self.current].isFenced = true
                self.isFenced = true
                return
            }
        }
        if text.hasPrefix("# ") {
            self.parts[self.current].state = .body
            if let others, isMain, let name = others.named(by: text), name != self.main {
                self.begin(name)
                self.parts[self.current].state = .body
            }
            self.add(String(text))
            return
        }
        if isMain, !text.hasPrefix("## "), !Self.isEntry(text) {
            self.preface += self.preface.utf8.count < 2_000 ? line + "\n" : ""
            return
        }
        self.parts[self.current].state = .body
        self.add(isMain ? "# \(self.title)" : "# \(StageFiles.title(of: self.parts[self.current].name))")
        self.add("")
        self.takeBody(line)
    }

    /// A task or an item of a checklist, with which a document without a heading may begin.
    private static func isEntry(_ text: Substring) -> Bool {
        guard text.hasPrefix("- [") || text.hasPrefix("* [") else { return false }
        let rest = text.dropFirst(3).drop { $0 != "]" }.dropFirst().drop { $0 == " " || $0 == "*" }
        return rest.hasPrefix("T0") || rest.hasPrefix("CHK")
    }

    private mutating func takeBody(_ line: String) {
        let text = line.drop { $0 == " " }
        if let fence = self.parts[self.current].innerFence {
            if text.hasPrefix(fence), text.allSatisfy({ $0 == fence.first || $0 == " " }) {
                self.parts[self.current].innerFence = nil
            }
        } else if text.hasPrefix("```") || text.hasPrefix("~~~") {
            let fence = String(text.prefix { $0 == text.first })
            if text == fence, self.parts[self.current].isFenced || (self.isFenced && self.current > 0) {
                self.parts[self.current].state = .closed
                return
            }
            self.parts[self.current].innerFence = fence
        } else if text.hasPrefix("# "), let others, let name = others.named(by: text),
            !self.parts.contains(where: { $0.name == name && !$0.text.isEmpty })
        {
            self.begin(name)
            self.parts[self.current].state = .body
            self.add(String(text))
            return
        }
        self.add(line)
    }

    private mutating func add(_ line: String) {
        if line.allSatisfy({ $0 == " " || $0 == "\t" }) {
            self.parts[self.current].blanks += 1
            return
        }
        var line = line
        if self.current == 0 {
            guard let edited = self.edit(line) else {
                if self.withheld.count < 10 { self.withheld.append(line) }
                return
            }
            line = edited
        }
        let isFirst = self.parts[self.current].text.isEmpty
        let blanks = isFirst ? 0 : min(self.parts[self.current].blanks, 20)
        self.parts[self.current].blanks = 0
        let added = String(repeating: "\n", count: blanks) + line + "\n"
        self.parts[self.current].text += added
        self.total += added.utf8.count
    }
}

/// Takes a model's answer as it arrives. What it returns for the thread is what is committed.
protocol AnswerDraft {
    /// Whether a document has begun.
    var hasBegun: Bool { get }
    /// The text before the document, for the error when no document follows.
    var preface: String { get }
    /// Why the rest of the answer is not read, a clause; nil while it fits.
    var excess: String? { get }
    /// Takes the next piece; returns the lines that it adds.
    mutating func append(_ delta: String) -> String
    /// Takes the last line; returns what it adds.
    mutating func finish() -> String
}

/// A draft that is made line by line.
protocol LineDraft: AnswerDraft {
    /// What people see.
    var shown: String { get }
    /// The beginning of the next line.
    var line: String { get set }
    /// What a tab becomes.
    static var tab: String { get }
    /// Takes a whole line, without control characters.
    mutating func take(_ line: String)
}

extension LineDraft {
    static var tab: String { "\t" }
    var hasBegun: Bool { !self.shown.isEmpty }

    mutating func append(_ delta: String) -> String {
        let before = self.shown.endIndex
        for scalar in delta.unicodeScalars {
            switch scalar {
            case "\n": self.takeLine()
            case "\t": self.line += Self.tab
            case _ where scalar.properties.generalCategory == .control: break
            default: self.line.unicodeScalars.append(scalar)
            }
        }
        return String(self.shown[before...])
    }

    mutating func finish() -> String {
        let before = self.shown.endIndex
        if !self.line.isEmpty { self.takeLine() }
        return String(self.shown[before...])
    }

    private mutating func takeLine() {
        let line = self.line
        self.line = ""
        self.take(line)
    }
}

extension SpecificationDraft: LineDraft {
    static var tab: String { "    " }
    var shown: String { self.document }
    var excess: String? {
        // Leaves room for repairs.
        self.document.utf8.count > StageLimits.document
            ? "the specification exceeded 100 KB (describe a smaller feature)" : nil
    }
}

/// Collects an answer that people do not see as it arrives.
struct SilentDraft: AnswerDraft, Sendable {
    private(set) var text = ""

    var hasBegun: Bool { self.text.contains { !$0.isWhitespace } }
    var preface: String { "" }
    var excess: String? { self.text.utf8.count > StageLimits.document ? "the answer exceeded 100 KB" : nil }

    mutating func append(_ delta: String) -> String {
        self.text += delta
        return ""
    }

    mutating func finish() -> String { "" }
}
