internal import Primitives

/// Decodes text, whose encoding the protocol does not define.
package enum IRCText {
    /// Decodes UTF-8 if the bytes are valid, else Windows-1252, which old clients send. Drops NUL; never fails.
    package static func decode(_ bytes: ArraySlice<UInt8>) -> String {
        let bytes = bytes.contains(0) ? ArraySlice(bytes.filter { $0 != 0 }) : bytes
        if let text = String(validating: bytes, as: UTF8.self) { return StreamSafeText.of(text) }
        var text = ""
        text.unicodeScalars.reserveCapacity(bytes.count)
        for byte in bytes { text.unicodeScalars.append(self.windows1252(byte)) }
        return text
    }

    package static func decode(_ bytes: [UInt8]) -> String { self.decode(bytes[...]) }

    /// Drops an incomplete UTF-8 character at the end of `bytes`.
    package static func droppingCutCharacter(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var start = bytes.endIndex
        while start > bytes.startIndex, bytes.endIndex - start < 4 {
            start -= 1
            let byte = bytes[start]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return bytes.endIndex - start < length ? bytes[..<start] : bytes
        }
        return bytes
    }

    private static func windows1252(_ byte: UInt8) -> Unicode.Scalar {
        guard (0x80..<0xA0).contains(byte) else { return Unicode.Scalar(byte) }
        return Unicode.Scalar(self.windows1252Upper[Int(byte) - 0x80]) ?? "\u{FFFD}"
    }

    /// 0x80–0x9F of Windows-1252; its five unassigned bytes map to Latin-1's control characters.
    private static let windows1252Upper: [UInt16] = [
        0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D,
        0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0x009D, 0x017E, 0x0178,
    ]
}
