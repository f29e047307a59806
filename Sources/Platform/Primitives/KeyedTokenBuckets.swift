/// A ``TokenBucket`` for each key.
package struct KeyedTokenBuckets<Key: Hashable & Sendable>: Sendable {
    private let capacity: Double
    private let interval: Double
    private var buckets: [Key: TokenBucket] = [:]

    /// With more keys than this, full buckets are dropped: a missing one counts as full.
    private static var limit: Int { 10_000 }

    /// - Parameter interval: Milliseconds per refilled token.
    package init(capacity: Int, interval: Double) {
        self.capacity = Double(capacity)
        self.interval = interval
    }

    /// Takes one of `key`'s tokens, or returns the milliseconds until there is one.
    package mutating func take(_ key: Key, at now: Int64) -> Int64? {
        if self.buckets.count > Self.limit {
            self.buckets = self.buckets.filter { $0.value.tokens(at: now) < self.capacity }
        }
        let fresh = TokenBucket(capacity: self.capacity, interval: self.interval, at: now)
        return self.buckets[key, default: fresh].take(at: now)
    }

    /// The number of remembered keys.
    package var count: Int { self.buckets.count }
}
