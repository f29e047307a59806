internal import Glibc

/// Time since the machine was started, also while it slept: a lease runs out meanwhile.
package struct BootTime: Comparable, Sendable {
    package let seconds: Duration

    package init(_ seconds: Duration) { self.seconds = seconds }

    package static var now: BootTime {
        var time = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &time)
        return BootTime(.seconds(time.tv_sec) + .nanoseconds(time.tv_nsec))
    }

    package static func < (left: BootTime, right: BootTime) -> Bool { left.seconds < right.seconds }
    package static func + (time: BootTime, duration: Duration) -> BootTime { BootTime(time.seconds + duration) }
    package static func - (left: BootTime, right: BootTime) -> Duration { left.seconds - right.seconds }
}
