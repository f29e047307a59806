internal import Primitives

/// Whether this host may act for its places now: read before each post, without I/O.
package final class HostLease: Sendable {
    private struct State {
        var epoch: Int64?
        var deadline: BootTime?
        /// What an ended membership had is still being let go of.
        var isLosing = false
    }

    package let host: String
    private let duration: Duration
    private let state = Protected(State())
    private let now: @Sendable () -> BootTime

    /// - Parameter duration: How long each renewal lasts.
    package init(host: String, duration: Duration, now: @escaping @Sendable () -> BootTime = { .now }) {
        self.host = host
        self.duration = duration
        self.now = now
    }

    /// Of the present membership; nil outside.
    package var epoch: Int64? { self.state.withLock { $0.epoch } }

    package var isValid: Bool {
        let now = self.now()
        return self.state.withLock { state in !state.isLosing && state.deadline.map { now < $0 } ?? false }
    }

    /// Seconds since the last renewal was sent; nil outside.
    package var age: Double? {
        let now = self.now()
        return self.state.withLock { state in state.deadline.map { (self.duration - ($0 - now)) / .seconds(1) } }
    }

    func set(epoch: Int64?, deadline: BootTime?) {
        self.state.withLock { state in (state.epoch, state.deadline) = (epoch, deadline) }
    }

    /// The membership has ended. A new one gives no right to post until what the old one had is let go of: a lane could
    /// take it for its own.
    func beginLosing() {
        self.state.withLock { $0 = State(isLosing: true) }
    }

    func endLosing() { self.state.withLock { $0.isLosing = false } }
}
