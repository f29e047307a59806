internal import EventLoop
internal import Primitives

/// Delays the requests of one jail that are beyond its rate.
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
