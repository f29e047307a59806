package import Chat
internal import Markdown

/// Markdown as the markup that ``TelegramMarkup`` reads. Every line stands alone: what is open at its end is closed, and
/// opened again on the next one.
package struct TelegramFormatting: MessageRenderer {
    package init() {}

    package func render(_ markdown: String) -> RenderedText {
        var writer = TelegramFormattingWriter(capacity: markdown.utf8.count + markdown.utf8.count / 8)
        Markdown.walk(markdown, visitor: &writer)
        return writer.finish()
    }

    /// Closes what is open and opens it again. A tag or an escape that the cut went through is taken back on this side
    /// and begun anew on the other.
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
