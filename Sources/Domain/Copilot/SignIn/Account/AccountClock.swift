internal import Glibc
internal import Lifecycle

/// The clocks at one moment.
package struct ClockReading: Sendable, Hashable {
    /// Seconds since 1970; people and time servers may set it.
    package var wall: Double
    /// Seconds since the machine started, including sleep; monotonic.
    package var uptime: Double
    /// Identifies this start of the machine.
    package var bootID: String
}

/// The clocks of an account, replaceable in tests.
package struct AccountClock: Sendable {
    private let reading: @Sendable () -> ClockReading
    private let sleeper: @Sendable (Duration) async throws -> Void

    package init(
        reading: @escaping @Sendable () -> ClockReading, sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.reading = reading
        self.sleeper = sleep
    }

    /// The machine's clocks.
    package static let system = AccountClock {
        ClockReading(
            wall: Self.seconds(CLOCK_REALTIME), uptime: Self.seconds(CLOCK_BOOTTIME),
            bootID: ProcessIdentity.currentBootID)
    } sleep: { duration in
        try await Task.sleep(for: duration)
    }

    package var now: ClockReading { self.reading() }

    /// Throws `CancellationError` at once when the task is cancelled. May stop while the machine sleeps, so split long
    /// waits.
    package func sleep(for duration: Duration) async throws { try await self.sleeper(duration) }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
