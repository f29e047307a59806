internal import WebSockets

/// The WebSocket as the live protocol uses it: texts both ways.
protocol LiveSocket: Sendable {
    /// The next text; nil when the connection is closed.
    func receive() async throws -> String?
    /// Returns when there is room for more: a slow client holds its own frames back, and nothing else.
    func send(_ text: String) async throws
    /// Refuses to go on, for the named reason.
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
