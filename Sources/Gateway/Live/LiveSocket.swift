internal import WebSockets

/// A WebSocket as the live protocol uses it: text in both directions.
protocol LiveSocket: Sendable {
    /// The next text; nil once the connection is closed.
    func receive() async throws -> String?
    /// Returns once there is room for more, so that a slow client delays only its own frames.
    func send(_ text: String) async throws
    /// Closes the connection for a violation.
    func refuse(_ reason: String) async
    func finish() async
}

extension WebSocket: LiveSocket {
    func receive() async throws -> String? {
        switch try await self.next() {
        case .text(let text): return text
        case .binary:
            await self.close(.unsupportedData, reason: "texts only")
            return nil
        case nil: return nil
        }
    }

    func refuse(_ reason: String) async { await self.close(.policyViolation, reason: reason) }

    func finish() async { await self.close() }
}
