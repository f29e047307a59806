internal import JSON
internal import Lifecycle
package import Logging
internal import Primitives

/// Removes expired audit rows while the host runs.
package final class AuditRetention: Service {
    package let name = "audit retention"
    private let log: AuditLog
    private let lifetime: Duration
    private let now: @Sendable () async throws -> Int64
    private let logger: Logger
    private let stopped = Protected(false)
    private let wake = Signal()

    private static let interval: Duration = .seconds(6 * 3_600)

    /// - Parameter now: The time by which rows expire, in milliseconds since 1970.
    package init(
        _ log: AuditLog, lifetime: Duration, logger: Logger, now: @escaping @Sendable () async throws -> Int64
    ) {
        self.log = log
        self.lifetime = lifetime
        self.logger = logger
        self.now = now
    }

    package func run() async throws {
        while !self.stopped.withLock({ $0 }) {
            try await self.prune()
            await self.wake.wait(upTo: Self.interval)
            try Task.checkCancellation()
        }
    }

    package func stop() async {
        self.stopped.withLock { $0 = true }
        self.wake.signal()
    }

    private func prune() async throws {
        do {
            let now = try await self.now()
            let count = try await self.log.prune(before: now - Int64(self.lifetime / .milliseconds(1)), at: now)
            if count > 0 { self.logger.info("expired audit rows were removed", ["rows": .integer(Int64(count))]) }
        } catch let error as CancellationError {
            throw error
        } catch {
            // The next round tries again.
            self.logger.warning("expired audit rows could not be removed", ["error": .string("\(error)")])
        }
    }
}
