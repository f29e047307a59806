internal import Glibc

/// A program whose wall clock is off, by libfaketime. Clocks that measure how long something takes stay right.
package enum FakeClock {
    /// What the program's environment needs.
    ///
    /// - Parameter offset: Such as `+1h`. With a clock that is behind, libfaketime 0.9.10 stops even a program that only
    ///   calls `Task.sleep`.
    package static func environment(_ offset: String) throws -> [String: String] {
        let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"]
        let libraries = folders.map { $0 + "/faketime/libfaketimeMT.so.1" }
        guard let library = libraries.first(where: { access($0, R_OK) == 0 }) else {
            throw TestFile.Failure(description: "libfaketime is missing; run scripts/setup test")
        }
        return [
            "LD_PRELOAD": library, "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
        ]
    }
}
