internal import Primitives

/// Scans tokens and quoted strings in header values (RFC 9110 §5.6).
struct HTTPScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: some StringProtocol) {
        self.bytes = Array(text.utf8)
        self.skipBlanks()
    }

    var isAtEnd: Bool { self.position == self.bytes.count }

    mutating func skipBlanks() {
        while self.position < self.bytes.count, self.bytes[self.position].isBlank { self.position += 1 }
    }

    /// Skips `byte` if it is next.
    mutating func skip(_ byte: UInt8) -> Bool {
        guard self.position < self.bytes.count, self.bytes[self.position] == byte else { return false }
        self.position += 1
        return true
    }

    mutating func token() -> String? {
        let start = self.position
        while self.position < self.bytes.count, ByteSet.token.contains(self.bytes[self.position]) { self.position += 1 }
        return self.position > start ? String(decoding: self.bytes[start..<self.position], as: UTF8.self) : nil
    }

    mutating func tokenOrQuoted() -> String? {
        guard self.skip(0x22) else { return self.token() }
        var value: [UInt8] = []
        while self.position < self.bytes.count {
            var byte = self.bytes[self.position]
            self.position += 1
            // Backslashes that are gone may have broken a run of combining marks.
            if byte == 0x22 { return String(validating: value, as: UTF8.self).map { StreamSafeText.of($0) } }
            if byte == 0x5C {
                guard self.position < self.bytes.count else { return nil }
                byte = self.bytes[self.position]
                self.position += 1
            }
            value.append(byte)
        }
        return nil
    }

    /// The text as a quoted string.
    static func quoted(_ text: String) -> String {
        var output: [UInt8] = [0x22]
        for byte in text.utf8 {
            if byte == 0x22 || byte == 0x5C { output.append(0x5C) }
            output.append(byte)
        }
        output.append(0x22)
        return String(decoding: output, as: UTF8.self)
    }
}
