package import Chat

/// Markdown for Slack's markdown blocks and streams: standard Markdown, rewritten from the tree so that it contains no
/// mention, raw HTML, hidden address or image to fetch.
///
/// Inline marks never span lines; fences and tables are frames, so that a cut closes and reopens them.
package struct SlackFormatting: MessageRenderer {
    package init() {}

    package func render(_ markdown: String) -> RenderedText {
        SlackFormattingWriter.render(markdown)
    }
}
