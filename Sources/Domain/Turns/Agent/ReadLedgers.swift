internal import Agent
internal import Primitives

/// What the model has read, by session. Lost in a restart: then it reads again.
final class ReadLedgers: Sendable {
    /// Sessions beyond this number begin anew, oldest first.
    private static let capacity = 1000

    private struct State {
        var ledgers: [String: ReadLedger] = [:]
        var order: [String] = []
    }

    private let state = Protected(State())

    func ledger(of session: String) -> ReadLedger { self.state.withLock { $0.ledgers[session] } ?? ReadLedger() }

    func keep(_ ledger: ReadLedger, of session: String) {
        self.state.withLock { state in
            if state.ledgers.updateValue(ledger, forKey: session) == nil { state.order.append(session) }
            if state.order.count > Self.capacity { state.ledgers[state.order.removeFirst()] = nil }
        }
    }
}
