import Chat
import Primitives

@testable import Sessions

/// Forwards what an adapter delivers, and lets a test wait until the bridge has a number of messages.
final class ContractSink: MessageSink {
    private struct State {
        var messages = 0
        /// The newest ones.
        var kept: [InboundMessage] = []
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    let bridge: Bridge
    private let state = Protected(State())

    init(_ bridge: Bridge) {
        self.bridge = bridge
    }

    @discardableResult func deliver(_ event: InboundEvent) async throws -> Delivery {
        let delivery = try await self.bridge.deliver(event)
        if case .message(let message) = event.kind { self.note(message) }
        return delivery
    }

    func statusChanged(_ status: AdapterStatus, of adapter: AdapterID) async {
        await self.bridge.statusChanged(status, of: adapter)
    }

    /// Waits until at least `count` messages were delivered.
    func waitForMessages(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = self.state.withLock { state in
                if state.messages < count { state.waiters.append((count, continuation)) }
                return state.messages >= count
            }
            if isThere { continuation.resume() }
        }
    }

    /// The last messages that came, oldest first.
    var lastMessages: [InboundMessage] { self.state.withLock { $0.kept } }

    private func note(_ message: InboundMessage) {
        let ready = self.state.withLock { state in
            state.messages += 1
            state.kept = state.kept.suffix(49) + [message]
            let ready = state.waiters.filter { $0.count <= state.messages }
            state.waiters.removeAll { $0.count <= state.messages }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }
}
