internal import CMarkGFM

/// Backslashes that stay: models write formulas such as `\(a^2\)`, `\[x\]` and `a\,b`, in which CommonMark sees
/// escaped signs.
///
/// An escaped bracket must stay without meaning, or `\[x\](y)` would be a link. So the parser gets other bytes for such
/// brackets, and the tree gets the brackets back.
enum MarkdownEscapes {
    private static let standIns: (open: UInt8, close: UInt8) = (0x01, 0x02)

    /// The text with other bytes for its escaped brackets, or nil if it has none.
    static func hidingBrackets(in text: Span<UInt8>) -> [UInt8]? {
        var hidden: [UInt8]?
        var isAfterBackslash = false
        for index in text.indices {
            let byte = text[index]
            if byte == Self.standIns.open || byte == Self.standIns.close {
                // Then its brackets are escaped as everywhere else.
                return nil
            }
            if isAfterBackslash, byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]") {
                var bytes = unsafe hidden.take() ?? text.withUnsafeBytes { unsafe Array($0) }
                bytes[index] = byte == UInt8(ascii: "[") ? Self.standIns.open : Self.standIns.close
                hidden = bytes
            }
            isAfterBackslash = byte == UInt8(ascii: "\\") && !isAfterBackslash
        }
        return hidden
    }

    /// Whether a backslash before `character` escapes it: for all ASCII punctuation but what only formulas use.
    static func isEscaped(_ character: CChar) -> Bool {
        switch UInt8(bitPattern: character) {
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ","),
            UInt8(ascii: ";"):
            false
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }

    /// Puts hidden brackets back into a parsed tree.
    static func showBrackets(in root: UnsafeMutablePointer<cmark_node>) {
        guard let nodes = unsafe cmark_iter_new(root) else { return }
        defer { unsafe cmark_iter_free(nodes) }
        while true {
            let event = unsafe cmark_iter_next(nodes)
            guard event != CMARK_EVENT_DONE else { return }
            guard event == CMARK_EVENT_ENTER, let node = unsafe cmark_iter_get_node(nodes) else { continue }
            switch unsafe cmark_node_type(UInt32(node.pointee.type)) {
            case CMARK_NODE_TEXT, CMARK_NODE_CODE, CMARK_NODE_HTML_INLINE, CMARK_NODE_HTML_BLOCK:
                unsafe Self.showBrackets(in: &node.pointee.as.literal)
            case CMARK_NODE_CODE_BLOCK:
                unsafe Self.showBrackets(in: &node.pointee.as.code.info, isUnescaped: true)
                unsafe Self.showBrackets(in: &node.pointee.as.code.literal)
            case CMARK_NODE_LINK, CMARK_NODE_IMAGE:
                unsafe Self.showBrackets(in: &node.pointee.as.link.url, isUnescaped: true)
            default: break
            }
        }
    }

    /// - Parameter isUnescaped: The parser has removed the other backslashes that escape.
    private static func showBrackets(in chunk: inout cmark_chunk, isUnescaped: Bool = false) {
        guard let data = unsafe chunk.data else { return }
        var end = 0
        for index in unsafe 0..<Int(chunk.len) {
            let byte = unsafe data[index]
            let isBracket = byte == Self.standIns.open || byte == Self.standIns.close
            if isBracket, isUnescaped, end > 0 { end -= 1 }
            let bracket = byte == Self.standIns.open ? UInt8(ascii: "[") : UInt8(ascii: "]")
            if isBracket || end < index { unsafe data[end] = isBracket ? bracket : byte }
            end += 1
        }
        unsafe chunk.len = Int32(end)
    }
}
