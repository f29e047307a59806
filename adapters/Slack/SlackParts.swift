/// Cuts text that ``SlackFormattingWriter`` wrote into its outermost blocks; blank lines stay with the block before.
enum SlackParts {
    static func parts(of text: String) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var lineStart = start
        var fence: Substring?
        var isAfterBlank = false
        while lineStart < text.endIndex {
            let lineEnd = text.utf8[lineStart...].firstIndex(of: 0x0A) ?? text.endIndex
            let next = lineEnd < text.endIndex ? text.utf8.index(after: lineEnd) : lineEnd
            let line = text[lineStart..<lineEnd]
            if let open = fence {
                if line == open {
                    fence = nil
                    isAfterBlank = true
                }
            } else if line.hasPrefix("```") || isAfterBlank && !line.isEmpty && line.first != " " {
                if start < lineStart { parts.append(text[start..<text.utf8.index(before: lineStart)]) }
                start = lineStart
                isAfterBlank = false
                if line.hasPrefix("```") { fence = line.prefix { $0 == "`" } }
            } else {
                isAfterBlank = line.isEmpty
            }
            lineStart = next
        }
        parts.append(text[start...])
        return parts
    }
}
