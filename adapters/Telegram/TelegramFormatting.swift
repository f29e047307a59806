package import Chat

/// Renders Markdown as the markup that ``TelegramMarkup`` reads. Each line is self-contained: open tags are closed at
/// its end and reopened on the next line.
package struct TelegramFormatting: MessageRenderer {
    package init() {}

    package func render(_ markdown: String) -> RenderedText {
        TelegramFormattingWriter.render(markdown)
    }
}
