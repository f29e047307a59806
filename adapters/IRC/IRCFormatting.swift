package import Chat
internal import Markdown

/// Markdown as IRC shows it: formatting codes instead of marks, one message a line, no blank lines.
///
/// Bold, italic, strikethrough and monospace only, never colours, which channels may strip or refuse (mode +c). Every
/// line stands alone: formats that are open at its end are reset, and opened again on the next line.
package struct IRCFormatting: MessageRenderer {
    package init() {}

    package func render(_ markdown: String) -> RenderedText {
        var writer = IRCFormattingWriter(capacity: markdown.utf8.count + markdown.utf8.count / 8)
        Markdown.walk(markdown, visitor: &writer)
        return writer.finish()
    }

    package func seam(after bytes: ArraySlice<UInt8>) -> (close: [UInt8], open: [UInt8]) {
        var open: [UInt8] = []
        for byte in bytes {
            switch byte {
            case IRCCode.bold, IRCCode.italic, IRCCode.strike, IRCCode.monospace:
                if let index = open.firstIndex(of: byte) { open.remove(at: index) } else { open.append(byte) }
            case IRCCode.reset: open.removeAll(keepingCapacity: true)
            default: continue
            }
        }
        return (open.isEmpty ? [] : [IRCCode.reset], open)
    }
}
