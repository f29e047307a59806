package import Chat

/// Renders Markdown unchanged, with fences as frames: enough to test splitting without a platform's markup.
package struct PlainMarkdownRenderer: MessageRenderer {
    package init() {}

    package func render(_ markdown: String) -> RenderedText {
        var text = RenderedText()
        var frame: Int?
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                if frame == nil {
                    frame = text.frames.count
                    text.frames.append(.init(open: Array(line.utf8), close: Array("```".utf8)))
                } else {
                    frame = nil
                }
                continue
            }
            let start = text.bytes.count
            text.bytes += line.utf8
            text.lines.append(.init(range: start..<text.bytes.count, frame: frame, startsBlock: line.isEmpty))
        }
        return text
    }
}
