internal import Chat

/// Shows Markdown as written, for a network that is no longer configured.
package struct PlainRenderer: MessageRenderer {
    package init() {}

    func render(_ markdown: String) -> RenderedText {
        var text = RenderedText()
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            let start = text.bytes.count
            text.bytes += line.utf8.filter { $0 >= 0x20 }
            text.lines.append(.init(range: start..<text.bytes.count))
        }
        return text
    }
}
