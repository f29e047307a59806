/// Rate limits: each method by its tier for the whole workspace, posts also per channel.
struct SlackRateLimits {
    /// The calls of the last minute, and until when calls are refused.
    private struct Window {
        var calls: [Double] = []
        var blockedUntil = 0.0
    }

    private struct Bucket {
        var level: Double
        var time: Double
    }

    /// A factor on the platform's limits; 0 disables them.
    var factor: Double
    private var windows: [String: Window] = [:]
    private var buckets: [String: Bucket] = [:]
    private(set) var refusals = 0

    init(factor: Double) {
        self.factor = factor
    }

    /// Posts that a channel accepts in a burst; after that, one per second.
    static let burst = 4.0
    /// Posts per minute in the whole workspace.
    static let postsPerMinute = 300

    /// Counts a call; returns the seconds to wait if it exceeds the limit.
    mutating func check(_ method: String, tier: SlackMethod.Tier, channel: String?, now: Double) -> Int? {
        guard self.factor > 0 else { return nil }
        if tier == .posting, let channel, let wait = self.post(channel, now: now) { return self.refuse(wait) }
        guard let limit = tier.perMinute else { return nil }
        var window = self.windows[method] ?? Window()
        defer { self.windows[method] = window }
        if window.blockedUntil > now { return self.refuse(window.blockedUntil - now) }
        let span = 60 / self.factor
        window.calls.removeAll { $0 <= now - span }
        guard window.calls.count < limit else {
            window.blockedUntil = max(window.calls[window.calls.count - limit] + span, now)
            return self.refuse(window.blockedUntil - now)
        }
        window.calls.append(now)
        return nil
    }

    private mutating func post(_ channel: String, now: Double) -> Double? {
        if self.buckets.count > 10_000 { self.buckets = [:] }
        var bucket = self.buckets[channel] ?? Bucket(level: Self.burst, time: now)
        bucket.level = min(Self.burst, bucket.level + (now - bucket.time) * self.factor)
        bucket.time = now
        defer { self.buckets[channel] = bucket }
        guard bucket.level >= 1 else { return (1 - bucket.level) / self.factor }
        bucket.level -= 1
        return nil
    }

    /// Whole seconds, as in the header.
    private mutating func refuse(_ seconds: Double) -> Int {
        self.refusals += 1
        return max(1, Int(seconds.rounded(.up)))
    }
}
