/// GitHub-flavoured Markdown, parsed by cmark-gfm: tables, strikethrough with two tildes, bare addresses, task lists.
package enum Markdown {
    /// Parses UTF-8 text and walks `visitor` through its tree. Invalid parts become U+FFFD.
    ///
    /// With `autolinks`, bare addresses become links; the walk is a fifth faster without, for renderers that show the
    /// same text anyway.
    @inlinable
    package static func walk(_ text: Span<UInt8>, autolinks: Bool = true, visitor: inout some MarkdownVisitor) {
        Self.walk(text, isValid: false, autolinks: autolinks, visitor: &visitor)
    }

    @inlinable
    package static func walk(_ text: [UInt8], autolinks: Bool = true, visitor: inout some MarkdownVisitor) {
        Self.walk(text.span, isValid: false, autolinks: autolinks, visitor: &visitor)
    }

    @inlinable
    package static func walk(_ text: String, autolinks: Bool = true, visitor: inout some MarkdownVisitor) {
        Self.walk(text.utf8Span.span, isValid: true, autolinks: autolinks, visitor: &visitor)
    }

    /// Renders HTML that is safe in our pages, whoever wrote the text: raw HTML is shown as text, addresses other than
    /// http, https and mailto are dropped, and an image becomes a link to it. Uses classes instead of styles, for a
    /// strict content security policy.
    package static func html(_ text: String) -> String { Self.html(text, limit: .max) ?? "" }

    /// The same, unless it takes more than `limit` bytes; then nil.
    package static func html(_ text: String, limit: Int) -> String? {
        var writer = HTMLWriter(capacity: min(text.utf8.count + text.utf8.count / 4, limit), limit: limit)
        Self.walk(text, visitor: &writer)
        return writer.isFull ? nil : String(decoding: writer.output, as: UTF8.self)
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
