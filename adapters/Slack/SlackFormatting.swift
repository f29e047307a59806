package import Chat
internal import Kit

/// Markdown for Slack's markdown blocks and streams: standard Markdown, rewritten from the tree so that it contains no
/// mention, raw HTML, hidden address or image to fetch.
///
/// Inline marks never span lines; fences and tables are frames, so that a cut closes and reopens them.
package struct SlackFormatting: MessageRenderer {
    package init() {}

    package func render(_ markdown: String) -> RenderedText {
        SlackFormattingWriter.render(markdown)
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
            Self.apply(Array(run), &open)
        }
        return (open.reversed().flatMap { $0 }, open.flatMap { $0 })
    }

    /// Lets a run of marks close open ones, or open new ones.
    private static func apply(_ run: [UInt8], _ open: inout [[UInt8]]) {
        if run.first == UInt8(ascii: "`") {
            if open.last == run {
                open.removeLast()
            } else if open.last?.first != UInt8(ascii: "`") {
                open.append(run)
            }
            return
        }
        // Inside code nothing else is a mark; a single tilde never is.
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
