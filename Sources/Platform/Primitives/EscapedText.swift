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
}
