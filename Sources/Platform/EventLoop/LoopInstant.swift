internal import Glibc

/// A point on the monotonic clock of the loop's timers, which stops while the machine sleeps.
package struct LoopInstant: InstantProtocol {
    /// Nanoseconds since an arbitrary start.
    package let nanoseconds: Int64

    @inlinable
    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Reads the clock; ``EventLoop/now`` is cheaper and precise enough for deadlines.
    package static func current() -> LoopInstant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return LoopInstant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    package func advanced(by duration: Duration) -> LoopInstant {
        let (sum, overflow) = self.nanoseconds.addingReportingOverflow(Self.nanoseconds(of: duration))
        return LoopInstant(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    @inlinable
    package func duration(to other: LoopInstant) -> Duration {
        .nanoseconds(other.nanoseconds - self.nanoseconds)
    }

    @inlinable
    package static func < (left: LoopInstant, right: LoopInstant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The duration in nanoseconds, clamped to 64 bits (292 years).
    private static func nanoseconds(of duration: Duration) -> Int64 {
        Int64(clamping: duration.attoseconds / 1_000_000_000)
    }
}
