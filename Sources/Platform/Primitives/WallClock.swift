internal import Glibc

/// The time of day.
package enum WallClock {
    /// Milliseconds since 1970.
    @Sendable package static func now() -> Int64 { Self.nanoseconds() / 1_000_000 }

    /// Nanoseconds since 1970, for comparisons with the times of files.
    package static func nanoseconds() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
