package import Chat
internal import Kit

/// Renders Markdown as the HTML that the specification allows, one block per line.
///
/// Lists, quotations, tables and code blocks are frames, so that a cut closes and reopens them, a table with its head.
/// Items of numbered lists carry their number as `value`, which ``MatrixMarkup`` turns into the list's `start` when the
/// text is sent: the specification has no other way to continue the numbering after a cut.
package struct MatrixFormatting: MessageRenderer {
    package init() {}

    package func render(_ markdown: String) -> RenderedText {
        MatrixFormattingWriter.render(markdown)
    }

    /// Closes and reopens all open elements. A tag or character reference that the cut splits stays unfinished before
    /// the cut, where sending drops it, and is repeated in full after it.
    package func seam(after bytes: ArraySlice<UInt8>) -> (close: [UInt8], open: [UInt8]) {
        let scan = MatrixMarkup.scan(bytes)
        var open: [(tag: MatrixTag, bytes: ArraySlice<UInt8>)] = []
        for token in scan.tokens {
            switch token {
            case .open(let tag, _, let source): if !tag.isVoid { open.append((tag, source)) }
            case .close(let tag):
                if let index = open.lastIndex(where: { $0.tag == tag }) { open.removeSubrange(index...) }
            case .text: continue
            }
        }
        return (open.reversed().flatMap { $0.tag.closing }, open.flatMap { $0.bytes } + scan.unfinished)
    }
}
