internal import Primitives

/// Makes a service's thread poll the library.
final class WebSocketDriver: ThreadExecutor.Driver {
    // Unowned: the service owns the driver and detaches it before being released.
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
