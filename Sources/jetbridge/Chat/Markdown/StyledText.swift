internal import Primitives

/// Text in several styles, to be wrapped into lines of a terminal.
struct StyledText {
    struct Style: OptionSet, Hashable {
        let rawValue: Int

        static let bold = Style(rawValue: 1 << 0)
        static let faint = Style(rawValue: 1 << 1)
        static let italic = Style(rawValue: 1 << 2)
        static let underlined = Style(rawValue: 1 << 3)
        static let struck = Style(rawValue: 1 << 4)
        static let code = Style(rawValue: 1 << 5)

        /// The parameters of SGR (ECMA-48 §8.3.117); code is cyan.
        private static let parameters: [(Style, String)] = [
            (.bold, "1"), (.faint, "2"), (.italic, "3"), (.underlined, "4"), (.struck, "9"), (.code, "36"),
        ]

        func apply(to text: String) -> String {
            guard !self.isEmpty, !text.isEmpty else { return text }
            let parameters = Self.parameters.filter { self.contains($0.0) }.map(\.1).joined(separator: ";")
            return "\u{1B}[\(parameters)m\(text)\u{1B}[0m"
        }
    }

    /// A word, or the space between two, in one style or several.
    private struct Word {
        var runs: [(text: String, style: Style)] = []
        var width = 0

        mutating func append(_ text: String, _ style: Style) {
            self.width += DisplayWidth.of(text)
            if let last = self.runs.last, last.style == style {
                self.runs[self.runs.count - 1].text += text
            } else {
                self.runs.append((text, style))
            }
        }
    }

    private(set) var runs: [(text: String, style: Style)] = []

    var isEmpty: Bool { self.runs.isEmpty }
    /// The columns of the text on one line.
    var width: Int { self.runs.reduce(0) { $0 + DisplayWidth.of($1.text) } }

    /// Appends text without control characters, except line feeds, which end a line.
    mutating func append(_ text: String, _ style: Style = []) {
        if !text.isEmpty { self.runs.append((text, style)) }
    }

    /// The text with escape sequences, on one line.
    var unwrapped: String { self.runs.map { $0.style.apply(to: $0.text.replacing("\n", with: " ")) }.joined() }

    /// The lines of the text with escape sequences. A word that is wider than `width` stays whole, so that a long
    /// address can be copied; the terminal breaks it.
    func lines(width: Int) -> [String] {
        var lines: [String] = []
        var line = Word()
        var gap = Word()
        func end() {
            lines.append(Self.write(line))
            line = Word()
            gap = Word()
        }
        for word in self.words() {
            guard let first = word.runs.first?.text.first else { continue }
            if first == "\n" {
                end()
            } else if first == " " {
                if !line.runs.isEmpty { gap = word }
            } else {
                if !line.runs.isEmpty, line.width + gap.width + word.width > width { end() }
                for run in gap.runs + word.runs { line.append(run.text, run.style) }
                gap = Word()
            }
        }
        end()
        return lines
    }

    /// Words, spaces and line feeds, in order.
    private func words() -> [Word] {
        var words: [Word] = []
        var kind: Character?
        for (text, style) in self.runs {
            var rest = text[...]
            while let first = rest.first {
                let next: Character = first == "\n" || first == " " ? first : "x"
                let length =
                    switch next {
                    case "\n": 1
                    case " ": rest.prefix { $0 == " " }.count
                    default: rest.prefix { $0 != " " && $0 != "\n" }.count
                    }
                if next != kind || next == "\n" { words.append(Word()) }
                words[words.count - 1].append(String(rest.prefix(length)), style)
                kind = next
                rest = rest.dropFirst(length)
            }
        }
        return words
    }

    private static func write(_ word: Word) -> String { word.runs.map { $0.style.apply(to: $0.text) }.joined() }
}
