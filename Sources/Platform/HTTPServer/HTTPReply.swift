package import EventLoop

/// The way back of a request that is answered by callbacks: see ``HTTPDispatch/Handler/deferred(_:)``.
@Net
package final class HTTPReply {
    private let connection: HTTPConnection
    private let exchange: Exchange

    init(connection: HTTPConnection, exchange: Exchange) {
        self.connection = connection
        self.exchange = exchange
    }

    /// Called when the client has left before the answer; then there is no use in giving one.
    package var onLeave: (@Net () -> Void)? {
        get { self.exchange.onLeave }
        set { self.exchange.onLeave = newValue }
    }

    /// Gives the answer, once.
    package func answer(_ response: HTTPServerResponse) {
        self.exchange.onLeave = nil
        self.connection.answer(self.exchange, response)
    }

    /// Goes on in a task of its own, which is cancelled when the client leaves.
    package func answer(by body: @escaping @Net @Sendable () async throws -> HTTPServerResponse) {
        self.exchange.onLeave = nil
        self.connection.answer(self.exchange, by: body)
    }
}
