internal import Primitives

/// Something about each session. Lost in a restart.
final class SessionMemory<Value: Sendable>: Sendable {
    /// Sessions beyond this number are forgotten, oldest first.
    private static var capacity: Int { 1_000 }

    private struct State {
        var values: [String: Value] = [:]
        var order: [String] = []
    }

    private let state = Protected(State())

    subscript(session: String) -> Value? { self.state.withLock { $0.values[session] } }

    /// Returns what was kept of the session before.
    @discardableResult
    func keep(_ value: Value, of session: String) -> Value? {
        self.state.withLock { state in
            let old = state.values.updateValue(value, forKey: session)
            if old == nil { state.order.append(session) }
            if state.order.count > Self.capacity { state.values[state.order.removeFirst()] = nil }
            return old
        }
    }
}
