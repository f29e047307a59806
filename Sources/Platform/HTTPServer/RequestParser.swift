internal import HTTP

/// Reads request heads, in pieces of any size, so that each accepted one has exactly one meaning by RFC 9112.
///
/// Bytes go in by ``parse(_:)`` as they arrive; what is wrong is found at the first byte that makes it wrong.
package struct RequestParser: Sendable {
    private enum State: UInt8 {
        case start
        case startLineFeed
        case method
        case target
        case version
        case lineFeed
        case fields
    }

    package let limits: HeadLimits
    private var state = State.start
    private var hasSkippedEmptyLine = false
    /// The head so far.
    private var storage: [UInt8] = []
    private var lines = FieldLineParser()
    private var methodEnd = 0
    private var targetEnd = 0

    package init(limits: HeadLimits = HeadLimits()) {
        self.limits = limits
    }

    /// Whether a head has begun but not ended.
    package var isInsideHead: Bool { self.state != .start && self.state != .startLineFeed }

    /// Reads on. Gives the number of bytes used, and the head once it is complete; bytes behind it are not touched.
    package mutating func parse(
        _ bytes: borrowing Span<UInt8>
    ) throws(HTTPServerError) -> (consumed: Int, head: RequestHead?) {
        var position = try self.skipEmptyLine(bytes)
        guard self.state != .start, self.state != .startLineFeed else { return (position, nil) }
        let start = position
        let shift = self.storage.count - start
        let end = min(bytes.count, self.limits.bytes - shift)
        if self.state != .fields {
            try self.parseRequestLine(bytes, at: &position, end: end, shift: shift)
        }
        var isComplete = false
        if self.state == .fields {
            isComplete = try self.lines.parse(
                bytes, at: &position, end: end, shift: shift, maximumCount: self.limits.fields)
        }
        unsafe bytes.extracting(start..<position).withUnsafeBufferPointer {
            unsafe self.storage.append(contentsOf: $0)
        }
        guard isComplete else {
            guard self.storage.count < self.limits.bytes else {
                throw HTTPServerError(.headTooLarge, "the request head is longer than \(self.limits.bytes) bytes")
            }
            return (position, nil)
        }
        return (position, try self.finish())
    }

    /// One empty line before a request is passed over (RFC 9112 §2.2); old clients send it behind a body.
    private mutating func skipEmptyLine(_ bytes: borrowing Span<UInt8>) throws(HTTPServerError) -> Int {
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            if self.state == .start, byte == 0x0D, !self.hasSkippedEmptyLine {
                self.state = .startLineFeed
                self.hasSkippedEmptyLine = true
            } else if self.state == .startLineFeed {
                guard byte == 0x0A else { throw .malformed("a CR before the request is not followed by LF") }
                self.state = .start
            } else {
                if self.state == .start { self.state = .method }
                break
            }
            position += 1
        }
        return position
    }

    private mutating func parseRequestLine(
        _ bytes: borrowing Span<UInt8>, at position: inout Int, end: Int, shift: Int
    ) throws(HTTPServerError) {
        let token = ByteSet.token
        while position < end {
            let byte = bytes[position]
            let offset = position + shift
            switch self.state {
            case .method:
                if byte == 0x20, offset > 0 {
                    self.methodEnd = offset
                    self.state = .target
                } else if !token.contains(byte) || offset >= self.limits.method {
                    throw .malformed("the request does not begin with a method")
                }
            case .target:
                // No fragment: a client must not send one, and intermediaries disagree about it.
                while position < end, bytes[position] > 0x20, bytes[position] < 0x7F, bytes[position] != 0x23 {
                    position += 1
                }
                guard position + shift - self.methodEnd - 1 <= self.limits.target else {
                    throw HTTPServerError(.targetTooLong, "the URL is longer than \(self.limits.target) bytes")
                }
                guard position < end else { return }
                guard bytes[position] == 0x20, position + shift > self.methodEnd + 1 else {
                    throw .malformed("the request target is empty or holds a character that is not allowed")
                }
                self.targetEnd = position + shift
                self.state = .version
            case .version:
                try self.checkVersion(byte, index: offset - self.targetEnd - 1)
            case .lineFeed:
                guard byte == 0x0A else { throw .malformed("the request line's CR is not followed by LF") }
                self.state = .fields
                position += 1
                return
            case .start, .startLineFeed, .fields:
                return
            }
            position += 1
        }
    }

    private mutating func checkVersion(_ byte: UInt8, index: Int) throws(HTTPServerError) {
        let isRight =
            switch index {
            case 0: byte == 0x48
            case 1, 2: byte == 0x54
            case 3: byte == 0x50
            case 4: byte == 0x2F
            case 5, 7: ByteSet.digits.contains(byte)
            case 6: byte == 0x2E
            default: byte == 0x0D
            }
        guard isRight else { throw .malformed("the request line does not end with HTTP/1.1 and CRLF") }
        if index == 8 { self.state = .lineFeed }
    }

    private mutating func finish() throws(HTTPServerError) -> RequestHead {
        let storage = self.storage
        let fields = self.lines.trimmedFields(in: storage)
        let request = RequestLine(
            method: 0..<self.methodEnd, target: self.methodEnd + 1..<self.targetEnd, version: self.targetEnd + 1)
        self = RequestParser(limits: self.limits)
        return try HeadChecker(storage: storage, fields: fields).head(of: request)
    }
}
