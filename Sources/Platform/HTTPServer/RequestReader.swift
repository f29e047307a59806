internal import HTTP

/// Parses consecutive requests: each head and its body.
struct RequestReader: Sendable {
    enum Event: Sendable {
        /// Unless the head's framing is `none`, ``body(_:)`` and ``end`` follow.
        case head(RequestHead)
        /// Body bytes at these positions.
        case body(Range<Int>)
        case end
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

    var isInsideHead: Bool { self.parser.isInsideHead }

    var isInsideBody: Bool { if case .head = self.phase { false } else { true } }

    /// The path of a request whose head is incomplete or invalid, as far as it is known.
    var path: Substring? { if case .head = self.phase { self.parser.path } else { nil } }

    /// The bytes still expected of a body with a Content-Length.
    var remainingLength: Int? { if case .length(let remaining) = self.phase { remaining } else { nil } }

    /// Continues from `position` and advances it past the consumed bytes.
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
            return .end
        case .length(let remaining):
            let count = min(remaining, bytes.count - position)
            guard count > 0 else { return .needsMore }
            self.phase = .length(remaining - count)
            defer { position += count }
            return .body(position..<position + count)
        case .chunked(var chunks):
            self.phase = .head  // so that the parser is changed in place
            let event: ChunkedBodyParser.Event
            do {
                event = try chunks.next(bytes, from: &position)
            } catch {
                throw HTTPServerError(error)
            }
            if case .end = event { return .end }
            self.phase = .chunked(chunks)
            if case .data(let range) = event { return .body(range) }
            return .needsMore
        }
    }
}
