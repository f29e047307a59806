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
