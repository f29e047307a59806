internal import HTTP
internal import HTTPServer

/// The heads of plain HTTP as the proxy forwards them: without hop-by-hop fields.
enum ForwardedHead {
    /// RFC 9110 §7.6.1, and what older clients and servers send. Host and framing are written anew.
    private static let hopByHop = [
        "connection", "proxy-connection", "keep-alive", "te", "transfer-encoding", "upgrade", "http2-settings",
        "proxy-authorization", "proxy-authenticate", "proxy-authentication-info", "content-length",
    ]

    /// A request's head for the server. No `Via` field: it would tell strangers what runs here.
    static func request(_ request: NetworkRequestParser.Request, to address: NetworkAddress) -> [UInt8] {
        guard case .forward(let target) = request.kind else { return [] }
        let head = request.head
        var bytes = Array("\(head.method) \(target) HTTP/1.\(head.minorVersion)\r\n".utf8)
        bytes += Array("Host: \(address.port == 80 ? "\(address.name)" : "\(address)")\r\n".utf8)
        self.write(head.headers, besides: ["host", "expect"], to: &bytes)
        switch head.framing {
        case .none where head.headers.contains("content-length"): bytes += Array("Content-Length: 0\r\n".utf8)
        case .none: break
        case .length(let length): bytes += Array("Content-Length: \(length)\r\n".utf8)
        case .chunked: bytes += Array("Transfer-Encoding: chunked\r\n".utf8)
        }
        if head.expectsContinue { bytes += Array("Expect: 100-continue\r\n".utf8) }
        // One connection to the server for each request: the next one may go elsewhere.
        bytes += Array("Connection: close\r\n\r\n".utf8)
        return bytes
    }

    /// An answer's head for the client.
    static func answer(_ answer: AnswerHead, keepsAlive: Bool) -> [UInt8] {
        var bytes = Array("HTTP/1.1 \(answer.status.code) ".utf8) + answer.reason + [0x0D, 0x0A]
        self.write(answer.headers, besides: [], to: &bytes)
        if let length = answer.framing.contentLength { bytes += Array("Content-Length: \(length)\r\n".utf8) }
        if answer.framing.isChunked { bytes += Array("Transfer-Encoding: chunked\r\n".utf8) }
        if !keepsAlive, !answer.status.isInformational { bytes += Array("Connection: close\r\n".utf8) }
        return bytes + [0x0D, 0x0A]
    }

    private static func write(_ headers: HTTPHeaders, besides: [String], to bytes: inout [UInt8]) {
        let dropped = self.hopByHop + besides + headers.list(of: "connection")
        headers.write(to: &bytes) { index in !dropped.contains { headers.matches(at: index, $0) } }
    }
}
