/// Text from elsewhere as people must see it before they approve it: nothing in it is invisible, and nothing changes how
/// the rest is read.
enum ShownText {
    /// Shows control characters, direction marks, invisible characters and spaces that only look like one. Spaces, tabs
    /// and line feeds stay.
    static func of(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: Self.isHidden) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if Self.isHidden(scalar) {
                result += Self.picture(of: scalar)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The same for a room where each line is a message: such rooms lose tabs, empty lines and blanks at the end.
    static func ofLines(_ text: String) -> String {
        Self.of(text).unicodeScalars.split(omittingEmptySubsequences: false) { $0 == "\n" }.map { line in
            let end = line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex
            let rest = line[end...].map { _ in "\u{2420}" }.joined()
            let shown = String(line[..<end].map { $0 == "\t" ? "\u{2409}" : Character($0) }) + rest
            return shown.isEmpty ? "\u{2424}" : shown
        }.joined(separator: "\n")
    }

    /// On one line.
    static func ofLine(_ text: String) -> String {
        String(Self.of(text).unicodeScalars.map { $0 == "\n" ? "\u{240A}" : $0 == "\t" ? "\u{2409}" : Character($0) })
    }

    private static func picture(of scalar: Unicode.Scalar) -> String {
        switch scalar.value {
        // The block of Unicode with a picture of each control character.
        case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value).map { String(Character($0)) } ?? "\u{FFFD}"
        case 0x7F: "\u{2421}"
        default: "<U+\(String(scalar.value, radix: 16, uppercase: true))>"
        }
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x20...0x7E: return false
        case 0..<0xA0: return true
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate, .privateUse,
            .unassigned:
            return true
        default: return scalar.properties.isDefaultIgnorableCodePoint
        }
    }
}
