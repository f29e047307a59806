/// Makes hidden characters visible: control characters, which rewrite a terminal's screen, and characters without width
/// or with a direction ("Trojan Source", CVE-2021-42574), which make a text look different from what it is. Tabs stay.
package enum VisibleText {
    package enum LineBreaks: Sendable {
        /// A line feed stays; a carriage return is shown.
        case kept
        /// As `kept`, but a carriage return before a line feed is dropped.
        case normalized
        /// All are shown, so the text has one line.
        case shown
    }

    package static func of(_ text: String, lineBreaks: LineBreaks = .kept) -> String {
        Self.of(text, lineBreaks, isStrict: false)
    }

    /// For people who decide by the text: also shows all else that is invisible or only looks like a space. Spaces, tabs
    /// and line feeds stay.
    package static func strict(_ text: String) -> String { Self.of(text, .kept, isStrict: true) }

    /// The same on one line: only spaces stay.
    package static func strictLine(_ text: String) -> String { Self.of(text, .shown, isStrict: true) }

    private static func of(_ text: String, _ lineBreaks: LineBreaks, isStrict: Bool) -> String {
        guard text.unicodeScalars.contains(where: { Self.isHidden($0, lineBreaks, isStrict) }) else { return text }
        var result = ""
        var scalars = text.unicodeScalars.makeIterator()
        var next = scalars.next()
        while let scalar = next {
            next = scalars.next()
            if !Self.isHidden(scalar, lineBreaks, isStrict) {
                result.unicodeScalars.append(scalar)
            } else if lineBreaks == .normalized, scalar == "\r", next == "\n" {
                continue
            } else {
                result += Self.picture(of: scalar, isStrict)
            }
        }
        return result
    }

    private static func picture(of scalar: Unicode.Scalar, _ isStrict: Bool) -> String {
        // The block of Unicode with a picture of each control character.
        if scalar.value < 0x20, let picture = Unicode.Scalar(0x2400 + scalar.value) { return String(picture) }
        if isStrict, scalar.value == 0x7F { return "\u{2421}" }
        let number = "U+\(String(scalar.value, radix: 16, uppercase: true))"
        return isStrict ? "<\(number)>" : "⟨\(number)⟩"
    }

    package static func of(_ bytes: some Collection<UInt8>) -> String {
        Self.of(String(decoding: bytes, as: UTF8.self))
    }

    /// On one line: line breaks are visible too.
    package static func line(_ text: String) -> String { Self.of(text, lineBreaks: .shown) }

    package static func line(_ bytes: some Collection<UInt8>) -> String {
        Self.line(String(decoding: bytes, as: UTF8.self))
    }

    private static func isHidden(_ scalar: Unicode.Scalar, _ lineBreaks: LineBreaks, _ isStrict: Bool) -> Bool {
        switch scalar.value {
        case 0x09: isStrict && lineBreaks == .shown
        case 0x0A: lineBreaks == .shown
        case 0x20..<0x7F: false
        case 0..<0x20, 0x7F..<0xA0: true
        // Separators of lines and paragraphs, which only some programs obey.
        case 0x2028, 0x2029: true
        // Marks, embeddings, overrides and isolates of direction.
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        // Zero-width characters: space, word joiner, byte order mark, tags.
        case 0x200B, 0x2060, 0xFEFF, 0xE0000...0xE007F: true
        default: isStrict && Self.isInvisible(scalar)
        }
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate, .privateUse,
            .unassigned:
            true
        default: scalar.properties.isDefaultIgnorableCodePoint
        }
    }
}
