internal import EventLoop
internal import Logging

/// A moment, as an argument: the state machines have no clock of their own.
package struct SlackTime: Sendable, Equatable {
    /// Milliseconds of a clock that never jumps.
    package var monotonic: Int64
    /// Milliseconds since 1970.
    package var wall: Int64

    package init(monotonic: Int64, wall: Int64) {
        self.monotonic = monotonic
        self.wall = wall
    }

    /// Now.
    package static var now: SlackTime {
        SlackTime(monotonic: LoopInstant.current().nanoseconds / 1_000_000, wall: Timestamp.now)
    }
}
