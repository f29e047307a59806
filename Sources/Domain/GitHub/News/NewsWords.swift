internal import HTTP

/// Text from GitHub in a line of a thread. Everything in it is data: it can neither mark up, nor address anybody, nor
/// look like a command.
enum NewsWords {
    /// In characters.
    static let textLimit = 300

    /// Plain text on one line, escaped for Markdown.
    static func plain(_ text: String, limit: Int = Self.textLimit) -> String {
        Self.escaped(Self.line(text, limit: limit))
    }

    /// Text on one line without comments of HTML, control and invisible characters.
    static func line(_ text: String, limit: Int) -> String {
        let visible = Self.withoutComments(text).unicodeScalars.map { scalar -> Character in
            Self.isInvisible(scalar) ? " " : Character(scalar)
        }
        let words = String(visible).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.count <= limit ? words : "\(words.prefix(limit - 1))…"
    }

    /// A code span that no content can end.
    static func code(_ text: String) -> String {
        let text = Self.line(text, limit: 120).replacing("`", with: "'")
        return text.isEmpty ? "`?`" : "`\(text)`"
    }

    /// An address to show; nil for anything but a web address without surprises.
    static func link(_ text: String?) -> String? {
        guard let text, text.utf8.count <= 500, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            !text.contains(where: { "<>\"`\\*|".contains($0) }), let url = try? HTTPURL(text),
            url.scheme == "https" || url.isLoopback
        else { return nil }
        return text
    }

    private static func escaped(_ text: String) -> String {
        text.map { letter in
            // Words that platforms take for mentions stay readable, but are broken by a character of no width.
            if letter == "@" { return "@\u{200B}" }
            return "\\`*_[]<>#|~&!".contains(letter) ? "\\\(letter)" : String(letter)
        }.joined()
    }

    private static func withoutComments(_ text: String) -> String {
        var rest = text[...]
        var result = ""
        while let start = rest.firstRange(of: "<!--") {
            result += rest[..<start.lowerBound]
            guard let end = rest[start.upperBound...].firstRange(of: "-->") else { return result }
            rest = rest[end.upperBound...]
        }
        return result + rest
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: scalar.properties.isDefaultIgnorableCodePoint
        }
    }
}
