internal import EventLoop
internal import HTTP

/// A connection as the library's thread knows it. Touched on that thread only.
@safe
final class WebSocketLink {
    let number: UInt64
    let state: WebSocketState
    let isClient: Bool
    /// The library's connection, as long as it lives.
    var wsi: OpaquePointer?
    var isOpen = false
    /// Server: the subprotocol to agree on. Client: the one that the server chose.
    var subprotocol: String?
    /// Client: what is added to the handshake.
    var headers = HTTPHeaders()
    var opening: CheckedContinuation<Void, any Error>?
    var assembler: MessageAssembler
    var isReadingPaused = false
    /// The message that is being sent, and how far.
    var outgoing: (message: WebSocketMessage, bytes: [UInt8], sent: Int)?
    var wantsPing = false
    var lastHeard = LoopInstant.current()
    /// What this side closes with, once asked.
    var closing: (code: WebSocketCloseCode, reason: String)?
    /// What the peer closed with.
    var closedByPeer: WebSocketClosure?
    /// Why this side gave up.
    var failure: WebSocketError?

    init(number: UInt64, state: WebSocketState, isClient: Bool) {
        self.number = number
        self.state = state
        self.isClient = isClient
        self.assembler = MessageAssembler(limit: state.settings.messageLimit)
    }

    /// The connection is no more: tells those who wait.
    func finish(_ why: WebSocketError? = nil) {
        let lost = WebSocketError(.lost, "the WebSocket's connection broke")
        if let closure = self.closedByPeer {
            self.state.finish(.success(closure))
        } else if let failure = self.failure {
            self.state.finish(.failure(failure))
        } else if let closing = self.closing {
            self.state.finish(
                .success(WebSocketClosure(code: closing.code, reason: closing.reason, isByPeer: false)))
        } else {
            self.state.finish(.failure(why ?? lost))
        }
        self.opening.take()?.resume(throwing: why ?? self.failure ?? lost)
    }
}
