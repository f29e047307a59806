package import Chat
internal import Markdown

/// Markdown as Matrix clients show it: the HTML that the specification allows, one block a line.
///
/// A list, a quotation, a table and a code block are frames, so that a cut closes them and opens them again, a table
/// with its head. Lists carry the number of each item as `value`, which ``MatrixMarkup`` turns into the list's `start`
/// when the text is sent: the specification allows no other way to go on counting after a cut.
package struct MatrixFormatting: MessageRenderer {
    package init() {}

    package func render(_ markdown: String) -> RenderedText {
        var writer = MatrixFormattingWriter(capacity: markdown.utf8.count + markdown.utf8.count / 4)
        Markdown.walk(markdown, visitor: &writer)
        return writer.finish()
    }

    /// What is open is closed and opened again. A tag or character reference that the cut fell into is left unfinished,
    /// which sending drops, and stands whole behind the cut.
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
