internal import CWebSockets
internal import Primitives

/// Orders to the library's thread from any other, and the one call that is legal from there: the wake.
@safe
final class WebSocketOrders: Sendable {
    typealias Entry = (link: UInt64, order: WebSocketService.Order)

    @safe
    private struct Inbox: @unchecked Sendable {  // @unchecked: the pointer is used for the wake only, under the lock
        var entries: [Entry] = []
        var service: UnsafeMutablePointer<cws_service>?
    }

    private let inbox = Protected(Inbox())

    func post(_ order: WebSocketService.Order, to link: UInt64) {
        self.inbox.withLock { inbox in
            inbox.entries.append((link, order))
            // Under the lock, so that a wake never meets a destroyed context; one is enough for all that wait.
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

    /// From now on there is a context to wake; `nil`: none any more.
    func attach(_ service: UnsafeMutablePointer<cws_service>?) {
        self.inbox.withLock { unsafe $0.service = service }
    }
}
