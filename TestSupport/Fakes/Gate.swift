internal import Primitives

/// Blocks callers of ``pass()`` while it is closed.
package final class Gate: Sendable {
    private struct State {
        var isOpen: Bool
        var isReached = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Protected<State>

    package init(isOpen: Bool) { self.state = Protected(State(isOpen: isOpen)) }

    /// Whether a caller is blocked.
    package var isHolding: Bool { self.state.withLock { !$0.waiting.isEmpty } }

    /// Returns once the gate is open.
    package func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = self.state.withLock { state in
                state.isReached = true
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    /// Returns once a caller has reached the gate.
    package func reached() async throws {
        try await eventually("a caller has reached the gate") { self.state.withLock { $0.isReached } }
    }

    /// Opens the gate and releases blocked callers, or closes it.
    package func setOpen(_ isOpen: Bool) {
        let waiting = self.state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.isOpen = isOpen
            guard isOpen else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
