package import Chat
internal import Kit

/// Renders Markdown as the markup that ``TelegramMarkup`` reads. Each line is self-contained: open tags are closed at
/// its end and reopened on the next line.
package struct TelegramFormatting: MessageRenderer {
    package init() {}

    package func render(_ markdown: String) -> RenderedText {
        TelegramFormattingWriter.render(markdown)
    }

    /// Closes the open tags and reopens them. A tag or escape split by the cut is discarded on this side and repeated
    /// on the other.
    package func seam(after bytes: ArraySlice<UInt8>) -> (close: [UInt8], open: [UInt8]) {
        var tags: [ArraySlice<UInt8>] = []
        var torn: ArraySlice<UInt8> = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "<") || byte == UInt8(ascii: "&") else {
                index += 1
                continue
            }
            let end = byte == UInt8(ascii: "<") ? UInt8(ascii: ">") : UInt8(ascii: ";")
            guard let close = bytes[index...].firstIndex(of: end) else {
                torn = bytes[index...]
                break
            }
            if byte == UInt8(ascii: "<") {
                if bytes[index + 1] == UInt8(ascii: "/") {
                    _ = tags.popLast()
                } else {
                    tags.append(bytes[index...close])
                }
            }
            index = close + 1
        }
        let closing = tags.reversed().flatMap { tag in
            Array("</".utf8) + tag.dropFirst().prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: ">") } + [0x3E]
        }
        return ((torn.isEmpty ? [] : [TelegramMarkup.tear]) + closing, tags.flatMap { Array($0) } + torn)
    }
}
