/// Renders a Markdown text while ``Markdown/walk(_:autolinks:visitor:)`` walks its tree.
///
/// The calls come in reading order. Spans are valid only during the call; text may arrive in several pieces.
package protocol MarkdownVisitor {
    /// A node starts. `detail` is a link's address or a code block's info string, otherwise empty.
    mutating func enter(_ node: MarkdownNode, detail: Span<UInt8>)
    /// A node ends; same arguments as at its start.
    mutating func leave(_ node: MarkdownNode, detail: Span<UInt8>)
    /// UTF-8 text, never empty.
    mutating func text(_ text: Span<UInt8>, kind: MarkdownTextKind)
    mutating func mark(_ mark: MarkdownMark)
}
