/// Parses header or trailer fields up to the empty line: CRLF only, names are tokens directly followed by a colon, no
/// folded lines, no control characters (RFC 9112 §5).
///
/// Field offsets are relative to the start of the caller's storage.
package struct FieldLineParser: Sendable {
    private enum State: UInt8 {
        case lineStart
        case name
        case beforeValue
        case value
        case lineFeed
        case lastLineFeed
    }

    private var state = State.lineStart
    private var nameStart = 0
    private var nameEnd = 0
    private var valueStart = 0
    private var fields: [HTTPHeaders.Field] = []

    package init() {}

    /// Parses from `position` up to `end`; a position plus `shift` is its offset in the storage. Returns `true` after
    /// the empty line.
    package mutating func parse(
        _ bytes: borrowing Span<UInt8>, at position: inout Int, end: Int, shift: Int, maximumCount: Int
    ) throws(HTTPSyntaxError) -> Bool {
        let token = ByteSet.token
        while position < end {
            let byte = bytes[position]
            switch self.state {
            case .lineStart:
                if byte == 0x0D {
                    self.state = .lastLineFeed
                } else {
                    try self.startName(byte, offset: position + shift, maximumCount: maximumCount)
                }
            case .name:
                while position < end, token.contains(bytes[position]) { position += 1 }
                guard position < end else { return false }
                guard bytes[position] == 0x3A else {
                    throw .malformed("a header name contains an invalid character, or a space before the colon")
                }
                self.nameEnd = position + shift
                self.state = .beforeValue
            case .beforeValue:
                if !byte.isBlank {
                    self.valueStart = position + shift
                    self.state = .value
                    continue
                }
            case .value:
                while position < end, Self.isText(bytes[position]) { position += 1 }
                guard position < end else { return false }
                guard bytes[position] == 0x0D else {
                    throw .malformed("a header value contains a control character, or its line ends without CR")
                }
                self.fields.append(
                    HTTPHeaders.Field(
                        nameStart: self.nameStart, nameEnd: self.nameEnd, valueStart: self.valueStart,
                        valueEnd: position + shift))
                self.state = .lineFeed
            case .lineFeed, .lastLineFeed:
                guard byte == 0x0A else { throw .malformed("a CR in the header is not followed by LF") }
                guard self.state == .lineFeed else {
                    position += 1
                    return true
                }
                self.state = .lineStart
            }
            position += 1
        }
        return false
    }

    private mutating func startName(_ byte: UInt8, offset: Int, maximumCount: Int) throws(HTTPSyntaxError) {
        guard ByteSet.token.contains(byte) else {
            throw .malformed(byte.isBlank ? "a folded header line" : "a header line does not start with a name")
        }
        guard self.fields.count < maximumCount else {
            throw HTTPSyntaxError(.tooLarge, "more than \(maximumCount) header fields")
        }
        if self.fields.isEmpty { self.fields.reserveCapacity(8) }
        self.nameStart = offset
        self.state = .name
    }

    /// The fields without trailing blanks in their values. Call it once the storage is complete.
    package consuming func trimmedFields(in storage: [UInt8]) -> [HTTPHeaders.Field] {
        for index in self.fields.indices {
            var end = Int(self.fields[index].valueEnd)
            let start = Int(self.fields[index].valueStart)
            while end > start, storage[end - 1].isBlank { end -= 1 }
            self.fields[index].valueEnd = UInt32(truncatingIfNeeded: end)
        }
        return self.fields
    }

    /// Whether it is a visible character, a blank or a byte above ASCII.
    @inline(__always)
    private static func isText(_ byte: UInt8) -> Bool {
        byte >= 0x20 ? byte != 0x7F : byte == 0x09
    }
}
