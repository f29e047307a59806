public import Chat
internal import Primitives

/// Keeps what an adapter delivers, and lets a test wait for it.
public final class RecordingSink: MessageSink {
    private struct State {
        var events: [InboundEvent] = []
        var statuses: [AdapterStatus] = []
        var failures = 0
        var threads: [MessageReference: ThreadKey] = [:]
        var waiters:
            [(isMet: @Sendable ([InboundEvent], [AdapterStatus]) -> Bool, resume: CheckedContinuation<Void, Never>)] =
                []
    }

    private let state = Protected(State())

    /// The next deliveries fail.
    public init(failures: Int = 0) { self.state.withLock { $0.failures = failures } }

    /// What came, in order.
    public var events: [InboundEvent] { self.state.withLock { $0.events } }
    /// The connection's states, in order.
    public var statuses: [AdapterStatus] { self.state.withLock { $0.statuses } }

    /// The messages among ``events``.
    public var messages: [InboundMessage] {
        self.events.compactMap { if case .message(let message) = $0.kind { message } else { nil } }
    }

    /// The thread that a message belongs to.
    public func remember(_ message: MessageReference, in thread: ThreadKey) {
        self.state.withLock { $0.threads[message] = thread }
    }

    /// What ``remember(_:in:)`` was told.
    public func thread(of message: MessageReference) async -> ThreadKey? { self.state.withLock { $0.threads[message] } }

    /// Keeps the event, or fails as told.
    @discardableResult public func deliver(_ event: InboundEvent) async throws -> Delivery {
        let isFailing = self.state.withLock { state in
            guard state.failures > 0 else {
                state.events.append(event)
                return false
            }
            state.failures -= 1
            return true
        }
        if isFailing { throw AdapterError(.timedOut, "the disk is full") }
        self.wake()
        return .stored
    }

    /// Keeps the state.
    public func statusChanged(_ status: AdapterStatus, of adapter: AdapterID) async {
        self.state.withLock { $0.statuses.append(status) }
        self.wake()
    }

    /// Waits until enough came.
    public func wait(_ isMet: @escaping @Sendable ([InboundEvent], [AdapterStatus]) -> Bool) async {
        await withCheckedContinuation { continuation in
            self.state.withLock { $0.waiters.append((isMet, continuation)) }
            self.wake()
        }
    }

    /// Waits until the connection is in this state.
    public func wait(for state: AdapterStatus.State) async {
        await self.wait { _, statuses in statuses.last?.state == state }
    }

    /// Waits for a message with this text, and returns it.
    @discardableResult public func message(_ text: String) async -> InboundMessage? {
        let isIt: @Sendable (InboundEvent) -> Bool = { event in
            if case .message(let message) = event.kind { message.text == text } else { false }
        }
        await self.wait { events, _ in events.contains(where: isIt) }
        guard case .message(let message) = self.events.last(where: isIt)?.kind else { return nil }
        return message
    }

    private func wake() {
        let met = self.state.withLock { state in
            let met = state.waiters.filter { $0.isMet(state.events, state.statuses) }
            let (events, statuses) = (state.events, state.statuses)
            state.waiters.removeAll { $0.isMet(events, statuses) }
            return met
        }
        for waiter in met { waiter.resume.resume() }
    }
}

/// Runs an adapter while `body` looks at it, then stops it and waits for its end.
public func withRunning(
    _ adapter: any ChatAdapter, _ sink: RecordingSink, _ body: @escaping @Sendable () async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await adapter.run(delivering: sink) }
        do {
            try await body()
        } catch {
            await adapter.stop()
            group.cancelAll()
            throw error
        }
        await adapter.stop()
        try await group.waitForAll()
    }
}
