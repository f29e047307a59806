package import EventLoop
package import HTTP

/// A request as a handler sees it.
package struct HTTPServerRequest: Sendable {
    package let head: RequestHead
    package let body: RequestBody
    /// Where the connection comes from; behind a proxy that is the proxy.
    package let remoteAddress: SocketAddress?
    /// What the route's pattern took out of the path, decoded.
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
    /// The request target as it came.
    package var target: String { self.head.target }
    /// Still percent-encoded.
    package var path: Substring { self.head.path }
    package var headers: HTTPHeaders { self.head.headers }
    package var query: HTTPQuery { HTTPQuery(parsing: self.head.query ?? "") }
}
