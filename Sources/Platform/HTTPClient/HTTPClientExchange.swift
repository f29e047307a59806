package import EventLoop

/// An exchange that was begun with callbacks.
@Net
package struct HTTPClientExchange: Sendable {
    private let transfer: Transfer

    init(_ transfer: Transfer) {
        self.transfer = transfer
    }

    /// Ends it at once, wherever it is.
    package func cancel() { self.transfer.forget() }
}
