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
