package import Chat
internal import Markdown

/// Markdown as Slack's markdown blocks and streams take it: standard Markdown again, from the tree, so that nothing in it
/// can be a mention, raw HTML, a hidden address or an image that is fetched.
///
/// Inline marks never span a line; fences and tables are frames, so that a cut closes them and opens them again.
package struct SlackFormatting: MessageRenderer {
    package init() {}

    package func render(_ markdown: String) -> RenderedText {
        var writer = SlackFormattingWriter(capacity: markdown.utf8.count + markdown.utf8.count / 8)
        Markdown.walk(markdown, visitor: &writer)
        return writer.finish()
    }

    package func seam(after bytes: ArraySlice<UInt8>) -> (close: [UInt8], open: [UInt8]) {
        var open: [[UInt8]] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\\"), open.last?.first != UInt8(ascii: "`") {
                index += 2
                continue
            }
            guard byte == UInt8(ascii: "*") || byte == UInt8(ascii: "~") || byte == UInt8(ascii: "`") else {
                index += 1
                continue
            }
            let run = bytes[index...].prefix { $0 == byte }
            index = run.endIndex
            Self.take(Array(run), &open)
        }
        return (open.reversed().flatMap { $0 }, open.flatMap { $0 })
    }

    /// A run of marks closes what is open, or opens something.
    private static func take(_ run: [UInt8], _ open: inout [[UInt8]]) {
        if run.first == UInt8(ascii: "`") {
            if open.last == run {
                open.removeLast()
            } else if open.last?.first != UInt8(ascii: "`") {
                open.append(run)
            }
            return
        }
        // Inside code nothing else is a mark; one tilde is none either, nor a star between blanks.
        guard open.last?.first != UInt8(ascii: "`"), run.count <= 3, run != [UInt8(ascii: "~")] else { return }
        var rest = run
        while !rest.isEmpty, let last = open.last, last.first == rest.first, last.count <= rest.count {
            rest.removeFirst(last.count)
            open.removeLast()
        }
        if rest.count == 3 {
            open += [Array(rest.prefix(2)), Array(rest.suffix(1))]
        } else if !rest.isEmpty {
            open.append(rest)
        }
    }
}
