internal import Glibc

/// A program whose wall clock is off, by libfaketime. Clocks that measure how long something takes stay right.
package enum FakeClock {
    /// What the program's environment needs for a clock that is an hour ahead.
    ///
    /// libfaketime 0.9.10 moves the deadlines of all timers, also of clocks that it leaves alone. A clock that is behind
    /// stops a program that only calls `Task.sleep`. One that is ahead by more than the machine has been running makes
    /// deadlines negative, and then no timer runs at all: on such a machine it is ahead by three quarters of that time.
    package static func anHourAhead() throws -> [String: String] {
        let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"]
        let libraries = folders.map { $0 + "/faketime/libfaketimeMT.so.1" }
        guard let library = libraries.first(where: { access($0, R_OK) == 0 }) else {
            throw TestFile.Failure(description: "libfaketime is missing; run scripts/setup test")
        }
        var running = timespec()
        clock_gettime(CLOCK_MONOTONIC, &running)
        return [
            "LD_PRELOAD": library, "FAKETIME": "+\(min(3_600, running.tv_sec / 4 * 3))s",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
        ]
    }
}
