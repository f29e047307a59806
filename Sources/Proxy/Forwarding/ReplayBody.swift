internal import EventLoop
internal import HTTPClient
internal import HTTPServer

/// A request's body on its way through: never held as a whole, but for small ones, which can be sent again.
@Net
final class ReplayBody {
    /// Bytes that are kept for a second try.
    static let keepLimit = 1 << 20

    private let body: RequestBody
    private var kept: [UInt8]? = []
    /// Bytes that have come from the client.
    private(set) var count = 0
    private(set) var isOver = false

    init(_ body: RequestBody) {
        self.body = body
        if let bytes = body.arrived {
            self.kept = bytes
            self.count = bytes.count
            self.isOver = true
        }
    }

    /// Whether it can be sent from its beginning.
    var canBeSent: Bool { self.kept != nil }

    /// The whole body, where that is known already; else its beginning.
    var beginning: [UInt8] { self.kept ?? [] }

    /// Whether the body, or as much as is looked at, has come.
    var isFilled: Bool { self.isOver || self.count >= Self.keepLimit / 2 }

    /// Waits until the body, or as much as is kept, has come.
    func fill() async throws {
        while !self.isFilled { _ = try await self.receive() }
    }

    /// As a request's body. Can be asked for again while ``canBeSent``.
    func outgoing(length: Int?) -> HTTPClientRequest.Body {
        if self.isOver, let kept = self.kept { return kept.isEmpty && length == nil ? .none : .bytes(kept) }
        return .stream(length: length) { writer in try await self.send(to: writer) }
    }

    private func send(to writer: HTTPRequestBodyWriter) async throws {
        var sent = 0
        while true {
            if let kept = self.kept, sent < kept.count {
                let part = Array(kept[sent...])
                sent = kept.count
                try await writer.write(part)
            } else if self.isOver {
                return
            } else {
                // A try that was given up may have taken bytes meanwhile; while they are kept, they are found above.
                guard sent == self.count else { throw ProxyRefusal.failed }
                let bytes = try await self.receive()
                guard self.kept == nil else { continue }
                sent += bytes.count
                try await writer.write(bytes)
            }
        }
    }

    private func receive() async throws -> [UInt8] {
        // A copy, which for a body that is still coming is the same source: two tries may overlap for a moment.
        var iterator = self.body.makeAsyncIterator()
        guard let bytes = try await iterator.next() else {
            self.isOver = true
            return []
        }
        self.count += bytes.count
        if self.count <= Self.keepLimit { self.kept?.append(contentsOf: bytes) } else { self.kept = nil }
        return bytes
    }
}
