internal import EventLoop
package import HTTP

/// A request's body: read it once, as a whole or piece by piece. While nobody reads, the client is held back.
package struct RequestBody: Sendable, AsyncSequence {
    private enum Storage: Sendable {
        case complete([UInt8], trailers: HTTPHeaders)
        case streaming(BodyStream)
    }

    private let storage: Storage

    /// No bytes.
    package static let empty = RequestBody([])

    /// A body that is there already.
    package init(_ bytes: [UInt8], trailers: HTTPHeaders = HTTPHeaders()) {
        self.storage = .complete(bytes, trailers: trailers)
    }

    init(_ stream: BodyStream) {
        self.storage = .streaming(stream)
    }

    /// The whole body, where it came together with its head; `nil` for one that is still to be read.
    package var arrived: [UInt8]? {
        if case .complete(let bytes, _) = self.storage { bytes } else { nil }
    }

    /// The whole body.
    ///
    /// Throws ``HTTPServerError`` with `bodyTooLarge` when it is longer than `limit` (the route's limit holds anyway), and
    /// what reading throws: `malformedRequest`, `clientGone`, `timeout`, `CancellationError`. A handler that lets them
    /// pass answers with the right status.
    package func collect(upTo limit: Int = .max) async throws -> [UInt8] {
        switch self.storage {
        case .complete(let bytes, _):
            guard bytes.count <= limit else { throw Self.tooLarge(limit) }
            return bytes
        case .streaming(let stream):
            return try await stream.collect(upTo: limit)
        }
    }

    /// The fields behind a chunked body, once the body has been read to its end.
    package func trailers() async -> HTTPHeaders {
        switch self.storage {
        case .complete(_, let trailers): trailers
        case .streaming(let stream): await stream.trailers
        }
    }

    package func makeAsyncIterator() -> Iterator {
        switch self.storage {
        case .complete(let bytes, _): Iterator(bytes: bytes, stream: nil)
        case .streaming(let stream): Iterator(bytes: nil, stream: stream)
        }
    }

    /// Gives the body's pieces; throws what ``collect(upTo:)`` throws.
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
