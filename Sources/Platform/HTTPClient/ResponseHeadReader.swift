internal import HTTP

/// Assembles response heads from the header lines that libcurl delivers one by one. Pure.
struct ResponseHeadReader {
    struct Head: Sendable {
        var status: HTTPStatus
        var version: String
        var headers: HTTPHeaders
    }

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

    init(limit: Int, host: String) {
        self.limit = limit
        self.host = host
    }

    /// Takes a line including its line break. Returns the head once it is complete; skips informational ones (1xx)
    /// except 101, which ends the exchange.
    mutating func take(_ line: [UInt8]) throws(HTTPClientError) -> Head? {
        self.size += line.count
        guard self.size <= self.limit else {
            throw HTTPClientError(
                .tooLarge, "\(self.host): the response's head is larger than \(self.limit) bytes",
                mayHaveReachedServer: true)
        }
        let end = line.lastIndex { $0 != 0x0D && $0 != 0x0A } ?? -1
        let text = line[0..<(end + 1)]
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
            return Head(status: status, version: version, headers: self.headers)
        case .trailers:
            // Checked like headers, then ignored.
            if !text.isEmpty { try self.field(text) }
            return nil
        }
    }

    /// `HTTP/1.1 200 OK`, or `HTTP/2 200`.
    private func statusLine(_ line: ArraySlice<UInt8>) throws(HTTPClientError) -> State {
        let parts = line.split(separator: 0x20, maxSplits: 2)
        guard parts.count >= 2, parts[0].starts(with: "HTTP/".utf8), parts[1].count == 3,
            let code = Int(String(decoding: parts[1], as: UTF8.self)), code >= 100
        else { throw self.invalid("its first line is not a status line") }
        return .fields(HTTPStatus(code), version: String(decoding: parts[0].dropFirst(5), as: UTF8.self))
    }

    private mutating func field(_ line: ArraySlice<UInt8>) throws(HTTPClientError) {
        if line.first?.isBlank == true, !self.fields.isEmpty {
            // Obsolete line folding counts as one space (RFC 9112 §5.2).
            self.add(value: [0x20] + line.drop(while: \.isBlank))
            self.fields[self.fields.count - 1].valueEnd = UInt32(truncatingIfNeeded: self.storage.count)
            return
        }
        guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex else {
            throw self.invalid("a header line has no name")
        }
        let value = line[(colon + 1)...].drop(while: \.isBlank)
        let end = value.lastIndex { !$0.isBlank }.map { $0 + 1 } ?? value.startIndex
        let name = line[..<colon]
        guard name.allSatisfy(ByteSet.token.contains) else { throw self.invalid("a header's name is not a token") }
        let nameStart = self.storage.count
        self.storage += name
        let valueStart = self.storage.count
        self.add(value: value[value.startIndex..<end])
        self.fields.append(
            HTTPHeaders.Field(
                nameStart: nameStart, nameEnd: valueStart, valueStart: valueStart, valueEnd: self.storage.count))
    }

    /// Line breaks and NULs become spaces, so that no value can start a new line downstream.
    private mutating func add(value: some Collection<UInt8>) {
        for byte in value { self.storage.append(byte == 0x0D || byte == 0x0A || byte == 0 ? 0x20 : byte) }
    }

    private var headers: HTTPHeaders { HTTPHeaders(storage: self.storage, fields: self.fields) }

    private func invalid(_ reason: String) -> HTTPClientError {
        HTTPClientError(
            .invalidResponse, "\(self.host): the response is invalid: \(reason)", mayHaveReachedServer: true)
    }
}
