internal import EventLoop
package import HTTP

/// A response whose head has arrived; the body may still be in transit.
package struct HTTPClientResponse: Sendable {
    package let status: HTTPStatus
    /// As in the status line: `1.1`, `1.0` or `2`.
    package let version: String
    package let headers: HTTPHeaders
    package let body: HTTPResponseBody
}

/// The bytes of a response as they arrive; readable once. Back-pressure stops the server while they are not read.
///
/// Releasing the last copy before the end cancels the transfer.
package struct HTTPResponseBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    private let source: Source

    @Net init(_ transfer: Transfer) {
        self.source = Source(transfer)
    }

    package func makeAsyncIterator() -> Iterator { Iterator(source: self.source) }

    /// Returns the bytes received so far without waiting, and how the body ended if it has.
    @Net package func takeArrived() -> (bytes: [UInt8], end: Result<Void, any Error>?) {
        self.source.transfer.takeArrived()
    }

    /// Sets a handler, called on the loop when bytes or the end arrive after ``takeArrived()`` found nothing.
    @Net package func whenArrived(_ handler: @escaping @Net () -> Void) { self.source.transfer.onArrival = handler }

    /// Reads to the end. Throws an ``HTTPClientError`` `.tooLarge` for a body of more than `limit` bytes.
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

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let source: Source

        /// The bytes received since the last call; `nil` at the end. Cancellation ends the transfer.
        package mutating func next() async throws -> [UInt8]? {
            try await self.source.transfer.nextBodyBytes()
        }
    }

    /// Ends the transfer when it is released.
    fileprivate final class Source: Sendable {
        let transfer: Transfer

        init(_ transfer: Transfer) {
            self.transfer = transfer
        }

        deinit {
            let transfer = self.transfer
            EventLoop.shared.execute {
                guard !transfer.isEnded else { return transfer.abandon() }
                // After the descriptors that are ready: nobody waits for this.
                EventLoop.shared.schedule(after: .zero) { transfer.abandon() }
            }
        }
    }
}
