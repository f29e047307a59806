package import Chat
internal import Primitives

/// Records what an adapter delivers and lets a test wait for it.
package final class RecordingSink: MessageSink {
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

    /// Fails the next `failures` deliveries.
    package init(failures: Int = 0) { self.state.withLock { $0.failures = failures } }

    package var events: [InboundEvent] { self.state.withLock { $0.events } }
    package var statuses: [AdapterStatus] { self.state.withLock { $0.statuses } }

    package var messages: [InboundMessage] {
        self.events.compactMap(\.message)
    }

    /// Sets the thread of a message.
    package func remember(_ message: MessageReference, in thread: ThreadKey) {
        self.state.withLock { $0.threads[message] = thread }
    }

    /// The thread given to ``remember(_:in:)``.
    package func thread(of message: MessageReference) async -> ThreadKey? {
        self.state.withLock { $0.threads[message] }
    }

    /// Records the event, or fails while failures are left.
    @discardableResult package func deliver(_ event: InboundEvent) async throws -> Delivery {
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

    package func statusChanged(_ status: AdapterStatus, of adapter: AdapterID) async {
        self.state.withLock { $0.statuses.append(status) }
        self.wake()
    }

    /// Waits until the recorded events and states satisfy `isMet`.
    package func wait(_ isMet: @escaping @Sendable ([InboundEvent], [AdapterStatus]) -> Bool) async {
        await withCheckedContinuation { continuation in
            self.state.withLock { $0.waiters.append((isMet, continuation)) }
            self.wake()
        }
    }

    package func wait(for state: AdapterStatus.State) async {
        await self.wait { _, statuses in statuses.last?.state == state }
    }

    /// Waits for a message with this text.
    @discardableResult package func message(_ text: String) async -> InboundMessage? {
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

/// Runs an adapter during `body`, then stops it and waits for its end.
package func withRunning(
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
