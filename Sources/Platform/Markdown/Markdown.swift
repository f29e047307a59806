/// GitHub-flavoured Markdown by cmark-gfm: tables, strikethrough by two tildes, bare addresses, task lists.
package enum Markdown {
    /// Parses UTF-8 text and takes `visitor` through its tree. Invalid parts are shown as U+FFFD.
    @inlinable
    package static func walk(_ text: Span<UInt8>, visitor: inout some MarkdownVisitor) {
        Self.walk(text, isValid: false, visitor: &visitor)
    }

    /// Parses UTF-8 text and takes `visitor` through its tree. Invalid parts are shown as U+FFFD.
    @inlinable
    package static func walk(_ text: [UInt8], visitor: inout some MarkdownVisitor) {
        Self.walk(text.span, isValid: false, visitor: &visitor)
    }

    /// Parses `text` and takes `visitor` through its tree.
    @inlinable
    package static func walk(_ text: String, visitor: inout some MarkdownVisitor) {
        Self.walk(text.utf8Span.span, isValid: true, visitor: &visitor)
    }

    @inlinable
    static func walk(_ text: Span<UInt8>, isValid: Bool, visitor: inout some MarkdownVisitor) {
        var tree = MarkdownTree(parsing: text, isValid: isValid)
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
