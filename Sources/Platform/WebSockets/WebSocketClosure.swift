/// How a connection ended.
package struct WebSocketClosure: Sendable, Hashable {
    package let code: WebSocketCloseCode
    package let reason: String
    /// Whether the peer initiated it.
    package let isByPeer: Bool

    package init(code: WebSocketCloseCode, reason: String, isByPeer: Bool) {
        self.code = code
        self.reason = reason
        self.isByPeer = isByPeer
    }
}
