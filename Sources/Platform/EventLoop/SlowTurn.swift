/// A turn in which the loop did not come back to its sockets for too long.
package struct SlowTurn: Sendable, Hashable {
    /// What held the loop.
    package enum Work: String, Sendable, Hashable {
        case jobs, events, timers
    }

    package let work: Work
    package let count: Int
    package let duration: Duration
}
