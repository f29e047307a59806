internal import Glibc

enum BenchClock {
    /// Milliseconds since 1970.
    @Sendable static func now() -> Int64 { Self.microseconds() / 1_000 }

    /// Microseconds since 1970; comparable between processes of a machine.
    static func microseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    /// How long `body` takes.
    static func milliseconds(_ body: () async throws -> Void) async rethrows -> Double {
        let started = ContinuousClock.now
        try await body()
        return (ContinuousClock.now - started) / .milliseconds(1)
    }
}
