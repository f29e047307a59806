package import HTTP
internal import Primitives

/// The status line and the headers of a response.
package struct ResponseHead: Sendable {
    package let status: HTTPStatus
    /// As in the status line: `1.1`, `1.0` or `2`.
    package let version: String
    package let headers: HTTPHeaders
}

/// Assembles response heads from their lines. Pure.
struct ResponseHeadReader {
    private enum State {
        case statusLine
        case fields(HTTPStatus, version: String)
        case trailers
    }

    private var state = State.statusLine
    private var storage: [UInt8] = []
    private var fields: [HTTPHeaders.Field] = []
    private var size = 0
    private let limit: Int
    private let host: String
    /// Fields are looked up one by one.
    private static let fieldLimit = 500

    init(limit: Int, host: String) {
        self.limit = limit
        self.host = host
    }

    /// Takes a line including its line break. Returns the head once it is complete; skips informational ones (1xx)
    /// except 101, which ends the exchange.
    mutating func take(_ line: Span<UInt8>) throws(HTTPClientError) -> ResponseHead? {
        self.size += line.count
        guard self.size <= self.limit else { throw self.tooLarge }
        var end = line.count
        while end > 0, line[end - 1] == 0x0D || line[end - 1] == 0x0A { end -= 1 }
        let text = line.extracting(..<end)
        switch self.state {
        case .statusLine:
            self.state = try self.statusLine(text)
            return nil
        case .fields(let status, let version):
            guard text.isEmpty else {
                try self.field(text)
                return nil
            }
            defer { (self.storage, self.fields) = ([], []) }
            if status.isInformational, status != .switchingProtocols {
                self.state = .statusLine
                return nil
            }
            self.state = .trailers
            return ResponseHead(status: status, version: version, headers: self.headers)
        case .trailers:
            // Checked like headers, then ignored.
            if !text.isEmpty { try self.field(text) }
            return nil
        }
    }

    /// `HTTP/1.1 200 OK`, or `HTTP/2 200`.
    private func statusLine(_ line: Span<UInt8>) throws(HTTPClientError) -> State {
        let version = Self.count(of: line, before: 0x20)
        var start = version
        while start < line.count, line[start] == 0x20 { start += 1 }
        let end = start + 3
        // `2`, `1.0` or `1.1`: a long run of combining marks takes seconds to compare.
        guard version > 5, version <= 8, start > version, line.count >= end, line.count == end || line[end] == 0x20,
            String(decoding: line.extracting(..<5)) == "HTTP/"
        else { throw self.invalid("its first line is not a status line") }
        var code = 0
        for index in start..<end {
            guard ByteSet.digits.contains(line[index]) else {
                throw self.invalid("its first line is not a status line")
            }
            code = code * 10 + Int(line[index] - 0x30)
        }
        guard code >= 100 else { throw self.invalid("its first line is not a status line") }
        return .fields(HTTPStatus(code), version: String(decoding: line.extracting(5..<version)))
    }

    private mutating func field(_ line: Span<UInt8>) throws(HTTPClientError) {
        if line[0].isBlank, !self.fields.isEmpty {
            // Obsolete line folding counts as one space (RFC 9112 §5.2).
            self.storage.append(0x20)
            self.add(value: line)
            self.fields[self.fields.count - 1].valueEnd = UInt32(truncatingIfNeeded: self.storage.count)
            return
        }
        guard self.fields.count < Self.fieldLimit else {
            throw self.tooLarge("has more than \(Self.fieldLimit) header fields")
        }
        let colon = Self.count(of: line, before: 0x3A)
        guard colon > 0, colon < line.count else { throw self.invalid("a header line has no name") }
        let token = ByteSet.token
        let nameStart = self.storage.count
        for index in 0..<colon where !token.contains(line[index]) {
            throw self.invalid("a header's name is not a token")
        }
        self.storage.append(contentsOf: line.extracting(..<colon))
        let valueStart = self.storage.count
        self.add(value: line.extracting((colon + 1)...))
        self.fields.append(
            HTTPHeaders.Field(
                nameStart: nameStart, nameEnd: valueStart, valueStart: valueStart, valueEnd: self.storage.count))
    }

    /// Adds a value without the blanks around it. Line breaks and NULs become spaces, so that no value can start a new
    /// line downstream.
    private mutating func add(value: Span<UInt8>) {
        var (start, end) = (0, value.count)
        while start < end, value[start].isBlank { start += 1 }
        while end > start, value[end - 1].isBlank { end -= 1 }
        let first = self.storage.count
        self.storage.append(contentsOf: value.extracting(start..<end))
        for index in first..<self.storage.count where self.storage[index].breaksLine { self.storage[index] = 0x20 }
    }

    /// The number of bytes before the first `byte`, or of all bytes.
    private static func count(of line: Span<UInt8>, before byte: UInt8) -> Int {
        for index in line.indices where line[index] == byte { return index }
        return line.count
    }

    private var headers: HTTPHeaders { HTTPHeaders(storage: self.storage, fields: self.fields) }

    var tooLarge: HTTPClientError { self.tooLarge("is larger than \(self.limit) bytes") }

    private func tooLarge(_ reason: String) -> HTTPClientError {
        HTTPClientError(.tooLarge, "\(self.host): the response's head \(reason)", mayHaveReachedServer: true)
    }

    private func invalid(_ reason: String) -> HTTPClientError { .invalidResponse(self.host, reason) }
}
