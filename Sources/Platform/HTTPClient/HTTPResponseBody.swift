internal import EventLoop
package import HTTP

/// The bytes of a response as they come, once. The server is held back while nobody reads.
///
/// When the last copy goes away unread, the transfer ends.
package struct HTTPResponseBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    private let source: Source

    @Net init(_ transfer: Transfer) {
        self.source = Source(transfer)
    }

    package func makeAsyncIterator() -> Iterator { Iterator(source: self.source) }

    /// What has come so far, without waiting, and how the body ended if it has.
    @Net package func takeArrived() -> (bytes: [UInt8], end: Result<Void, any Error>?) {
        self.source.transfer.takeArrived()
    }

    /// Called on the loop when something has come, or the end, after ``takeArrived()`` found nothing.
    @Net package func whenArrived(_ handler: @escaping @Net () -> Void) { self.source.transfer.onArrival = handler }

    /// Reads to the end. Throws an ``HTTPClientError`` `.tooLarge` when there is more than `limit`.
    package func collect(upTo limit: Int) async throws -> [UInt8] {
        var collected: [UInt8] = []
        for try await bytes in self {
            guard bytes.count <= limit - collected.count else {
                throw HTTPClientError(
                    .tooLarge, "the response is larger than \(limit) bytes", mayHaveReachedServer: true)
            }
            if collected.isEmpty { collected = bytes } else { collected += bytes }
        }
        return collected
    }

    /// What came behind the body; empty before its end.
    package var trailers: HTTPHeaders {
        get async { await self.source.transfer.trailers }
    }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let source: Source

        /// The bytes that have come since the last call; `nil` at the end. Cancellation ends the transfer.
        package mutating func next() async throws -> [UInt8]? {
            try await self.source.transfer.nextBodyBytes()
        }
    }

    /// Ends the transfer when nobody can read it any more.
    fileprivate final class Source: Sendable {
        let transfer: Transfer

        init(_ transfer: Transfer) {
            self.transfer = transfer
        }

        deinit {
            let transfer = self.transfer
            EventLoop.shared.execute { transfer.abandon() }
        }
    }
}
