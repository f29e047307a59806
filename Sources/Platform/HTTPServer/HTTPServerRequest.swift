package import EventLoop
package import HTTP

package struct HTTPServerRequest: Sendable {
    package let head: RequestHead
    package let body: RequestBody
    /// The peer of the connection, which may be a proxy. Nil for handlers that are ``HTTPDispatch/Handler/deferred(_:)``.
    package let remoteAddress: SocketAddress?
    /// The values matched by the route's pattern, percent-decoded.
    package internal(set) var parameters: PathParameters

    package init(
        head: RequestHead, body: RequestBody = .empty, remoteAddress: SocketAddress? = nil,
        parameters: PathParameters = PathParameters()
    ) {
        self.head = head
        self.body = body
        self.remoteAddress = remoteAddress
        self.parameters = parameters
    }

    package var method: HTTPMethod { self.head.method }
    /// The request target as received.
    package var target: String { self.head.target }
    /// Still percent-encoded.
    package var path: Substring { self.head.path }
    package var headers: HTTPHeaders { self.head.headers }
    package var query: HTTPQuery { HTTPQuery(parsing: self.head.query ?? "") }
}

/// How a request's body is delimited (RFC 9112 §6.3).
package enum BodyFraming: Sendable, Hashable {
    case none
    case length(Int)
    case chunked
}

/// A request's validated request line and header fields.
package struct RequestHead: Sendable {
    package let method: HTTPMethod
    /// The request target as received: origin-form, absolute-form, authority-form (CONNECT) or `*`.
    package let target: String
    /// 0 or 1.
    package let minorVersion: Int
    package let headers: HTTPHeaders
    package let framing: BodyFraming
    /// Whether the client waits for `100 Continue` before sending the body.
    package let expectsContinue: Bool
    /// Whether the client wants the connection to stay open.
    package let keepsAlive: Bool
    /// Whether `Connection` names `upgrade` and an `Upgrade` header is present.
    package let wantsUpgrade: Bool
    /// The number of bytes before the path in an absolute-form target.
    let pathOffset: Int

    /// The head's bytes as received, including the empty line.
    package var rawBytes: [UInt8] { self.headers.rawBytes }

    /// The target's path, still percent-encoded; `/` if an absolute-form target has none. `*` and an authority are
    /// returned as they are.
    package var path: Substring {
        let bytes = self.target.utf8
        let start = bytes.index(bytes.startIndex, offsetBy: self.pathOffset)
        let end = bytes[start...].firstIndex(of: 0x3F) ?? bytes.endIndex
        return start == end ? "/" : self.target[start..<end]
    }

    /// The part after the target's first `?`.
    package var query: Substring? {
        let bytes = self.target.utf8
        guard let mark = bytes.firstIndex(of: 0x3F) else { return nil }
        return self.target[bytes.index(after: mark)...]
    }
}
