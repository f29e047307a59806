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

extension [UInt8] {
    /// Appends a span's bytes in one copy.
    @inlinable package mutating func append(contentsOf span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe self.append(contentsOf: $0) }
    }
}

extension String {
    /// Copies a span; invalid UTF-8 becomes U+FFFD.
    @inlinable package init(decoding span: Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
