package import EventLoop

/// Chooses the handler of each request.
package protocol HTTPDispatcher: Sendable {
    /// Called on the loop for each head, before the body arrives. Must be a quick lookup that never waits.
    func dispatch(_ head: RequestHead) -> HTTPDispatch

    /// The response, a body of bytes, to a request that the server refuses (malformed, too large, too slow) or whose
    /// handler threw `problem` or failed. By default `application/problem+json`.
    ///
    /// - Parameter path: Without the query, still percent-encoded; nil if the server stopped reading before its end.
    func response(to problem: HTTPProblem, path: Substring?) -> HTTPServerResponse
}

extension HTTPDispatcher {
    package func response(to problem: HTTPProblem, path: Substring?) -> HTTPServerResponse { .problem(problem) }
}

/// A request's handler and the limit of its body.
package struct HTTPDispatch: Sendable {
    package enum Handler: Sendable {
        /// Runs on the pool; the default.
        case pool(@concurrent @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse)
        /// Runs on the loop, without a hop; for steps of less than about 100 µs.
        case loop(@Net @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse)
        /// Runs on the loop without a task, for very frequent requests, which have no remote address. It must use the
        /// reply, now or from a callback, unless the client leaves.
        case deferred(@Net @Sendable (HTTPServerRequest, HTTPReply) -> Void)
        /// Responds at once on the loop, without a task; for lookups.
        case immediate(@Net @Sendable (HTTPServerRequest) throws -> HTTPServerResponse)
    }

    package var handler: Handler
    /// In bytes; `nil` means the server's default.
    package var bodyLimit: Int?
    package var parameters: PathParameters

    /// Whether the handler gets the client's address, which takes a system call.
    var needsAddress: Bool { if case .deferred = self.handler { false } else { true } }

    package init(_ handler: Handler, bodyLimit: Int? = nil, parameters: PathParameters = PathParameters()) {
        self.handler = handler
        self.bodyLimit = bodyLimit
        self.parameters = parameters
    }
}

/// Responds to a request from callbacks; see ``HTTPDispatch/Handler/deferred(_:)``.
@Net
package final class HTTPReply {
    private let connection: HTTPConnection
    private let exchange: Exchange

    init(connection: HTTPConnection, exchange: Exchange) {
        self.connection = connection
        self.exchange = exchange
    }

    /// Called when the client leaves before the response, which is then pointless.
    package var onLeave: (@Net () -> Void)? {
        get { self.exchange.onLeave }
        set { self.exchange.onLeave = newValue }
    }

    /// Sends the response; call it once.
    package func answer(_ response: HTTPServerResponse) {
        self.exchange.onLeave = nil
        self.connection.answer(self.exchange, response)
    }

    /// Continues in a new task, which is cancelled when the client leaves.
    package func answer(by body: @escaping @Net @Sendable () async throws -> HTTPServerResponse) {
        self.exchange.onLeave = nil
        self.connection.answer(self.exchange, by: body)
    }
}
