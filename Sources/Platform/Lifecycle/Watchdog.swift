internal import EventLoop
internal import Primitives

/// Gives the service manager signs of life, as long as the event loop runs and `check` answers. An error is an answer, too:
/// a new process would find the same full disk.
final class Watchdog: Service {
    let name = "watchdog"
    private let manager: ServiceManager
    private let interval: Duration
    private let check: @Sendable () async throws -> Void
    private let stopped = Protected(false)
    private let wake = Signal()

    /// Nil if the manager wants no signs of life.
    ///
    /// - Parameter check: While it hangs, there are no signs.
    init?(_ manager: ServiceManager?, check: @escaping @Sendable () async throws -> Void) {
        guard let manager, let patience = manager.patience else { return nil }
        self.manager = manager
        // As sd_watchdog_enabled(3) recommends.
        self.interval = patience / 2
        self.check = check
    }

    func run() async throws {
        while !self.stopped.withLock({ $0 }) {
            _ = try? await self.check()
            try Task.checkCancellation()
            await Self.turnOfLoop()
            self.manager.tell(.alive)
            await self.wake.wait(upTo: self.interval)
        }
    }

    func stop() async {
        self.stopped.withLock { $0 = true }
        self.wake.signal()
    }

    /// Returns once the loop has run it.
    @Net private static func turnOfLoop() async {}
}
