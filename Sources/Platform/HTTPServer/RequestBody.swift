internal import EventLoop

/// A request's body, readable once, as a whole or in pieces. Back-pressure stops the client while it is not read.
package struct RequestBody: Sendable, AsyncSequence {
    private enum Storage: Sendable {
        case complete([UInt8])
        case streaming(BodyStream)
    }

    private let storage: Storage

    package static let empty = RequestBody([])

    /// A body that has already arrived.
    package init(_ bytes: [UInt8]) {
        self.storage = .complete(bytes)
    }

    init(_ stream: BodyStream) {
        self.storage = .streaming(stream)
    }

    /// The whole body if it arrived together with its head, else `nil`.
    package var arrived: [UInt8]? {
        if case .complete(let bytes) = self.storage { bytes } else { nil }
    }

    /// Reads the whole body.
    ///
    /// Throws ``HTTPServerError`` with `bodyTooLarge` if it is longer than `limit` (the route's limit always applies),
    /// and the errors of reading: `malformedRequest`, `clientGone`, `timeout`, `CancellationError`. Rethrown from a
    /// handler, they produce the right status.
    package func collect(upTo limit: Int = .max) async throws -> [UInt8] {
        switch self.storage {
        case .complete(let bytes):
            guard bytes.count <= limit else { throw Self.tooLarge(limit) }
            return bytes
        case .streaming(let stream):
            return try await stream.collect(upTo: limit)
        }
    }

    package func makeAsyncIterator() -> Iterator {
        switch self.storage {
        case .complete(let bytes): Iterator(bytes: bytes, stream: nil)
        case .streaming(let stream): Iterator(bytes: nil, stream: stream)
        }
    }

    /// Yields the body's pieces; throws like ``collect(upTo:)``.
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate var bytes: [UInt8]?
        fileprivate let stream: BodyStream?

        package mutating func next() async throws -> [UInt8]? {
            if let stream = self.stream { return try await stream.read() }
            guard let bytes = self.bytes.take(), !bytes.isEmpty else { return nil }
            return bytes
        }
    }

    static func tooLarge(_ limit: Int) -> HTTPServerError {
        HTTPServerError(.bodyTooLarge, "the request body is longer than \(limit) bytes")
    }
}

/// A request body that is still arriving.
@Net
final class BodyStream {
    let pipe: BytePipe
    /// Called before the first read, when `100 Continue` is due.
    var onFirstRead: (@Net () -> Void)?

    nonisolated init(highWater: Int) {
        self.pipe = BytePipe(highWater: highWater)
    }

    func read() async throws -> [UInt8]? {
        self.onFirstRead.take()?()
        return try await self.pipe.read()
    }

    func collect(upTo limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try await self.read() {
            guard bytes.count + piece.count <= limit else { throw RequestBody.tooLarge(limit) }
            if bytes.isEmpty { bytes = piece } else { bytes += piece }
        }
        return bytes
    }
}
