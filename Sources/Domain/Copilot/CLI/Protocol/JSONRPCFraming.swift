/// Splits a byte stream into the bodies of JSON-RPC messages, framed as in the Language Server Protocol:
/// `Content-Length: N`, an empty line, N bytes. Pure; accepts any pieces.
package struct JSONRPCFraming: Sendable {
    /// Why the rest of the stream can't be read.
    package struct Failure: Error, Sendable, Equatable {
        package let message: String
    }

    /// A header is two short lines.
    private static let maximumHeaderBytes = 1024
    private static let headerEnd: [UInt8] = [13, 10, 13, 10]

    /// Of a message, in bytes: all of it is in memory before it is parsed.
    package static let usualLimit = 8 << 20

    private let bodyLimit: Int
    private var buffer: [UInt8] = []
    /// The index of the next unread byte.
    private var head = 0
    /// The length of the current body.
    private var expected: Int?

    /// - Parameter bodyLimit: in bytes; a longer message is an error before it is read.
    package init(bodyLimit: Int = Self.usualLimit) {
        self.bodyLimit = bodyLimit
    }

    /// The bodies that `bytes` complete, the oldest first.
    package mutating func receive(_ bytes: [UInt8]) throws(Failure) -> [[UInt8]] {
        self.buffer += bytes
        var bodies: [[UInt8]] = []
        while true {
            if self.expected == nil { self.expected = try self.readHeader() }
            guard let expected = self.expected, self.buffer.count - self.head >= expected else { break }
            bodies.append(Array(self.buffer[self.head..<self.head + expected]))
            self.head += expected
            self.expected = nil
        }
        // Moved once per call, not once per message.
        self.buffer.removeFirst(self.head)
        self.head = 0
        return bodies
    }

    package static func frame(_ body: [UInt8]) -> [UInt8] {
        Array("Content-Length: \(body.count)\r\n\r\n".utf8) + body
    }

    /// The announced length, or nil while the header is incomplete.
    private mutating func readHeader() throws(Failure) -> Int? {
        let waiting = self.buffer[self.head...]
        guard let end = waiting.firstRange(of: Self.headerEnd) else {
            guard waiting.count <= Self.maximumHeaderBytes else { throw Failure(message: "a header without an end") }
            return nil
        }
        guard end.lowerBound - self.head <= Self.maximumHeaderBytes else {
            throw Failure(message: "a header of more than \(Self.maximumHeaderBytes) bytes")
        }
        var length: Int?
        for line in waiting[..<end.lowerBound].split(separator: 10) {
            guard let value = Self.contentLength(line) else { continue }
            guard length == nil else { throw Failure(message: "two Content-Length lines in one header") }
            guard let number = Self.number(value) else {
                throw Failure(message: "a Content-Length that is not a number")
            }
            guard number <= self.bodyLimit else {
                throw Failure(message: "a message of \(number) bytes; \(self.bodyLimit) are allowed")
            }
            length = number
        }
        guard let length else { throw Failure(message: "a header without Content-Length") }
        self.head = end.upperBound
        return length
    }

    /// The value of a `Content-Length` line; names are case-insensitive.
    private static func contentLength(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let name = line[..<colon].map { (65...90).contains($0) ? $0 + 32 : $0 }
        guard name == Array("content-length".utf8) else { return nil }
        return line[(colon + 1)...]
    }

    private static func number(_ value: ArraySlice<UInt8>) -> Int? {
        let isSpace = { (byte: UInt8) in byte == 32 || byte == 9 || byte == 13 }
        let digits = Array(Array(value.drop(while: isSpace)).reversed().drop(while: isSpace).reversed())
        // Ten digits exceed every limit and can't overflow.
        guard (1...10).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }
}
