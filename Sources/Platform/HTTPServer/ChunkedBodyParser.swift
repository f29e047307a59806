package import HTTP

/// Reads a chunked body in pieces of any size (RFC 9112 §7.1), without the parts that are never used and often
/// misread: a chunk line is 1–15 hexadecimal digits and CRLF, nothing else.
package struct ChunkedBodyParser: Sendable {
    /// What was found in the bytes given.
    package enum Event: Sendable {
        /// Body bytes lie at these positions of the span.
        case data(Range<Int>)
        /// The body is over.
        case end(trailers: HTTPHeaders)
        /// All bytes are used up.
        case needsMore
    }

    private enum State: UInt8 {
        case firstDigit
        case digits
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
    private var storage: [UInt8] = []
    private var lines = FieldLineParser()

    package init(limits: HeadLimits = HeadLimits()) {
        self.limits = limits
    }

    /// Reads on from `position` and moves it behind what was used. After ``Event/end(trailers:)`` the parser is new.
    package mutating func next(
        _ bytes: borrowing Span<UInt8>, from position: inout Int
    ) throws(HTTPServerError) -> Event {
        while position < bytes.count {
            let byte = bytes[position]
            switch self.state {
            case .firstDigit, .digits:
                try self.readSize(byte)
            case .sizeLineFeed:
                guard byte == 0x0A else { throw .malformed("a chunk size's CR is not followed by LF") }
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

    private mutating func readSize(_ byte: UInt8) throws(HTTPServerError) {
        if let digit = byte.hexadecimalValue {
            if self.state == .firstDigit { (self.remaining, self.digitCount, self.state) = (0, 0, .digits) }
            self.digitCount += 1
            guard self.digitCount <= 15 else { throw .malformed("a chunk size of more than 15 digits") }
            self.remaining = self.remaining << 4 | Int(digit)
        } else {
            guard byte == 0x0D, self.state == .digits else {
                throw .malformed("a chunk line holds something other than a hexadecimal size and CRLF")
            }
            self.state = .sizeLineFeed
        }
    }

    private mutating func readTrailers(
        _ bytes: borrowing Span<UInt8>, from position: inout Int
    ) throws(HTTPServerError) -> Event {
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
                throw HTTPServerError(.headTooLarge, "the trailers are longer than \(self.limits.bytes) bytes")
            }
            return .needsMore
        }
        let trailers = HTTPHeaders(storage: self.storage, fields: self.lines.trimmedFields(in: self.storage))
        self = ChunkedBodyParser(limits: self.limits)
        // A trailer that tells about framing or routing would be a second opinion on them (RFC 9110 §6.5.1).
        for name in ["content-length", "transfer-encoding", "host", "connection", "trailer", "expect", "upgrade"]
        where trailers.contains(name) {
            throw .malformed("a trailer named \(name)")
        }
        return .end(trailers: trailers)
    }
}
