internal import Primitives

/// Parses a chunked body in pieces of any size (RFC 9112 §7.1). A chunk line is 1–15 hexadecimal digits, ignored
/// extensions (§7.1.1) and CRLF; a bare CR or LF, also inside a quoted extension, is rejected, because servers read it
/// differently.
package struct ChunkedBodyParser: Sendable {
    package enum Event: Sendable {
        /// Body bytes at these positions of the span.
        case data(Range<Int>)
        /// The body and its trailers have been read.
        case end
        /// All bytes have been consumed.
        case needsMore
    }

    private enum State: UInt8 {
        case firstDigit
        case digits
        /// Blanks between the size and an extension's semicolon.
        case beforeExtension
        case inExtension
        case sizeLineFeed
        case data
        case dataReturn
        case dataLineFeed
        case trailers
    }

    package let limits: HeadLimits
    private var state = State.firstDigit
    private var digitCount = 0
    private var remaining = 0
    /// The bytes of extensions beyond twice the data; limited, so that a body cannot consist of extensions alone.
    private var excess = 0
    private static let excessLimit = 16 * 1024
    private var storage: [UInt8] = []
    private var lines = FieldLineParser()

    package init(limits: HeadLimits = HeadLimits()) {
        self.limits = limits
    }

    /// Continues from `position` and advances it past the consumed bytes. ``Event/end`` resets the parser.
    package mutating func next(
        _ bytes: borrowing Span<UInt8>, from position: inout Int
    ) throws(HTTPSyntaxError) -> Event {
        while position < bytes.count {
            let byte = bytes[position]
            switch self.state {
            case .firstDigit, .digits:
                try self.readSize(byte)
            case .beforeExtension, .inExtension:
                try self.skipExtension(byte)
            case .sizeLineFeed:
                guard byte == 0x0A else { throw .malformed("a chunk size's CR is not followed by LF") }
                self.excess = max(0, self.excess - 2 * self.remaining)
                self.state = self.remaining == 0 ? .trailers : .data
            case .data:
                let end = position + min(self.remaining, bytes.count - position)
                let range = position..<end
                self.remaining -= range.count
                if self.remaining == 0 { self.state = .dataReturn }
                position = end
                return .data(range)
            case .dataReturn:
                guard byte == 0x0D else { throw .malformed("a chunk is longer than its size") }
                self.state = .dataLineFeed
            case .dataLineFeed:
                guard byte == 0x0A else { throw .malformed("a chunk's CR is not followed by LF") }
                self.state = .firstDigit
            case .trailers:
                return try self.readTrailers(bytes, from: &position)
            }
            position += 1
        }
        return .needsMore
    }

    private mutating func readSize(_ byte: UInt8) throws(HTTPSyntaxError) {
        if let digit = byte.hexadecimalValue {
            if self.state == .firstDigit { (self.remaining, self.digitCount, self.state) = (0, 0, .digits) }
            self.digitCount += 1
            guard self.digitCount <= 15 else { throw .malformed("a chunk size of more than 15 digits") }
            self.remaining = self.remaining << 4 | Int(digit)
        } else {
            guard self.state == .digits, byte == 0x0D || byte == 0x3B || byte.isBlank else {
                throw .malformed("a chunk line does not begin with a hexadecimal size")
            }
            self.state = byte == 0x0D ? .sizeLineFeed : byte == 0x3B ? .inExtension : .beforeExtension
        }
    }

    private mutating func skipExtension(_ byte: UInt8) throws(HTTPSyntaxError) {
        self.excess += 1
        guard self.excess <= Self.excessLimit else { throw .malformed("the chunk extensions are too long") }
        if self.state == .beforeExtension {
            guard byte == 0x3B || byte.isBlank else {
                throw .malformed("a chunk size is followed by something other than an extension or CRLF")
            }
            if byte == 0x3B { self.state = .inExtension }
        } else if byte == 0x0D {
            self.state = .sizeLineFeed
        } else if byte != 0x09, byte < 0x20 || byte == 0x7F {
            throw .malformed("a chunk extension contains a control character")
        }
    }

    private mutating func readTrailers(
        _ bytes: borrowing Span<UInt8>, from position: inout Int
    ) throws(HTTPSyntaxError) -> Event {
        let start = position
        let shift = self.storage.count - start
        let end = min(bytes.count, self.limits.bytes - shift)
        let isComplete = try self.lines.parse(
            bytes, at: &position, end: end, shift: shift, maximumCount: self.limits.fields)
        unsafe bytes.extracting(start..<position).withUnsafeBufferPointer {
            unsafe self.storage.append(contentsOf: $0)
        }
        guard isComplete else {
            guard self.storage.count < self.limits.bytes else {
                throw HTTPSyntaxError(.tooLarge, "the trailers are longer than \(self.limits.bytes) bytes")
            }
            return .needsMore
        }
        let trailers = HTTPHeaders(storage: self.storage, fields: self.lines.trimmedFields(in: self.storage))
        self = ChunkedBodyParser(limits: self.limits)
        // Trailers must not redefine framing or routing (RFC 9110 §6.5.1).
        for name in ["content-length", "transfer-encoding", "host", "connection", "trailer", "expect", "upgrade"]
        where trailers.contains(name) {
            throw .malformed("a trailer named \(name)")
        }
        return .end
    }
}
