internal import EventLoop
internal import HTTPClient
internal import HTTPServer
internal import Primitives

/// A request's body on its way through. Only small bodies, and longer ones for a model while there is memory for them, are
/// kept whole, so that they can be sent again.
@Net
final class ReplayBody {
    /// The largest body that is always kept, in bytes.
    static let keepLimit = 1 << 20
    /// The largest body for a model that may be kept.
    static let longLimit = 16 << 20
    /// To look at more than this on the loop would keep all other connections waiting.
    private static let mostOnLoop = 256 << 10

    private let body: RequestBody
    private var kept: [UInt8]? = []
    /// In bytes.
    private(set) var limit = ReplayBody.keepLimit
    /// How much is inspected before it is sent.
    private var inspected = ReplayBody.keepLimit / 2
    private var reserved: KeptBytes?
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

    /// Keeps a body of this length too, if there is memory for it.
    func keep(length: Int?, in memory: KeptBytes) {
        guard let length, self.reserved == nil, length > self.limit, length <= Self.longLimit, memory.take(length)
        else { return }
        self.limit = length
        self.reserved = memory
    }

    /// Makes ``fill()`` wait for all that can be kept. A body of unknown length must not grow past the limit while it waits,
    /// because it could not be sent any more.
    func inspectAll(length: Int?) {
        let isSafe = length.map { $0 <= self.limit } ?? false
        self.inspected = isSafe ? self.limit + 1 : self.limit / 2
    }

    /// Forgets the body once it is not sent again, and has arrived.
    func release() {
        guard self.isOver else { return }
        self.forget()
    }

    /// Forgets the body once nobody needs it.
    func forget() {
        self.kept = nil
        guard let memory = self.reserved.take() else { return }
        memory.giveBack(self.limit)
    }

    /// The whole body; nil if it has not arrived, or was too long to be kept.
    var whole: [UInt8]? { self.isOver ? self.kept : nil }

    /// Whether it can still be sent from the beginning.
    var canBeSent: Bool { self.kept != nil }

    /// The whole body if it was kept and has arrived, else its beginning.
    var beginning: [UInt8] { self.kept ?? [] }

    /// Whether what is kept is too long to be looked at on the loop.
    var isLong: Bool { self.beginning.count > Self.mostOnLoop }

    /// The model that it names. Of a long body only the beginning is looked at, which decides nothing about what is
    /// allowed.
    var model: String? {
        self.isLong
            ? ModelName.find(atBeginning: Array(self.beginning.prefix(Self.mostOnLoop)))
            : ModelName.find(in: self.beginning)
    }

    /// Whether the body, or as much of it as is inspected, has arrived.
    var isFilled: Bool { self.isOver || self.kept == nil || self.count >= self.inspected }

    /// Waits until the body, or as much of it as is inspected, has arrived.
    func fill() async throws {
        while !self.isFilled { _ = try await self.receive() }
    }

    /// Waits until the whole body has arrived. False if it is too long to be kept; the rest is then unread.
    func fillWhole() async throws -> Bool {
        while !self.isOver, self.canBeSent { _ = try await self.receive() }
        return self.canBeSent
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
        if self.count <= self.limit { self.kept?.append(contentsOf: bytes) } else { self.kept = nil }
        return bytes
    }
}

/// The memory that all requests share for long bodies, which are kept so that they can be sent again.
@Net
final class KeptBytes {
    /// In bytes.
    nonisolated private static let limit = 64 << 20

    private var left: Int

    nonisolated init() {
        self.left = Self.limit
    }

    /// Takes this many bytes if they are left; returns whether it did.
    func take(_ count: Int) -> Bool {
        guard count <= self.left else { return false }
        self.left -= count
        return true
    }

    func giveBack(_ count: Int) { self.left += count }
}
