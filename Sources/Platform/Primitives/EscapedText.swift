/// Text that people wrote, within Markdown.
package enum EscapedText {
    /// Shows every character as it is: nothing is code, a link, a heading or HTML. Brackets are entities, because the
    /// backslash before an escaped one would be shown, as in formulas.
    package static func markdown(_ text: String) -> String {
        text.map { letter in
            switch letter {
            case "[": "&#91;"
            case "]": "&#93;"
            default: "\\`*_<>#|~&".contains(letter) ? "\\\(letter)" : String(letter)
            }
        }.joined()
    }

    /// A code span that no content can end.
    package static func code(_ text: String) -> String {
        let fence = String(repeating: "`", count: Self.longestRun(in: text) + 1)
        let pad = text.hasPrefix("`") || text.hasSuffix("`") || text.hasPrefix(" ") ? " " : ""
        return fence + pad + text + pad + fence
    }

    /// A code block that no content can end.
    package static func fenced(_ text: String, as language: String = "") -> String {
        let fence = String(repeating: "`", count: max(3, Self.longestRun(in: text) + 1))
        return "\(fence)\(language)\n\(text)\n\(fence)"
    }

    /// How many of the signs around code follow each other at most.
    package static func longestRun(in text: String) -> Int {
        var (longest, run) = (0, 0)
        for byte in text.utf8 {
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }
}
