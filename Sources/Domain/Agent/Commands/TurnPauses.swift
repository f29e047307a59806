internal import Primitives

/// The time in which a turn's commands waited for a free jail.
package final class TurnPauses: Sendable {
    private let state = Protected((since: ContinuousClock.Instant?.none, total: Duration.zero))

    package init() {}

    /// Without a wait that goes on.
    package var total: Duration { self.state.withLock { $0.total } }

    func begin() { self.state.withLock { $0.since = .now } }

    func end() {
        self.state.withLock { state in
            if let since = state.since { state.total += .now - since }
            state.since = nil
        }
    }
}
