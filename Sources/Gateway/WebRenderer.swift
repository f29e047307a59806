internal import Chat

/// Passes Markdown through: the page renders it.
struct WebRenderer: MessageRenderer {
    func render(_ markdown: String) -> RenderedText {
        let bytes = Array(markdown.utf8)
        var lines: [RenderedText.Line] = []
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            lines.append(RenderedText.Line(range: start..<index))
            start = index + 1
        }
        if start < bytes.count || lines.isEmpty { lines.append(RenderedText.Line(range: start..<bytes.count)) }
        return RenderedText(bytes: bytes, lines: lines)
    }

    func seam(after bytes: ArraySlice<UInt8>) -> (close: [UInt8], open: [UInt8]) { ([], []) }
}
