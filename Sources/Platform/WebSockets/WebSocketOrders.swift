internal import CWebSockets
internal import Primitives

/// Passes orders from any thread to the library's thread, and wakes it: the only legal call from other threads.
@safe
final class WebSocketOrders: Sendable {
    typealias Entry = (link: UInt64, order: WebSocketService.Order)

    @safe
    private struct Inbox: @unchecked Sendable {  // @unchecked: the pointer is only used to wake, under the lock
        var entries: [Entry] = []
        var service: UnsafeMutablePointer<cws_service>?
    }

    private let inbox = Protected(Inbox())

    func post(_ order: WebSocketService.Order, to link: UInt64) {
        self.inbox.withLock { inbox in
            inbox.entries.append((link, order))
            // Under the lock, so that the context can't be destroyed concurrently; one wake covers all queued orders.
            if inbox.entries.count == 1, let service = unsafe inbox.service { unsafe cws_wake(service) }
        }
    }

    func take() -> [Entry] {
        self.inbox.withLock { inbox in
            guard !inbox.entries.isEmpty else { return [] }
            defer { inbox.entries = [] }
            return inbox.entries
        }
    }

    func wake() {
        self.inbox.withLock { inbox in
            if let service = unsafe inbox.service { unsafe cws_wake(service) }
        }
    }

    /// Sets the context to wake; `nil` after it has been destroyed.
    func attach(_ service: UnsafeMutablePointer<cws_service>?) {
        self.inbox.withLock { unsafe $0.service = service }
    }
}

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
