internal import Primitives

/// What may be written into a task's line.
package enum TaskText {
    /// In characters.
    package static let limit = 500
    /// In bytes, before it is counted in characters: each may have thousands of marks.
    static let byteLimit = 64 << 10
    /// Of labels that one change sets.
    package static let labelLimit = 50

    /// One line without control and bidirectional characters, so that it can neither begin another task nor look like
    /// something else.
    package static func line(_ text: String) -> String {
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator: clean.append(" ")
            // Joiners make emoji and are needed by some scripts.
            case .format where scalar != "\u{200D}" && scalar != "\u{200C}": break
            default: clean.append(scalar)
            }
        }
        // What was removed may have been between two runs of marks.
        return StreamSafeText.of(String(clean)).split(separator: " ").joined(separator: " ")
    }

    /// One line of Markdown that shows every character as it is.
    package static func escaped(_ text: String) -> String { EscapedText.markdown(Self.line(text)) }

    /// One line without what could end a code span or begin a link or a mention.
    package static func plain(_ text: String) -> String { Self.line(text).filter { !"`*[]<>|\\".contains($0) } }

    /// Whether it can stand after `@`, `#` or `!`.
    package static func isWord(_ text: String) -> Bool { Self.isWord(Array(text.utf8)[...]) }

    static func isWord(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.allSatisfy({ $0 < 0x80 }) else { return Self.isUnicodeWord(String(decoding: bytes, as: UTF8.self)) }
        func isLetter(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard let first = bytes.first, isLetter(first), bytes.count <= 100 else { return false }
        return bytes.allSatisfy { isLetter($0) || Self.joints.contains($0) }
    }

    private static let joints = Array("-./:+&".utf8)

    private static func isUnicodeWord(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, text.utf8.count <= 100 else { return false }
        func isLetter(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_": true
            default:
                !scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            }
        }
        return isLetter(first)
            && text.unicodeScalars.allSatisfy { isLetter($0) || ($0.isASCII && Self.joints.contains(UInt8($0.value))) }
    }

    /// A day of the calendar, as in `2026-12-01`.
    package static func isDate(_ text: String) -> Bool { Self.isDate(Array(text.utf8)[...]) }

    static func isDate(_ bytes: ArraySlice<UInt8>) -> Bool {
        CivilTime.milliseconds(rfc3339: String(decoding: bytes, as: UTF8.self) + "T00:00:00Z") != nil
    }

    /// Whether it can be a link's address in a task's line.
    package static func isAddress(_ text: String) -> Bool {
        (text.hasPrefix("https://") || text.hasPrefix("http://")) && text.utf8.count <= 1_000
            && text.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0.value < 0x7F && !"()<>\"\\".unicodeScalars.contains($0)
            }
    }
}
