internal import Primitives

/// Where those who pass wait while it is closed.
public final class Gate: Sendable {
    private struct State {
        var isOpen: Bool
        var isReached = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Protected<State>

    /// A gate that is open or closed.
    public init(isOpen: Bool) { self.state = Protected(State(isOpen: isOpen)) }

    /// Whether somebody waits.
    public var isHolding: Bool { self.state.withLock { !$0.waiting.isEmpty } }

    /// Returns once it is open.
    public func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = self.state.withLock { state in
                state.isReached = true
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    /// Returns once somebody has come to it.
    public func reached() async {
        while !self.state.withLock({ $0.isReached }) { await Task.yield() }
    }

    /// Opens it, and lets go on who waits, or closes it.
    public func setOpen(_ isOpen: Bool) {
        let waiting = self.state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.isOpen = isOpen
            guard isOpen else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
