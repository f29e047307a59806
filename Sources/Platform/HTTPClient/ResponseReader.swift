package import HTTP
internal import Primitives

/// Reads a response from the bytes of an HTTP/1.1 connection (RFC 9112 §6). Pure.
package struct ResponseReader {
    package enum Event {
        case head(ResponseHead)
        /// Body bytes at these positions.
        case body(Range<Int>)
        case end
        case needsMore
    }

    private enum Phase {
        case head
        case length(Int)
        case chunked(ChunkedBodyParser)
        case untilClose
        case over
    }

    private let method: HTTPMethod
    private let host: String
    private var heads: ResponseHeadReader
    /// The beginning of a line of the head.
    private var line: [UInt8] = []
    private let limit: Int
    private var phase = Phase.head
    /// Whether the connection serves another request after this response.
    package private(set) var keepsConnection = false

    package init(to method: HTTPMethod, limit: Int, host: String) {
        self.method = method
        self.host = host
        self.limit = limit
        self.heads = ResponseHeadReader(limit: limit, host: host)
    }

    /// Continues from `position` and advances it past the consumed bytes.
    package mutating func next(_ bytes: Span<UInt8>, from position: inout Int) throws(HTTPClientError) -> Event {
        switch self.phase {
        case .head: return try self.readHead(bytes, from: &position)
        case .over: return .end
        case .length(let remaining):
            let count = min(remaining, bytes.count - position)
            guard count > 0 else { return .needsMore }
            self.phase = count == remaining ? .over : .length(remaining - count)
            defer { position += count }
            return .body(position..<position + count)
        case .untilClose:
            guard position < bytes.count else { return .needsMore }
            defer { position = bytes.count }
            return .body(position..<bytes.count)
        case .chunked(var chunks):
            self.phase = .over  // so that the parser is changed in place
            let event: ChunkedBodyParser.Event
            do {
                event = try chunks.next(bytes, from: &position)
            } catch {
                throw HTTPClientError.invalidResponse(self.host, error.message)
            }
            if case .end = event { return .end }
            self.phase = .chunked(chunks)
            if case .data(let range) = event { return .body(range) }
            return .needsMore
        }
    }

    /// The server has closed the connection. Throws if the response is incomplete.
    ///
    /// - Parameter isCut: Whether TLS did not announce the end, so that somebody else may have cut the connection
    ///   (RFC 9112 §9.8).
    package mutating func end(isCut: Bool = false) throws(HTTPClientError) {
        switch self.phase {
        case .untilClose where isCut: throw self.closed("body")
        case .over, .untilClose: self.phase = .over
        case .head: throw self.closed("head")
        case .length, .chunked: throw self.closed("body")
        }
    }

    private mutating func readHead(
        _ bytes: Span<UInt8>, from position: inout Int
    ) throws(HTTPClientError) -> Event {
        while position < bytes.count {
            let start = position
            while position < bytes.count, bytes[position] != 0x0A { position += 1 }
            let isWhole = position < bytes.count
            if isWhole { position += 1 }
            let piece = bytes.extracting(start..<position)
            let head: ResponseHead?
            if isWhole, self.line.isEmpty {
                head = try self.heads.take(piece)
            } else {
                self.line.append(contentsOf: piece)
                guard self.line.count <= self.limit else { throw self.heads.tooLarge }
                guard isWhole else { return .needsMore }
                let line = self.line
                self.line = []
                head = try self.heads.take(line.span)
            }
            if let head { return try self.begin(head) }
        }
        return .needsMore
    }

    private mutating func begin(_ head: ResponseHead) throws(HTTPClientError) -> Event {
        guard head.version == "1.1" || head.version == "1.0" else {
            throw HTTPClientError.invalidResponse(self.host, "its version is not HTTP/1.1")
        }
        let isHTTP10 = head.version == "1.0", headers = head.headers
        let body: ResponseBodyFraming.Body
        do {
            body = try ResponseBodyFraming(headers, isHTTP10: isHTTP10).body(head.status, to: self.method)
        } catch {
            throw HTTPClientError.invalidResponse(self.host, error.message)
        }
        // Nearly always one `keep-alive`, or none.
        let isPersistent =
            headers.isOnly(.connection, "keep-alive")
            || (isHTTP10
                ? headers.contains("connection", token: "keep-alive")
                : !headers.contains(.connection) || !headers.contains("connection", token: "close"))
        self.keepsConnection = isPersistent && body != .untilEnd && !head.status.isInformational
        switch body {
        case .none: self.phase = .over
        case .length(let length): self.phase = .length(length)
        case .chunked: self.phase = .chunked(ChunkedBodyParser())
        case .untilEnd: self.phase = .untilClose
        }
        return .head(head)
    }

    private func closed(_ part: String) -> HTTPClientError {
        HTTPClientError(
            .closed, "\(self.host): the connection was closed before the response's \(part) was complete",
            mayHaveReachedServer: true)
    }
}
