internal import EventLoop

/// Where a streamed request body is written to.
package struct HTTPRequestBodyWriter: Sendable {
    let pipe: BytePipe

    /// Adds bytes when there is room. Throws when the exchange has ended, which needs no handling: its own error is the
    /// one that counts.
    package func write(_ bytes: [UInt8]) async throws {
        try await self.pipe.write(bytes)
    }
}
