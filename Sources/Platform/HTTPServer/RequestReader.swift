internal import HTTP

/// Reads one request after the other: heads, and the bodies that belong to them.
struct RequestReader: Sendable {
    enum Event: Sendable {
        /// A head. Its body follows as ``body(_:)`` and ``end(trailers:)`` unless its framing is `none`.
        case head(RequestHead)
        /// Body bytes lie at these positions.
        case body(Range<Int>)
        case end(trailers: HTTPHeaders)
        case needsMore
    }

    private enum Phase: Sendable {
        case head
        case length(Int)
        case chunked(ChunkedBodyParser)
    }

    private var parser: RequestParser
    private var phase = Phase.head

    init(limits: HeadLimits) {
        self.parser = RequestParser(limits: limits)
    }

    /// Whether a head has begun but not ended.
    var isInsideHead: Bool { self.parser.isInsideHead }

    /// Whether a body is being read.
    var isInsideBody: Bool { if case .head = self.phase { false } else { true } }

    /// The bytes that are still to come of a body whose length was given.
    var remainingLength: Int? { if case .length(let remaining) = self.phase { remaining } else { nil } }

    /// Reads on from `position` and moves it behind what was used.
    mutating func next(
        _ bytes: borrowing Span<UInt8>, from position: inout Int
    ) throws(HTTPServerError) -> Event {
        switch self.phase {
        case .head:
            guard position < bytes.count else { return .needsMore }
            let (consumed, head) = try self.parser.parse(bytes.extracting(position...))
            position += consumed
            guard let head else { return .needsMore }
            switch head.framing {
            case .none: break
            case .length(let length): self.phase = .length(length)
            case .chunked: self.phase = .chunked(ChunkedBodyParser(limits: self.parser.limits))
            }
            return .head(head)
        case .length(0):
            self.phase = .head
            return .end(trailers: HTTPHeaders())
        case .length(let remaining):
            let count = min(remaining, bytes.count - position)
            guard count > 0 else { return .needsMore }
            self.phase = .length(remaining - count)
            defer { position += count }
            return .body(position..<position + count)
        case .chunked(var chunks):
            self.phase = .head  // so that the parser is changed in place
            let event = try chunks.next(bytes, from: &position)
            if case .end(let trailers) = event { return .end(trailers: trailers) }
            self.phase = .chunked(chunks)
            if case .data(let range) = event { return .body(range) }
            return .needsMore
        }
    }
}
