internal import EventLoop

/// Who answers a request, and how large its body may be.
package struct HTTPDispatch: Sendable {
    package enum Handler: Sendable {
        /// Runs on the pool: the default.
        case pool(@concurrent @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse)
        /// Runs on the loop, without a hop: for steps of less than about 100 µs.
        case loop(@Net @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse)
        /// Answers on the loop by the reply that it gets, now or from a callback: without a task, for what is done very
        /// often. It must answer in the end, unless the client leaves.
        case deferred(@Net @Sendable (HTTPServerRequest, HTTPReply) -> Void)
        /// Answers at once on the loop, without a task: for what is a lookup.
        case immediate(@Net @Sendable (HTTPServerRequest) throws -> HTTPServerResponse)
    }

    package var handler: Handler
    /// Bytes; `nil` takes the server's.
    package var bodyLimit: Int?
    package var parameters: PathParameters

    package init(_ handler: Handler, bodyLimit: Int? = nil, parameters: PathParameters = PathParameters()) {
        self.handler = handler
        self.bodyLimit = bodyLimit
        self.parameters = parameters
    }
}
