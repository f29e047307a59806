package import EventLoop

/// An exchange started by ``HTTPClient/begin(_:onHead:)``.
@Net
package struct HTTPClientExchange: Sendable {
    private let transfer: Transfer

    init(_ transfer: Transfer) {
        self.transfer = transfer
    }

    /// Ends the exchange at once, in any state.
    package func cancel() { self.transfer.forget() }
}
