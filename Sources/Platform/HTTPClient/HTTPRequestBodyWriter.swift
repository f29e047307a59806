internal import EventLoop

/// Receives a streamed request body.
package struct HTTPRequestBodyWriter: Sendable {
    let pipe: BytePipe

    /// Waits for room and writes. Throws when the exchange has ended; the caller need not handle that, because the
    /// exchange reports its own error.
    package func write(_ bytes: [UInt8]) async throws {
        try await self.pipe.write(bytes)
    }
}
