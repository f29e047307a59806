package import Chat

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
}
