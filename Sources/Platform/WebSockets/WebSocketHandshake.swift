internal import HTTP
internal import HTTPServer

/// Validates a client's opening handshake (RFC 6455 §4.2.1) and writes the sanitized head for the library.
struct WebSocketHandshake: Sendable, Hashable {
    private let key: String
    /// In the client's order of preference.
    let offeredSubprotocols: [String]

    /// Throws ``HTTPProblem`` for an invalid handshake.
    init(_ head: RequestHead) throws(HTTPProblem) {
        guard head.method == .get, head.wantsUpgrade, head.framing == .none,
            head.headers.contains("upgrade", token: "websocket")
        else {
            throw HTTPProblem(
                HTTPStatus(426), "this path is a WebSocket endpoint",
                headers: ["Upgrade": "websocket", "Connection": "Upgrade"])
        }
        guard head.headers.values(of: "sec-websocket-version") == ["13"] else {
            throw HTTPProblem(
                HTTPStatus(426), "only WebSocket version 13 is supported", headers: ["Sec-WebSocket-Version": "13"])
        }
        let keys = head.headers.values(of: "sec-websocket-key")
        // 16 bytes in base64: 22 characters and two padding characters.
        guard keys.count == 1, let key = keys.first, key.utf8.count == 24, key.hasSuffix("=="),
            key.utf8.dropLast(2).allSatisfy(Self.base64.contains)
        else { throw HTTPProblem(.badRequest, "the Sec-WebSocket-Key is not 16 bytes in base64") }
        self.key = key
        let names = head.headers.list(of: "sec-websocket-protocol")
        guard names.allSatisfy({ $0.utf8.allSatisfy(ByteSet.token.contains) }) else {
            throw HTTPProblem(.badRequest, "a Sec-WebSocket-Protocol is not a token")
        }
        self.offeredSubprotocols = names
    }

    /// A minimal equivalent request, so that the library's parser and its limits never see client input.
    var head: [UInt8] {
        Array(
            ("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(self.key)\r\n\r\n").utf8)
    }

    private static let base64 = ByteSet("+/").union(.letters).union(.digits)
}
