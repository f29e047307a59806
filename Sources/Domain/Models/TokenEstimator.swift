/// Estimates the tokens of a text without a vocabulary.
///
/// One pass over the bytes with weights that were fitted to the o200k vocabulary on source code, Markdown and several
/// languages; `scripts/measure-tokens` measures the error, docs/models.md has the figures. ``safety`` makes it more
/// likely that we refuse a long prompt than that the endpoint does; ``TokenCalibration`` corrects the estimate by the
/// endpoint's counts.
package enum TokenEstimator {
    /// The factor for comparing an estimate with a limit.
    package static let safety = 1.12
    /// Tokens that the chat format adds to every message.
    package static let perMessage = 4
    /// Tokens that the chat format adds to every request.
    package static let perRequest = 3

    /// The estimate including ``safety``.
    package static func tokens(in text: String) -> Int {
        Int((self.weight(of: text) * self.safety).rounded(.up))
    }

    /// The estimate of whole messages and their chat format, including ``safety``.
    package static func tokens(in messages: [ModelMessage]) -> Int {
        messages.reduce(self.perRequest) { $0 + self.perMessage + $1.textTokens + $1.imageTokens }
    }

    /// The estimate itself, as often too low as too high.
    package static func weight(of text: String) -> Double {
        var scanner = TokenScanner()
        return scanner.scan(text.utf8.span)
    }
}

extension ModelMessage {
    /// What its images cost.
    package var imageTokens: Int { self.images.reduce(0) { $0 + $1.tokens } }
}

/// The weighted scan. Weights are tokens of the o200k vocabulary.
private struct TokenScanner {
    private enum Class: UInt8 { case lower, upper, digit, blank, newline, punctuation, lead }

    private var weight = 0.0
    /// The end of the last run that was checked and is not a blob, so that no run is scanned twice.
    private var checkedUntil = 0

    mutating func scan(_ bytes: borrowing Span<UInt8>) -> Double {
        var index = 0
        while index < bytes.count {
            switch Self.class(of: bytes[index]) {
            case .lower, .upper, .digit:
                if index >= self.checkedUntil, let end = self.blob(from: index, in: bytes) {
                    self.weight += 0.66 * Double(end - index)
                    index = end
                } else if Self.class(of: bytes[index]) == .digit {
                    index = self.digits(from: index, in: bytes)
                } else {
                    index = self.word(from: index, in: bytes)
                }
            case .blank:
                let end = Self.end(of: .blank, from: index, in: bytes)
                if end - index > 1 { self.weight += 0.88 }
                index = end
            case .newline:
                self.weight += 1.06
                index = Self.end(of: .newline, from: index, in: bytes)
            case .punctuation:
                let end = Self.end(of: .punctuation, from: index, in: bytes)
                let count = end - index
                self.weight += count == 1 ? 0.23 : count == 2 ? 0.94 : 0.94 + 0.018 * Double(count)
                index = end
            case .lead:
                index = self.scalar(from: index, in: bytes)
            }
        }
        return self.weight
    }

    /// The end of a base64, hexadecimal or identifier run: at least 24 bytes whose classes alternate often.
    private mutating func blob(from start: Int, in bytes: borrowing Span<UInt8>) -> Int? {
        var end = start
        var switches = 0
        var last = Self.class(of: bytes[start])
        while end < bytes.count, Self.isBlobByte(bytes[end]) {
            let current = Self.class(of: bytes[end])
            if current != last {
                switches += 1
                last = current
            }
            end += 1
        }
        self.checkedUntil = end
        let count = end - start
        return count >= 24 && Double(switches) > 0.22 * Double(count) ? end : nil
    }

    private mutating func digits(from start: Int, in bytes: borrowing Span<UInt8>) -> Int {
        let end = Self.end(of: .digit, from: start, in: bytes)
        // The vocabulary has every number of up to three digits.
        self.weight += 1.76 * Double((end - start + 2) / 3)
        return end
    }

    /// A run of ASCII letters, split by camel case: `[A-Z]?[a-z]+`, or `[A-Z]+` before a capitalised part.
    private mutating func word(from start: Int, in bytes: borrowing Span<UInt8>) -> Int {
        var index = start
        var isFirst = true
        while index < bytes.count {
            let capitals = Self.end(of: .upper, from: index, in: bytes)
            let letters = Self.end(of: .lower, from: capitals, in: bytes)
            if letters == index { break }
            // In `HTTPServer` the last capital begins the next part.
            let end = capitals - index > 1 && letters > capitals ? capitals - 1 : letters
            self.weight += isFirst ? 1.21 : 0.684
            switch end - index {
            case ...8: break
            case 9...12: self.weight += 0.775
            case let count: self.weight += 0.267 * Double(count)
            }
            isFirst = false
            index = end
        }
        return index
    }

    /// A scalar outside ASCII. The text is a `String`'s, so its UTF-8 is valid.
    private mutating func scalar(from start: Int, in bytes: borrowing Span<UInt8>) -> Int {
        let lead = bytes[start]
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        let second = start + 1 < bytes.count ? bytes[start + 1] : 0
        switch length {
        case 2: self.weight += Self.weightOfTwoBytes(lead)
        case 3: self.weight += Self.weightOfThreeBytes(UInt16(lead & 0x0F) << 12 | UInt16(second & 0x3F) << 6)
        default: self.weight += 1.82
        }
        return min(start + length, bytes.count)
    }

    private static func weightOfTwoBytes(_ lead: UInt8) -> Double {
        switch lead {
        case ..<0xCD: 0  // Latin with accents, phonetic letters, combining accents: part of the words around them
        case ..<0xD0: 0.41  // Greek
        case ..<0xD4: 0.30  // Cyrillic
        case 0xD6...0xDD: 0.385  // Hebrew, Arabic, Syriac
        default: 0.81
        }
    }

    private static func weightOfThreeBytes(_ scalar: UInt16) -> Double {
        switch scalar {
        case 0x3040..<0x3100: 0.77  // kana
        case 0x3400..<0xA000, 0xF900..<0xFB00: 0.88  // Han
        case 0xAC00..<0xD7C0, 0x1100..<0x1200: 0.76  // Hangul
        case 0x1E00..<0x1F00: 0  // Latin with accents
        case 0x1F00..<0x2000, 0xFB40..<0xFE00, 0xFE80..<0xFF00: 0.41  // Greek with accents, Arabic forms
        default: 0.81
        }
    }

    private static func end(of kind: Class, from start: Int, in bytes: borrowing Span<UInt8>) -> Int {
        var end = start
        while end < bytes.count, self.class(of: bytes[end]) == kind { end += 1 }
        return end
    }

    private static func `class`(of byte: UInt8) -> Class {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): .lower
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): .upper
        case UInt8(ascii: "0")...UInt8(ascii: "9"): .digit
        case 0x20, 0x09: .blank
        case 0x0A, 0x0D: .newline
        case 0x80...: .lead
        default: .punctuation
        }
    }

    private static func isBlobByte(_ byte: UInt8) -> Bool {
        switch self.class(of: byte) {
        case .lower, .upper, .digit: true
        case .punctuation:
            byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: "=") || byte == UInt8(ascii: "-")
        case .blank, .newline, .lead: false
        }
    }
}
