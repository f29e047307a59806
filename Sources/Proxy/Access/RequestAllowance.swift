/// A token bucket for each key: as many requests at once as a minute allows, and refilled evenly. Pure; time is an
/// argument in milliseconds.
struct RequestAllowance: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: Int64
    }

    private let perMinute: Double
    private var buckets: [ClientKey: Bucket] = [:]

    /// Full buckets beyond this many are forgotten: they say nothing.
    private static let limit = 10_000

    /// 0 allows everything.
    init(perMinute: Int) {
        self.perMinute = Double(max(0, perMinute))
    }

    /// Takes one request. Nil when it may go on, else the seconds until the next one may.
    mutating func take(_ key: ClientKey, at now: Int64) -> Int? {
        guard self.perMinute > 0 else { return nil }
        if self.buckets.count > Self.limit { self.forgetFull(at: now) }
        var bucket = self.buckets[key] ?? Bucket(tokens: self.perMinute, at: now)
        bucket.tokens = self.tokens(of: bucket, at: now)
        bucket.at = max(bucket.at, now)
        defer { self.buckets[key] = bucket }
        guard bucket.tokens >= 1 else {
            return max(1, Int(((1 - bucket.tokens) / self.perMinute * 60).rounded(.up)))
        }
        bucket.tokens -= 1
        return nil
    }

    private func tokens(of bucket: Bucket, at now: Int64) -> Double {
        min(self.perMinute, bucket.tokens + Double(max(0, now - bucket.at)) / 60_000 * self.perMinute)
    }

    private mutating func forgetFull(at now: Int64) {
        self.buckets = self.buckets.filter { self.tokens(of: $0.value, at: now) < self.perMinute }
    }
}
