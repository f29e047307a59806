internal import EventLoop

/// Who answers a request, and how large its body may be.
package struct HTTPDispatch: Sendable {
    package enum Handler: Sendable {
        /// Runs on the pool: the default.
        case pool(@concurrent @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse)
        /// Runs on the loop, without a hop: for steps of less than about 100 µs.
        case loop(@Net @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse)
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
