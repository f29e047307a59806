internal import Chat
internal import Primitives

/// A sink that takes nothing and waits for a connection's first verdict.
final class ConnectionProbe: MessageSink {
    private struct State {
        var verdict: AdapterStatus?
        var waiter: CheckedContinuation<AdapterStatus?, Never>?
    }

    private let state = Protected(State())

    func deliver(_ event: InboundEvent) async throws -> Delivery { .ignored("probe") }

    func statusChanged(_ status: AdapterStatus, of adapter: AdapterID) async {
        // A connection that went down and says why will try again, but the reason is what is asked for here.
        guard status.state == .up || status.state == .refused || status.state == .down && status.detail != nil else {
            return
        }
        self.state.withLock { state -> CheckedContinuation<AdapterStatus?, Never>? in
            state.verdict = state.verdict ?? status
            return state.waiter.take()
        }?.resume(returning: status)
    }

    func verdict() async -> AdapterStatus? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDecided = self.state.withLock { state in
                    if state.verdict != nil || Task.isCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if isDecided { continuation.resume(returning: self.state.withLock { $0.verdict }) }
            }
        } onCancel: {
            self.release()?.resume(returning: nil)
        }
    }

    private func release() -> CheckedContinuation<AdapterStatus?, Never>? {
        self.state.withLock { $0.waiter.take() }
    }
}
