internal import Primitives

/// The commits of a store whose outcome is unknown, and whether the store closes, which ends the wait for it.
final class CommitDoubts: Sendable {
    private struct State {
        /// By the number of the writer.
        var since: [Int64: ContinuousClock.Instant] = [:]
        var isClosing = false
    }

    private let state = Protected(State())
    private let closing = Bell()

    func begin(_ writer: Int64) { self.state.withLock { $0.since[writer] = .now } }
    func end(_ writer: Int64) { self.state.withLock { $0.since[writer] = nil } }

    /// Of the oldest; nil without any.
    var age: Duration? {
        self.state.withLock { $0.since.values.min() }.map { ContinuousClock.now - $0 }
    }

    var isClosing: Bool { self.state.withLock { $0.isClosing } }

    func close() {
        self.state.withLock { $0.isClosing = true }
        self.closing.ring()
    }

    /// Returns after `pause`, or when the store closes.
    func wait(_ pause: Duration) { self.closing.wait(upTo: pause) }
}
