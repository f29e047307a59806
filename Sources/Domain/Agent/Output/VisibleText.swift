/// Makes hidden characters visible: control characters, and bidirectional marks ("Trojan Source", CVE-2021-42574), which
/// make a text look different from what it is. Line feeds and tabs stay.
package enum VisibleText {
    package static func of(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: Self.isHidden) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if !Self.isHidden(scalar) {
                result.unicodeScalars.append(scalar)
            } else if scalar.value < 0x20, let picture = Unicode.Scalar(0x2400 + scalar.value) {
                result.unicodeScalars.append(picture)
            } else {
                result += "⟨U+\(String(scalar.value, radix: 16, uppercase: true))⟩"
            }
        }
        return result
    }

    package static func of(_ bytes: some Collection<UInt8>) -> String {
        Self.of(String(decoding: bytes, as: UTF8.self))
    }

    /// On one line: line breaks are visible too.
    package static func line(_ text: String) -> String {
        Self.of(text).split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "␊")
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: false
        case 0..<0x20, 0x7F..<0xA0: true
        // Marks of direction, and what separates lines for some viewers only.
        case 0x202A...0x202E, 0x2066...0x2069, 0x200E, 0x200F, 0x061C, 0x2028, 0x2029: true
        // No width: blanks, joiners of nothing, the byte order mark, tags.
        case 0x200B, 0x2060, 0xFEFF, 0xE0000...0xE007F: true
        default: false
        }
    }
}
