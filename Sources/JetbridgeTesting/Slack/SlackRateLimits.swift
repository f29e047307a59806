/// How often what may be called: each method by its tier for the whole workspace, posts also for each channel.
struct SlackRateLimits {
    /// Calls of the last minute, and until when none is taken.
    private struct Window {
        var calls: [Double] = []
        var blockedUntil = 0.0
    }

    private struct Bucket {
        var level: Double
        var time: Double
    }

    /// How many times the platform's pace; 0 for no limits at all.
    var factor: Double
    private var windows: [String: Window] = [:]
    private var buckets: [String: Bucket] = [:]
    private(set) var refusals = 0

    init(factor: Double) {
        self.factor = factor
    }

    /// Posts that a channel takes in a burst, then one a second.
    static let burst = 4.0
    /// Posts a minute in the whole workspace.
    static let postsPerMinute = 300

    /// Counts a call; how many seconds to wait when it is one too many.
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

    /// Whole seconds, as the header has them.
    private mutating func refuse(_ seconds: Double) -> Int {
        self.refusals += 1
        return max(1, Int(seconds.rounded(.up)))
    }
}
