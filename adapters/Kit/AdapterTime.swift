internal import EventLoop
internal import Primitives

/// A point in time, passed to state machines because they have no clock.
package struct AdapterTime: Sendable, Equatable {
    /// Milliseconds of a clock that never jumps, from an arbitrary start.
    package var monotonic: Int64
    /// Milliseconds since 1970.
    package var wall: Int64

    package init(monotonic: Int64, wall: Int64) {
        self.monotonic = monotonic
        self.wall = wall
    }

    package static var now: AdapterTime {
        AdapterTime(monotonic: LoopInstant.current().nanoseconds / 1_000_000, wall: WallClock.now())
    }
}

/// Sleeps until a state machine's deadline, which may move while it sleeps. Only one task may call
/// ``run(until:deadline:expire:)``.
package final class DeadlineWatch: Sendable {
    private let moved = Signal()
    /// When the sleep ends; `.max` while there is no deadline.
    private let end = Protected(Int64.max)

    package init() {}

    /// Wakes the watch if `deadline` (monotonic milliseconds) is before the end of its sleep. Call it after each input
    /// to the machine.
    package func note(_ deadline: Int64?) {
        guard let deadline else { return }
        let isEarlier = self.end.withLock { end in
            guard deadline < end else { return false }
            end = deadline
            return true
        }
        if isEarlier { self.moved.signal() }
    }

    /// Wakes the watch so that it checks `isOver`.
    package func wake() { self.moved.signal() }

    /// Calls `expire` at each deadline until `isOver` returns true or the task is cancelled.
    package func run(until isOver: () -> Bool = { false }, deadline: () -> Int64?, expire: () -> Void) async {
        while !Task.isCancelled, !isOver() {
            // While the end is unknown every noted deadline counts as earlier, so that none is missed.
            self.end.withLock { $0 = .max }
            guard let deadline = deadline() else {
                await self.moved.wait()
                continue
            }
            self.end.withLock { $0 = min($0, deadline) }
            let now = AdapterTime.now.monotonic
            if deadline <= now {
                expire()
            } else {
                await self.moved.wait(upTo: .milliseconds(deadline - now))
            }
        }
    }
}
