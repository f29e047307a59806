/// Limits of a WebSocket.
package struct WebSocketSettings: Sendable, Hashable {
    /// Maximum bytes of a received message; a longer one closes the connection with 1009.
    package var messageLimit = 1024 * 1024
    /// Unsent bytes above which ``WebSocket/send(_:)`` waits.
    package var sendHighWater = 256 * 1024
    /// Unread messages above which reading from the peer pauses.
    package var receiveCount = 64
    /// How long a peer may be silent before it is pinged.
    package var pingInterval = Duration.seconds(30)
    /// How long a peer may be silent before it is considered dead.
    package var deadline = Duration.seconds(75)
    /// Time limit in whole seconds for a closing handshake.
    package var closeSeconds = 5
    /// Maximum open sockets of a server; further ones get 503.
    package var maximumCount = 5_000

    package init() {}
}
