internal import EventLoop
internal import Primitives

/// Limits of one jail's network.
package struct NetworkLimits: Sendable, Equatable {
    /// The most open connections; further clients wait in the accept queue.
    package var connections = 32
    /// The largest head of a request, in bytes.
    package var head = 32 * 1024
    /// The time limit for the whole head, from its first byte.
    package var headTime = Duration.seconds(15)
    /// The idle limit: without a request, or without data in either direction.
    package var idleTime = Duration.seconds(300)
    package var resolveTime = Duration.seconds(20)
    /// The time limit for each address that is tried.
    package var connectTime = Duration.seconds(10)
    /// The most addresses that are tried, in the resolver's order.
    package var addresses = 6
    /// The most requests at once, and then per second. Further requests wait, so that they cannot flood the audit.
    package var burst = 300
    package var requestsPerSecond = 30
    /// How long a closing connection keeps reading, so that a reset does not discard the answer.
    package var lingerTime = Duration.seconds(2)

    package init() {}
}

/// Delays requests of one jail that exceed its rate.
@Net
final class NetworkPace {
    private var bucket: TokenBucket

    init(_ limits: NetworkLimits) {
        self.bucket = TokenBucket(
            capacity: Double(limits.burst), interval: 1_000 / Double(limits.requestsPerSecond), at: Self.now)
    }

    func admit() async throws {
        while let wait = self.bucket.take(at: Self.now) {
            try await EventLoop.shared.sleep(for: .milliseconds(wait))
        }
    }

    private static var now: Int64 { LoopInstant.current().nanoseconds / 1_000_000 }
}
