/// Why a WebSocket couldn't be opened or was lost.
package struct WebSocketError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The library couldn't be started.
        case unavailable
        /// No connection, or the server refused the handshake.
        case connect
        /// Plain `ws://` to another machine without it being allowed.
        case plainTextRefused
        /// The connection broke, or the peer stopped answering pings.
        case lost
        /// The peer broke the protocol; see the closure's code.
        case peerMistake
        /// The connection has been closed, by either side.
        case closed
    }

    package let code: Code
    /// What, why and what to do, in one line.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}
