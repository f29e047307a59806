import Models
import Primitives
import TestSupport

@testable import Copilot

/// The manual clocks of accounts and their GitHub. The wall clock can jump, and the machine can restart.
struct AccountTime: Sendable {
    static let start = 1_800_000_000.0
    let clock = ManualClock()
    private let jump = Protected(0.0)
    private let boot = Protected("boot-1")

    var seconds: Double { Self.start + self.clock.now.offset.inSeconds }

    /// The clocks as a process sees them.
    var account: AccountClock {
        AccountClock { [clock, jump, boot] in
            let offset = clock.now.offset.inSeconds
            return ClockReading(
                wall: Self.start + offset + jump.withLock { $0 }, uptime: offset, bootID: boot.withLock { $0 })
        } sleep: { [clock] in
            try await clock.sleep(for: $0)
        }
    }

    /// Runs `body` and lets the clock go on by a second whenever it has stood still for a real one. A process that
    /// waits for another one's exchange looks again by the clock where the kernel reports no change of a folder
    /// (`fs.inotify.max_user_instances` is reached), and would wait for ever.
    func moving(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "body") { try await body() }
            group.addTask(name: "clock") { [clock] in
                while true {
                    let before = clock.now
                    try await Task.sleep(for: .seconds(1))
                    if clock.now == before { clock.advance(by: .seconds(1)) }
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Sets the wall clock forward or back.
    func setWall(by seconds: Double) { self.jump.withLock { $0 += seconds } }

    func restart() { self.boot.withLock { $0 += "+" } }

    /// A GitHub with this clock.
    func github(tokenLife: Double, refreshIn: Double? = nil) -> LoopbackGitHub {
        var settings = LoopbackGitHub.Settings()
        settings.tokenLife = tokenLife
        settings.refreshIn = refreshIn
        settings.now = { [clock] in Self.start + clock.now.offset.inSeconds }
        return LoopbackGitHub(settings)
    }
}
