internal import Primitives

/// State shared by a connection's two sides: the tasks that read and write, and the library's thread.
///
/// Both queues are bounded: a full outbox makes ``send(_:)`` wait, a full inbox makes the thread stop reading.
final class WebSocketState: Sendable {
    private struct Waiter {
        let number: UInt64
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct Shared {
        var inbox: [WebSocketMessage] = []
        var inboxBytes = 0
        var isPaused = false
        var outbox: [WebSocketMessage] = []
        var outboxBytes = 0
        /// The closing handshake was requested; no more messages are accepted.
        var isClosing = false
        var end: Result<WebSocketClosure, WebSocketError>?
        var readers: [Waiter] = []
        var writers: [Waiter] = []
        var enders: [Waiter] = []
        var number: UInt64 = 0
    }

    private typealias Queue = WritableKeyPath<Shared, [Waiter]> & Sendable

    let settings: WebSocketSettings
    private let shared = Protected(Shared())
    private let wish: @Sendable (WebSocketService.Order) -> Void

    /// `wish` is called on any thread, never under the lock.
    init(settings: WebSocketSettings, wish: @escaping @Sendable (WebSocketService.Order) -> Void) {
        self.settings = settings
        self.wish = wish
    }

    // MARK: Tasks

    func next() async throws -> WebSocketMessage? {
        while true {
            let (message, end, resumes) = self.shared.withLock { shared in
                guard !shared.inbox.isEmpty else { return (WebSocketMessage?.none, shared.end, false) }
                let message = shared.inbox.removeFirst()
                shared.inboxBytes -= message.byteCount
                let resumes = shared.isPaused && !self.isFull(shared, share: 2)
                if resumes { shared.isPaused = false }
                return (message, nil, resumes)
            }
            if resumes { self.wish(.resumeReading) }
            if let message { return message }
            if let end {
                _ = try end.get()
                return nil
            }
            try await self.wait(in: \.readers) { $0.inbox.isEmpty && $0.end == nil }
        }
    }

    func send(_ message: WebSocketMessage) async throws {
        let count = message.byteCount
        let limit = self.settings.sendHighWater
        while true {
            try Task.checkCancellation()
            let isSent = try self.shared.withLock { shared throws(WebSocketError) in
                try Self.checkOpen(shared)
                guard shared.outbox.isEmpty || shared.outboxBytes + count <= limit else { return (false, false) }
                shared.outbox.append(message)
                shared.outboxBytes += count
                return (true, shared.outbox.count == 1)
            }
            if isSent.1 { self.wish(.write) }
            if isSent.0 { return }
            try await self.wait(in: \.writers) {
                !$0.outbox.isEmpty && $0.outboxBytes + count > limit && $0.end == nil && !$0.isClosing
            }
        }
    }

    func waitForEnd() async throws {
        while self.end == nil { try await self.wait(in: \.enders) { $0.end == nil } }
    }

    var end: Result<WebSocketClosure, WebSocketError>? { self.shared.withLock { $0.end } }

    /// Accepts no messages beyond those in the outbox; returns `false` if closing had already begun.
    func beginClosing() -> Bool {
        let (isFirst, writers) = self.shared.withLock { shared -> (Bool, [Waiter]) in
            guard !shared.isClosing, shared.end == nil else { return (false, []) }
            shared.isClosing = true
            defer { shared.writers = [] }
            return (true, shared.writers)
        }
        for waiter in writers { waiter.continuation.resume() }
        return isFirst
    }

    private static func checkOpen(_ shared: Shared) throws(WebSocketError) {
        if case .failure(let error) = shared.end { throw error }
        guard shared.end == nil, !shared.isClosing else {
            throw WebSocketError(.closed, "the WebSocket is closed")
        }
    }

    // MARK: The library's thread

    /// Returns `false` to stop reading until ``WebSocketService/Order/resumeReading``.
    func deliver(_ message: WebSocketMessage) -> Bool {
        let (keepsReading, reader) = self.shared.withLock { shared -> (Bool, Waiter?) in
            shared.inbox.append(message)
            shared.inboxBytes += message.byteCount
            shared.isPaused = self.isFull(shared, share: 1)
            return (!shared.isPaused, shared.readers.isEmpty ? nil : shared.readers.removeFirst())
        }
        reader?.continuation.resume()
        return keepsReading
    }

    /// The next message to send; it counts as waiting until ``sent(_:)``.
    func takeOutgoing() -> WebSocketMessage? {
        self.shared.withLock { $0.outbox.isEmpty ? nil : $0.outbox.removeFirst() }
    }

    func sent(_ message: WebSocketMessage) {
        let writers = self.shared.withLock { shared -> [Waiter] in
            shared.outboxBytes -= message.byteCount
            guard shared.outboxBytes <= self.settings.sendHighWater / 2 else { return [] }
            defer { shared.writers = [] }
            return shared.writers
        }
        for waiter in writers { waiter.continuation.resume() }
    }

    /// The connection has ended; only the first end counts.
    func finish(_ end: Result<WebSocketClosure, WebSocketError>) {
        let waiters = self.shared.withLock { shared -> [Waiter] in
            guard shared.end == nil else { return [] }
            shared.end = end
            shared.outbox = []
            let all = shared.readers + shared.writers + shared.enders
            (shared.readers, shared.writers, shared.enders) = ([], [], [])
            return all
        }
        for waiter in waiters { waiter.continuation.resume() }
    }

    private func isFull(_ shared: Shared, share: Int) -> Bool {
        shared.inbox.count * share >= self.settings.receiveCount
            || shared.inboxBytes * share >= self.settings.messageLimit
    }

    // MARK: Waiting

    /// Waits for a wake if `condition` holds at the start; the caller checks again.
    private func wait(in queue: any Queue, while condition: @Sendable (Shared) -> Bool) async throws {
        let number = self.shared.withLock { shared in
            shared.number += 1
            return shared.number
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let isWaiting = self.shared.withLock { shared in
                    // Under the lock, so that a cancellation is either seen here or finds the waiter.
                    guard !Task.isCancelled, condition(shared) else { return false }
                    shared[keyPath: queue].append(Waiter(number: number, continuation: continuation))
                    return true
                }
                guard !isWaiting else { return }
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else {
                    continuation.resume()
                }
            }
        } onCancel: {
            let waiter = self.shared.withLock { shared -> Waiter? in
                guard let index = shared[keyPath: queue].firstIndex(where: { $0.number == number }) else {
                    return nil
                }
                return shared[keyPath: queue].remove(at: index)
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }
}
