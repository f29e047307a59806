/// A token bucket: full at first, refilled evenly up to its capacity. Pure; times are milliseconds of any one clock.
package struct TokenBucket: Sendable, Equatable {
    package var capacity: Double
    /// Milliseconds per refilled token.
    package var interval: Double
    /// The tokens at the last refill; negative after spending more than there were.
    package var tokens: Double
    private var filledAt: Int64

    package init(capacity: Double, interval: Double, at now: Int64) {
        self.capacity = capacity
        self.interval = interval
        self.tokens = capacity
        self.filledAt = now
    }

    /// Takes `count` tokens, or returns the milliseconds until there are enough.
    package mutating func take(_ count: Double = 1, at now: Int64) -> Int64? {
        let wait = self.wait(for: count, at: now)
        guard wait == 0 else { return wait }
        self.spend(count, at: now)
        return nil
    }

    /// Milliseconds until there are `count` tokens, or until the bucket is full if it holds fewer; 0 for now.
    package mutating func wait(for count: Double = 1, at now: Int64) -> Int64 {
        self.refill(at: now)
        let delay = (min(count, self.capacity) - self.tokens) * self.interval
        // A thousandth of a millisecond of slack, or rounding errors would keep asking for one more millisecond.
        return delay <= 0.001 ? 0 : Int64((delay - 0.001).rounded(.up))
    }

    /// Takes `count` tokens even if there are fewer; the rest is owed.
    package mutating func spend(_ count: Double = 1, at now: Int64) {
        self.refill(at: now)
        self.tokens -= count
    }

    /// Credits the time since the last refill. Times that come out of order credit nothing twice; a clock that jumped back
    /// by more than a minute is followed, because one that was years ahead must not stop the refill for years.
    package mutating func refill(at now: Int64) {
        self.tokens = self.tokens(at: now)
        self.filledAt = self.filledAt - now > 60_000 ? now : max(self.filledAt, now)
    }

    package func tokens(at now: Int64) -> Double {
        min(self.capacity, self.tokens + Double(max(0, now - self.filledAt)) / self.interval)
    }
}

/// A ``TokenBucket`` for each key.
package struct KeyedTokenBuckets<Key: Hashable & Sendable>: Sendable {
    private let capacity: Double
    private let interval: Double
    private var buckets: [Key: TokenBucket] = [:]
    private var prunedAt: Int64?

    /// With more keys than this, full buckets are dropped: a missing one counts as full.
    private static var limit: Int { 10_000 }
    /// Milliseconds before that happens again, because it visits all of them.
    private static var pause: Int64 { 500 }

    /// - Parameter interval: Milliseconds per refilled token.
    package init(capacity: Int, interval: Double) {
        self.capacity = Double(capacity)
        self.interval = interval
    }

    /// Takes one of `key`'s tokens, or returns the milliseconds until there is one.
    package mutating func take(_ key: Key, at now: Int64) -> Int64? {
        // A clock that jumped back is not waited for.
        let isPaused = self.prunedAt.map { ($0..<$0 + Self.pause).contains(now) } ?? false
        if self.buckets.count > Self.limit, !isPaused {
            self.prunedAt = now
            self.buckets = self.buckets.filter { $0.value.tokens(at: now) < self.capacity }
        }
        let fresh = TokenBucket(capacity: self.capacity, interval: self.interval, at: now)
        return self.buckets[key, default: fresh].take(at: now)
    }

    /// The number of remembered keys.
    package var count: Int { self.buckets.count }
}
