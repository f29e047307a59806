/// Why a WebSocket couldn't be opened or was lost.
package struct WebSocketError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// libwebsockets couldn't start.
        case unavailable
        /// Connecting failed, or the server rejected the handshake.
        case connect
        /// Unencrypted `ws://` to another machine, which the settings don't allow.
        case plainTextRefused
        /// The connection broke, or the peer stopped responding to pings.
        case lost
        /// The peer violated the protocol; the message contains the close code.
        case peerMistake
        /// Either side has closed the connection.
        case closed
    }

    package let code: Code
    /// What happened, why, and what to do, in one line.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}
