internal import EventLoop
internal import HTTP

/// The state of a connection on the library's thread; used on that thread only.
@safe
final class WebSocketLink {
    let number: UInt64
    let state: WebSocketState
    let isClient: Bool
    /// The library's connection while it exists.
    var wsi: OpaquePointer?
    var isOpen = false
    /// Server: the subprotocol to select. Client: the one that the server selected.
    var subprotocol: String?
    /// Client: extra handshake headers.
    var headers = HTTPHeaders()
    var opening: CheckedContinuation<Void, any Error>?
    /// The client sent an unmasked frame.
    var isUnmasked = false
    var assembler: MessageAssembler
    var isReadingPaused = false
    /// The message being sent, and the number of bytes sent so far.
    var outgoing: (message: WebSocketMessage, bytes: [UInt8], sent: Int)?
    var wantsPing = false
    var lastHeard = LoopInstant.current()
    /// The code and reason for this side's close, once requested. From then on, what arrives is dropped.
    var closing: (code: WebSocketCloseCode, reason: String)?
    /// When the connection ends, once a close was requested.
    var end: LoopInstant?
    /// Whether the library was asked to close.
    var isClosed = false
    /// The peer's close.
    var closedByPeer: WebSocketClosure?
    /// Why this side gave up; see ``fail(_:)``.
    private(set) var failure: WebSocketError?

    init(number: UInt64, state: WebSocketState, isClient: Bool) {
        self.number = number
        self.state = state
        self.isClient = isClient
        self.assembler = MessageAssembler(limit: state.settings.messageLimit)
    }

    /// Notes why this side gives up. Only the first reason counts: others follow from it.
    func fail(_ why: WebSocketError) {
        if self.failure == nil { self.failure = why }
    }

    /// Notifies waiters that the connection has ended.
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
        self.opening.take()?.resume(throwing: self.failure ?? why ?? lost)
    }
}
