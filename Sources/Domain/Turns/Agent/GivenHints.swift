internal import Primitives

/// Which threads know that their model only talks. Lost in a restart: then it is said again.
final class GivenHints: Sendable {
    /// Threads beyond this number may hear it again, oldest first.
    private static let capacity = 1000

    private struct State {
        var models: [String: String] = [:]
        var order: [String] = []
    }

    private let state = Protected(State())

    /// Whether a thread has not been told about this model since it chose it.
    func isNew(_ model: String, in session: String) -> Bool {
        self.state.withLock { state in
            let old = state.models.updateValue(model, forKey: session)
            if old == nil { state.order.append(session) }
            if state.order.count > Self.capacity { state.models[state.order.removeFirst()] = nil }
            return old != model
        }
    }
}
