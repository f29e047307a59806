internal import Primitives

/// Lets the thread of a service poll the library.
final class WebSocketDriver: ThreadExecutor.Driver {
    // Unowned: the service owns the driver, and detaches it before it ends.
    private unowned let service: WebSocketService
    private let orders: WebSocketOrders

    init(service: WebSocketService) {
        self.service = service
        self.orders = service.orders
    }

    func turn() {
        self.service.assumeIsolated { $0.turn() }
    }

    func wake() {
        self.orders.wake()
    }
}
