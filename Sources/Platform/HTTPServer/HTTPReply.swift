package import EventLoop

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
