/// Makes text from elsewhere harmless on a terminal.
enum VisibleText {
    /// Shows control characters instead of obeying them: escape sequences can rewrite the screen, the title or the
    /// clipboard, and direction overrides can make a text read differently. Line feeds and tabs stay.
    static func of(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: Self.isHidden) else { return text }
        var result = ""
        var scalars = text.unicodeScalars.makeIterator()
        var next = scalars.next()
        while let scalar = next {
            next = scalars.next()
            switch scalar.value {
            case 0x0D where next == "\n": break
            case _ where !Self.isHidden(scalar): result.unicodeScalars.append(scalar)
            // The block of Unicode with a picture of each control character.
            case 0..<0x20: result.unicodeScalars.append(Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}")
            case 0x7F: result += "\u{2421}"
            default: result += "<U+\(String(scalar.value, radix: 16, uppercase: true))>"
            }
        }
        return result
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: false
        case 0..<0x20, 0x7F..<0xA0: true
        case 0x2028, 0x2029: true  // line and paragraph separators
        case 0x202A...0x202E, 0x2066...0x2069: true  // direction embeddings, overrides and isolates
        case 0xE0000...0xE007F: true  // tags, which are invisible
        default: false
        }
    }
}
