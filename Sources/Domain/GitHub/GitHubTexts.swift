internal import HTTP
internal import Primitives

/// Text from GitHub and from repositories, made safe for a thread: it cannot format text, mention anyone or look like a
/// command.
package enum GitHubTexts {
    /// Plain text on one line, escaped for Markdown.
    package static func plain(_ text: String, limit: Int = 200) -> String {
        Self.escaped(Self.line(text, limit: limit))
    }

    /// Of a text, in bytes: more than GitHub takes.
    private static let readLimit = 256 << 10

    /// Text on one line, without HTML comments and without control and invisible characters. Of what is left, the first
    /// four bytes for each character are read.
    static func line(_ text: String, limit: Int) -> String {
        // Templates begin with long comments, so these are removed first.
        let whole = Self.withoutComments(text.beginning(bytes: Self.readLimit))
        let start = whole.beginning(bytes: 4 * limit)
        let visible = start.unicodeScalars.map { scalar -> Character in
            Self.isInvisible(scalar) ? " " : Character(scalar)
        }
        let words = String(visible).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let isWhole = start.utf8.count == whole.utf8.count && words.count <= limit
        return isWhole ? words : "\(words.prefix(limit - 1))…"
    }

    /// A code span that no content can end.
    package static func code(_ text: String) -> String {
        let text = Self.line(text, limit: 120).replacing("`", with: "'")
        return text.isEmpty ? "`?`" : "`\(text)`"
    }

    /// An address that is safe to show: `https`, or on this machine, in plain ASCII; nil for any other.
    static func link(_ text: String?) -> String? {
        guard let text, text.utf8.count <= 500, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            !text.contains(where: { "<>\"`\\*|".contains($0) }), let url = try? HTTPURL(text),
            url.scheme == "https" || url.isLoopback
        else { return nil }
        return text
    }

    private static func escaped(_ text: String) -> String {
        // A zero-width space keeps a name readable but prevents a mention.
        EscapedText.markdown(text).replacing("!", with: "\\!").replacing("@", with: "@\u{200B}")
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
