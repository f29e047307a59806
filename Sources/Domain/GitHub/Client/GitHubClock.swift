package import Models
internal import Primitives

/// The clocks of a client, replaceable in tests.
package struct GitHubClock: Sendable {
    private let monotonic: ModelClock
    private let wall: @Sendable () -> Int64

    /// - Parameters:
    ///   - monotonic: for waits and ages.
    ///   - wall: milliseconds since 1970, for times that people see.
    package init(_ monotonic: ModelClock, wall: @escaping @Sendable () -> Int64) {
        self.monotonic = monotonic
        self.wall = wall
    }

    package static let system = GitHubClock(.continuous, wall: WallClock.now)

    /// Milliseconds since some moment; only differences are meaningful.
    package var now: Int64 {
        let time = self.monotonic.now.components
        return time.seconds * 1_000 + time.attoseconds / 1_000_000_000_000_000
    }

    /// Seconds since 1970.
    package var date: Int64 { self.wall() / 1_000 }

    /// Throws `CancellationError` at once when the task is cancelled.
    package func sleep(milliseconds: Int64) async throws {
        try await self.monotonic.sleep(for: .milliseconds(milliseconds))
    }
}
