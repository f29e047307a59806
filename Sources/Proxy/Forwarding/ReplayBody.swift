internal import EventLoop
internal import HTTPClient
internal import HTTPServer

/// A request's body on its way through. Only small bodies are kept whole, so that they can be sent again.
@Net
final class ReplayBody {
    /// The largest body kept for a retry, in bytes.
    static let keepLimit = 1 << 20

    private let body: RequestBody
    private var kept: [UInt8]? = []
    /// Bytes received from the client.
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

    /// Whether it can still be sent from the beginning.
    var canBeSent: Bool { self.kept != nil }

    /// The whole body if it was kept and has arrived, else its beginning.
    var beginning: [UInt8] { self.kept ?? [] }

    /// Whether the body, or as much of it as is inspected, has arrived.
    var isFilled: Bool { self.isOver || self.count >= Self.keepLimit / 2 }

    /// Waits until the body, or as much of it as is inspected, has arrived.
    func fill() async throws {
        while !self.isFilled { _ = try await self.receive() }
    }

    /// The body of the upstream request. May be called again while ``canBeSent``.
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
                // An abandoned attempt may have read further bytes; while they are kept, the first branch sends them.
                guard sent == self.count else { throw ProxyRefusal.failed }
                let bytes = try await self.receive()
                guard self.kept == nil else { continue }
                sent += bytes.count
                try await writer.write(bytes)
            }
        }
    }

    private func receive() async throws -> [UInt8] {
        // A copy of the iterator reads from the same source: two attempts may overlap briefly.
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
