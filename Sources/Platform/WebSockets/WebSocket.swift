/// An open WebSocket connection. When the last reference goes, the connection is closed with 1001.
package final class WebSocket: Sendable {
    /// The subprotocol that both sides agreed on.
    package let subprotocol: String?
    private let state: WebSocketState
    private let order: @Sendable (WebSocketService.Order) -> Void

    init(
        state: WebSocketState, subprotocol: String?, order: @escaping @Sendable (WebSocketService.Order) -> Void
    ) {
        self.state = state
        self.subprotocol = subprotocol
        self.order = order
    }

    deinit {
        if self.state.beginClosing() { self.order(.close(.goingAway, reason: "")) }
    }

    /// The next whole message; `nil` after a closing handshake by either side, see ``closure``.
    ///
    /// While nobody calls this, the peer is held back. Throws ``WebSocketError`` with `lost` when the connection broke or
    /// the peer stopped answering, `peerMistake` when it broke the protocol; `CancellationError` when the task is
    /// cancelled.
    package func next() async throws -> WebSocketMessage? {
        try await self.state.next()
    }

    /// Queues a message; waits while too many bytes are unsent because the peer reads slowly.
    ///
    /// Throws ``WebSocketError`` with `closed` or `lost`, and `CancellationError`; then the message isn't sent.
    package func send(_ message: WebSocketMessage) async throws {
        try await self.state.send(message)
    }

    package func send(_ text: String) async throws {
        try await self.state.send(.text(text))
    }

    /// Sends what is queued, then closes; returns when the connection has ended, at the latest after
    /// ``WebSocketSettings/closeSeconds``. `reason` is cut to 123 bytes.
    package func close(_ code: WebSocketCloseCode = .normal, reason: String = "") async {
        if self.state.beginClosing() { self.order(.close(code, reason: reason)) }
        // A cancelled task doesn't wait; the close goes on without it.
        try? await self.state.waitForEnd()
    }

    /// How the connection ended; `nil` while it is open or when it was lost.
    package var closure: WebSocketClosure? {
        if case .success(let closure) = self.state.end { closure } else { nil }
    }
}
