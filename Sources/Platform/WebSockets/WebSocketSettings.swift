/// What a WebSocket bears.
package struct WebSocketSettings: Sendable, Hashable {
    /// Bytes of a received message, after decompression; a longer one ends the connection with 1009.
    package var messageLimit = 1024 * 1024
    /// Bytes that wait to be sent before ``WebSocket/send(_:)`` waits.
    package var sendHighWater = 256 * 1024
    /// Messages that wait to be read before the peer is held back.
    package var receiveCount = 64
    /// A peer that has been silent so long gets a ping.
    package var pingInterval = Duration.seconds(30)
    /// A peer that has been silent so long is dead.
    package var deadline = Duration.seconds(75)
    /// Whole seconds that a closing handshake may take.
    package var closeSeconds = 5
    /// Whether permessage-deflate is offered to clients. Only for servers.
    package var hasCompression = true
    /// Open sockets of a server; more are refused with 503.
    package var maximumCount = 5_000

    package init() {}
}
