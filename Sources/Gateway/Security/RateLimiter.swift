/// A token bucket for each key. Pure; time is an argument in milliseconds.
struct RateLimiter: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: Int64
    }

    private let burst: Double
    private let perMillisecond: Double
    private var buckets: [String: Bucket] = [:]

    /// Full buckets beyond this many are forgotten: they say nothing.
    private static let limit = 10_000

    init(burst: Int, perSecond: Int) {
        self.burst = Double(max(1, burst))
        self.perMillisecond = Double(max(1, perSecond)) / 1000
    }

    /// Takes one token. Nil when there was one, else the seconds until there is.
    mutating func take(_ key: String, at now: Int64) -> Int? {
        if self.buckets.count > Self.limit { self.forgetFull(at: now) }
        var bucket = self.buckets[key] ?? Bucket(tokens: self.burst, at: now)
        bucket.tokens = self.tokens(of: bucket, at: now)
        bucket.at = now
        defer { self.buckets[key] = bucket }
        guard bucket.tokens >= 1 else {
            return max(1, Int(((1 - bucket.tokens) / self.perMillisecond / 1000).rounded(.up)))
        }
        bucket.tokens -= 1
        return nil
    }

    private func tokens(of bucket: Bucket, at now: Int64) -> Double {
        min(self.burst, bucket.tokens + Double(max(0, now - bucket.at)) * self.perMillisecond)
    }

    private mutating func forgetFull(at now: Int64) {
        self.buckets = self.buckets.filter { self.tokens(of: $0.value, at: now) < self.burst }
    }
}
