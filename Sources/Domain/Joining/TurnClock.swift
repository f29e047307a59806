/// The time that a turn has: it stops while the turn waits for people or for a free place. Pure.
package struct TurnClock {
    /// The whole time; nil for commands, whose time the jail limits.
    private var time: Duration?
    /// What was left when the clock last started.
    private var left: Duration
    private var since: ContinuousClock.Instant
    /// How many waits stop it.
    package private(set) var holds = 0

    package init(_ time: Duration?, at now: ContinuousClock.Instant) {
        self.time = time
        self.left = time ?? .zero
        self.since = now
    }

    package var isStopped: Bool { self.holds > 0 }

    /// What is left while it runs: the turn is to be ended after that. Nil while it is stopped, and without a limit.
    package var due: Duration? { self.time == nil || self.isStopped ? nil : max(self.left, .zero) }

    /// Returns whether it ran until now.
    package mutating func stop(at now: ContinuousClock.Instant) -> Bool {
        self.holds += 1
        guard self.holds == 1 else { return false }
        self.left -= now - self.since
        return true
    }

    /// Returns whether it runs again: ``due`` is to be set anew.
    package mutating func start(at now: ContinuousClock.Instant) -> Bool {
        self.holds -= 1
        guard self.holds == 0 else { return false }
        self.since = now
        return true
    }

    /// Moves the end of the time to `time` after its start, if that is later. Returns whether ``due`` is to be set anew.
    package mutating func extend(to time: Duration, at now: ContinuousClock.Instant) -> Bool {
        guard let more = self.time.map({ time - $0 }), more > .zero else { return false }
        self.time = time
        self.left += more
        guard !self.isStopped else { return false }
        self.left -= now - self.since
        self.since = now
        return true
    }
}
