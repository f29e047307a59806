package import HTTP
internal import Primitives

/// Parses request heads in pieces of any size. Accepts only heads that are unambiguous by RFC 9112.
///
/// Pass bytes to ``parse(_:)`` as they arrive; an error is thrown at the first invalid byte.
package struct RequestParser: Sendable {
    /// The limit of empty lines before a request.
    private static let mostEmptyLines = 8

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
    private var emptyLines = 0
    private var storage: [UInt8] = []
    private var lines = FieldLineParser()
    private var methodEnd = 0
    private var targetEnd = 0

    package init(limits: HeadLimits = HeadLimits()) {
        self.limits = limits
    }

    /// Whether a head has started but is incomplete.
    package var isInsideHead: Bool { self.state != .start && self.state != .startLineFeed }

    /// The path in a request line that has been read up to the path's end; nil before, and for targets in other forms.
    /// Also available after an error.
    var path: Substring? {
        guard self.methodEnd > 0 else { return nil }
        let target = self.storage[(self.methodEnd + 1)...]
        guard target.first == 0x2F, let end = target.firstIndex(where: { $0 == 0x3F || $0 == 0x20 }) else { return nil }
        return Substring(decoding: target[..<end], as: UTF8.self)
    }

    /// Returns the number of bytes consumed, and the head once it is complete; bytes after it are left alone.
    package mutating func parse(
        _ bytes: borrowing Span<UInt8>
    ) throws(HTTPServerError) -> (consumed: Int, head: RequestHead?) {
        var position = try self.skipEmptyLines(bytes)
        guard self.state != .start, self.state != .startLineFeed else { return (position, nil) }
        let start = position
        let shift = self.storage.count - start
        let end = min(bytes.count, self.limits.bytes - shift)
        var isComplete = false
        do throws(HTTPServerError) {
            if self.state != .fields { try self.parseRequestLine(bytes, at: &position, end: end, shift: shift) }
            if self.state == .fields {
                isComplete = try self.parseFields(bytes, at: &position, end: end, shift: shift)
            }
        } catch {
            self.keep(bytes.extracting(start..<position))
            throw error
        }
        self.keep(bytes.extracting(start..<position))
        guard isComplete else {
            guard self.storage.count < self.limits.bytes else {
                throw HTTPServerError(.headTooLarge, "the request head is longer than \(self.limits.bytes) bytes")
            }
            return (position, nil)
        }
        return (position, try self.finish())
    }

    private mutating func parseFields(
        _ bytes: borrowing Span<UInt8>, at position: inout Int, end: Int, shift: Int
    ) throws(HTTPServerError) -> Bool {
        do {
            return try self.lines.parse(
                bytes, at: &position, end: end, shift: shift, maximumCount: self.limits.fields)
        } catch {
            throw HTTPServerError(error)
        }
    }

    private mutating func keep(_ bytes: borrowing Span<UInt8>) {
        self.storage.append(contentsOf: bytes)
    }

    /// Skips a few empty lines before a request (RFC 9112 §2.2); old clients send one after a body.
    private mutating func skipEmptyLines(_ bytes: borrowing Span<UInt8>) throws(HTTPServerError) -> Int {
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            if self.state == .start, byte == 0x0D, self.emptyLines < Self.mostEmptyLines {
                self.state = .startLineFeed
                self.emptyLines += 1
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
                    throw .malformed("the request does not start with a method")
                }
            case .target:
                // No fragments: clients must not send them, and intermediaries handle them differently.
                while position < end, bytes[position] > 0x20, bytes[position] < 0x7F, bytes[position] != 0x23 {
                    position += 1
                }
                guard position + shift - self.methodEnd - 1 <= self.limits.target else {
                    throw HTTPServerError(.targetTooLong, "the URL is longer than \(self.limits.target) bytes")
                }
                guard position < end else { return }
                guard bytes[position] == 0x20, position + shift > self.methodEnd + 1 else {
                    throw .malformed("the request target is empty or contains an invalid character")
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
        let request = HeadChecker.RequestLine(
            method: 0..<self.methodEnd, target: self.methodEnd + 1..<self.targetEnd, version: self.targetEnd + 1)
        let head = try HeadChecker(storage: storage, fields: fields).head(of: request)
        self = RequestParser(limits: self.limits)
        return head
    }
}
