internal import EventLoop

/// Writes a streamed response. Each write is flushed.
package final class ResponseWriter: Sendable {
    private let connection: HTTPConnection
    private let exchange: Exchange

    init(connection: HTTPConnection, exchange: Exchange) {
        self.connection = connection
        self.exchange = exchange
    }

    /// Sends bytes, and waits while the unsent bytes exceed the high-water mark because the client reads slowly.
    ///
    /// Throws ``HTTPServerError`` with `clientGone` if the client has left, or with `invalidResponse` for more bytes
    /// than the response's Content-Length; `CancellationError` if the task is cancelled.
    package func write(_ bytes: [UInt8]) async throws {
        try await self.connection.write(bytes, for: self.exchange)
    }

    package func write(_ text: String) async throws {
        try await self.write(Array(text.utf8))
    }
}
