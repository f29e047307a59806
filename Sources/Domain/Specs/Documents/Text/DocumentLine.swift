/// One line of a document.
package struct DocumentLine: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case text
        case blank
        /// `# …` to `###### …`
        case heading(level: Int)
        /// The first or last line of a code block.
        case fence
        case code
        /// A line of nothing but an HTML comment.
        case comment
        /// Metadata between two lines `---` at the start.
        case frontMatter
    }

    /// Bytes without the line's ending.
    package let content: Range<Int>
    /// Past the ending: `\n`, `\r\n`, `\r`, or nothing in a last line.
    package let end: Int
    package let kind: Kind
}
