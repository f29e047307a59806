/// A shell's command line, as far as its effect can be told without running it. Pure.
///
/// It only chooses whether to ask; what a command can do is limited by the jail.
package enum CommandLine: Sendable, Equatable {
    /// Plain commands, joined by `&&`, `||`, `;` or `|`: the words of each.
    case plain([[String]])
    /// Anything else: redirections, expansions, assignments, groups, several lines, jobs, an open quote. Its parts are
    /// not judged one by one, because they may be different ones when a shell reads them.
    case opaque

    package init(_ text: String) {
        var reader = Reader()
        self = reader.read(text).map { .plain($0) } ?? .opaque
    }

    /// The words of one plain command; nil for anything else.
    package static func words(of text: String) -> [String]? {
        guard case .plain(let parts) = CommandLine(text), parts.count == 1 else { return nil }
        return parts[0]
    }

    /// All words in a text of any form, however they are quoted or joined: for finding a word that must not be missed.
    static func fragments(of text: String) -> [String] {
        text.unicodeScalars.split { scalar in
            scalar.properties.isWhitespace || "\"'\\;|&<>()$`{}!*?[]~#=".unicodeScalars.contains(scalar)
        }.map { String($0) }
    }
}

private struct Reader {
    private var parts: [[String]] = []
    private var words: [String] = []
    private var word: String.UnicodeScalarView?

    /// What a shell reads as its own word where a command begins.
    private static let reserved: Set<String> = [
        "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in", "select", "then",
        "time", "until", "while",
    ]

    /// Nil for what is not plain.
    mutating func read(_ text: String) -> [[String]]? {
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case " ", "\t": self.endWord()
            case "'", "\"":
                guard self.readQuoted(&rest, scalar) else { return nil }
            case "&":
                guard rest.popFirst() == "&", self.endPart() else { return nil }
            case "|":
                if rest.first == "|" { rest.removeFirst() }
                guard self.endPart() else { return nil }
            case ";":
                guard self.endPart() else { return nil }
            default:
                guard Self.isPlain(scalar) else { return nil }
                if self.word == nil { self.word = .init() }
                self.word?.append(scalar)
            }
        }
        return self.endPart() ? self.parts : nil
    }

    private mutating func readQuoted(_ rest: inout Substring.UnicodeScalarView, _ quote: Unicode.Scalar) -> Bool {
        guard let end = rest.firstIndex(of: quote) else { return false }
        let content = rest[..<end]
        // A line break is refused in quotes too, so that every opaque text is so for one simple reason.
        guard !content.contains(where: { $0.properties.generalCategory == .control }) else { return false }
        if quote == "\"", content.contains(where: { "$`\\".unicodeScalars.contains($0) }) { return false }
        if self.word == nil { self.word = .init() }
        self.word?.append(contentsOf: content)
        rest = rest[rest.index(after: end)...]
        return true
    }

    private mutating func endWord() {
        guard let word = self.word else { return }
        self.words.append(String(word))
        self.word = nil
    }

    /// False if the part is empty, or begins with an assignment or one of the shell's own words.
    private mutating func endPart() -> Bool {
        self.endWord()
        guard let first = self.words.first, !first.isEmpty, !first.utf8.contains(UInt8(ascii: "=")),
            !Self.reserved.contains(first)
        else { return false }
        self.parts.append(self.words)
        self.words = []
        return true
    }

    /// What every shell takes literally, quoted or not.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        case "_", "@", "%", "+", "=", ":", ",", ".", "/", "-": true
        default: !scalar.isASCII && scalar.properties.isAlphabetic
        }
    }
}
