/// A moment, as an argument: the state machine has no clock of its own.
package struct MatrixTime: Sendable, Equatable {
    /// Milliseconds of a clock that never jumps.
    package var monotonic: Int64
    /// Milliseconds since 1970.
    package var wall: Int64

    package init(monotonic: Int64, wall: Int64) {
        self.monotonic = monotonic
        self.wall = wall
    }
}
