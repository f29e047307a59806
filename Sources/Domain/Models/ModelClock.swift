/// Any `Clock` that counts in `Duration`, so that tests need not wait.
package struct ModelClock: Sendable {
    private let elapsedTime: @Sendable () -> Duration
    private let sleeper: @Sendable (Duration) async throws -> Void

    package init<C: Clock>(_ clock: C) where C.Duration == Duration, C.Instant: Sendable {
        let start = clock.now
        self.elapsedTime = { start.duration(to: clock.now) }
        self.sleeper = { try await clock.sleep(for: $0) }
    }

    /// The machine's clock; it keeps running while the machine is asleep.
    package static let continuous = ModelClock(ContinuousClock())

    /// The time since the clock was made; only differences are meaningful.
    package var now: Duration { self.elapsedTime() }

    /// Throws `CancellationError` at once when the task is cancelled.
    package func sleep(for duration: Duration) async throws {
        try await self.sleeper(duration)
    }
}
