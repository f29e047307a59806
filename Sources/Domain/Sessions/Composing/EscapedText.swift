/// Text that people wrote, within Markdown.
package enum EscapedText {
    /// Shows every character as it is: nothing is code, a link, a heading or HTML.
    package static func markdown(_ text: String) -> String {
        text.map { "\\`*_[]<>#|~&".contains($0) ? "\\\($0)" : String($0) }.joined()
    }
}
