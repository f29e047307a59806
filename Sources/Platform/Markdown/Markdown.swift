/// GitHub-flavoured Markdown by cmark-gfm: tables, strikethrough by two tildes, bare addresses, task lists.
package enum Markdown {
    /// Parses UTF-8 text and takes `visitor` through its tree. Invalid parts are shown as U+FFFD.
    ///
    /// `autolinks`: bare addresses become links; without them the walk is a fifth faster, for renderers
    /// that would show the same text anyway.
    @inlinable
    package static func walk(_ text: Span<UInt8>, autolinks: Bool = true, visitor: inout some MarkdownVisitor) {
        Self.walk(text, isValid: false, autolinks: autolinks, visitor: &visitor)
    }

    /// Parses UTF-8 text and takes `visitor` through its tree. Invalid parts are shown as U+FFFD.
    @inlinable
    package static func walk(_ text: [UInt8], autolinks: Bool = true, visitor: inout some MarkdownVisitor) {
        Self.walk(text.span, isValid: false, autolinks: autolinks, visitor: &visitor)
    }

    /// Parses `text` and takes `visitor` through its tree.
    @inlinable
    package static func walk(_ text: String, autolinks: Bool = true, visitor: inout some MarkdownVisitor) {
        Self.walk(text.utf8Span.span, isValid: true, autolinks: autolinks, visitor: &visitor)
    }

    @inlinable
    static func walk(
        _ text: Span<UInt8>, isValid: Bool, autolinks: Bool, visitor: inout some MarkdownVisitor
    ) {
        var tree = MarkdownTree(parsing: text, isValid: isValid, autolinks: autolinks)
        while true {
            let step = tree.step()
            // The tree outlives the call.
            let bytes = unsafe step.bytes.span
            switch step.kind {
            case .text(let kind): visitor.text(bytes, kind: kind)
            case .enter(let node): visitor.enter(node, detail: bytes)
            case .leave(let node): visitor.leave(node, detail: bytes)
            case .mark(let mark): visitor.mark(mark)
            case .end: return
            }
        }
    }
}
