internal import EventLoop
package import HTTP

/// Writes a streamed answer. Each write goes out at once.
package final class ResponseWriter: Sendable {
    private let connection: HTTPConnection
    private let exchange: Exchange

    init(connection: HTTPConnection, exchange: Exchange) {
        self.connection = connection
        self.exchange = exchange
    }

    /// Sends bytes, and waits while more than the high water mark is unsent because the client reads slowly.
    ///
    /// Throws ``HTTPServerError`` with `clientGone` when the client has left, `CancellationError` when the task is
    /// cancelled, `invalidResponse` for more bytes than the answer's Content-Length.
    package func write(_ bytes: [UInt8]) async throws {
        try await self.connection.write(bytes, for: self.exchange)
    }

    package func write(_ text: String) async throws {
        try await self.write(Array(text.utf8))
    }

    /// Sets the fields that follow a chunked answer; without effect on others.
    package func setTrailers(_ trailers: HTTPHeaders) async {
        await self.exchange.set(trailers: trailers)
    }
}

extension Exchange {
    fileprivate func set(trailers: HTTPHeaders) {
        self.trailers = trailers
    }
}
