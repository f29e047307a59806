internal import Primitives

/// What one person may do in all open documents of this host together.
final class EditBudget: Sendable {
    private let buckets: Protected<Buckets>
    /// Bytes that the person's clients have not got yet.
    private let waiting = Protected(0)

    private struct Buckets {
        var operations: TokenBucket
        var bytes: TokenBucket
    }

    /// A second's operations.
    static let rate = 10_000
    /// What comes in ten seconds, in bytes.
    private static let byteRate = 4_194_304.0
    /// With more bytes waiting, none follow. The last ones may be above it.
    private static let waitingBytes = 8 << 20

    init(at now: Int64) {
        let rate = Double(Self.rate)
        self.buckets = Protected(
            Buckets(
                operations: TokenBucket(capacity: rate, interval: 1_000 / rate, at: now),
                bytes: TokenBucket(capacity: Self.byteRate, interval: 10_000 / Self.byteRate, at: now)))
    }

    /// Whether there is room for so many operations. What costs more than a second's takes that second.
    func mayDo(_ operations: Int, at now: Int64) -> Bool {
        self.buckets.withLock { $0.operations.take(Double(min(operations, Self.rate)), at: now) == nil }
    }

    /// Charges what has been done already.
    func spend(_ operations: Int, at now: Int64) {
        self.buckets.withLock { $0.operations.spend(Double(operations), at: now) }
    }

    /// Whether there is room for so many bytes.
    func maySend(_ bytes: Int, at now: Int64) -> Bool {
        self.buckets.withLock { $0.bytes.take(Double(bytes), at: now) == nil }
    }

    /// Whether so many bytes may wait until a client gets them, and counts them then.
    func mayWait(_ bytes: Int) -> Bool {
        self.waiting.withLock { waiting in
            guard waiting <= Self.waitingBytes else { return false }
            waiting += bytes
            return true
        }
    }

    /// Notes that so many bytes do not wait any more.
    func sent(_ bytes: Int) { self.waiting.withLock { $0 -= bytes } }

    /// Whether it is as good as a new one.
    func isFull(at now: Int64) -> Bool {
        self.buckets.withLock {
            $0.operations.tokens(at: now) >= $0.operations.capacity && $0.bytes.tokens(at: now) >= $0.bytes.capacity
        }
    }
}
