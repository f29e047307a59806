public import Chat

/// Shows Markdown as it is written, fences as frames: enough to test cutting without a platform's markup.
public struct PlainMarkdownRenderer: MessageRenderer {
    /// Makes one.
    public init() {}

    /// The lines as they are.
    public func render(_ markdown: String) -> RenderedText {
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

    /// Nothing spans a cut.
    public func seam(after bytes: ArraySlice<UInt8>) -> (close: [UInt8], open: [UInt8]) { ([], []) }
}
