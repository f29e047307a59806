/// An open WebSocket connection. Releasing the last reference closes it with 1001.
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

    /// The next complete message; `nil` after a closing handshake by either side, see ``closure``.
    ///
    /// Back-pressure stops the peer while nobody calls this. Throws ``WebSocketError`` with `lost` if the connection
    /// broke or the peer stopped responding, `peerMistake` if it violated the protocol; `CancellationError` if the task
    /// is cancelled.
    package func next() async throws -> WebSocketMessage? {
        try await self.state.next()
    }

    /// Queues a message; waits while too many bytes are unsent because the peer reads slowly.
    ///
    /// Throws ``WebSocketError`` with `closed` or `lost`, or `CancellationError`; the message is then not sent.
    package func send(_ message: WebSocketMessage) async throws {
        try await self.state.send(message)
    }

    package func send(_ text: String) async throws {
        try await self.state.send(.text(text))
    }

    /// Sends queued messages, then closes; returns when the connection has ended, at most
    /// ``WebSocketSettings/closeSeconds`` later. `reason` is truncated to 123 bytes.
    package func close(_ code: WebSocketCloseCode = .normal, reason: String = "") async {
        if self.state.beginClosing() { self.order(.close(code, reason: reason)) }
        // A cancelled task doesn't wait; the close continues without it.
        try? await self.state.waitForEnd()
    }

    /// How the connection ended; `nil` while it is open or when it was lost.
    package var closure: WebSocketClosure? {
        if case .success(let closure) = self.state.end { closure } else { nil }
    }
}
