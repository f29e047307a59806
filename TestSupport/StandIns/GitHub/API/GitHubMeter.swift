/// The requests that a credential has made.
struct GitHubMeter: Sendable {
    struct Hour: Sendable {
        var used = 0
        var reset = 0.0
    }

    enum Refusal: Sendable, Hashable {
        case primary
        /// Seconds to wait.
        case secondary(Int)
    }

    /// By resource: `core` and `graphql`.
    private var hours: [String: Hour] = [:]
    private var points: [(time: Double, cost: Int, isGraphQL: Bool)] = []
    private var contents: [Double] = []
    private(set) var running = 0
    /// The most requests at the same time.
    private(set) var peak = 0
    private var blockedUntil = 0.0

    func hour(_ resource: String, now: Double) -> Hour {
        let hour = self.hours[resource] ?? Hour()
        return hour.reset > now ? hour : Hour(used: 0, reset: (now + 3_600).rounded(.down))
    }

    /// Begins a request, unless a limit forbids it.
    mutating func begin(
        _ resource: String, isWrite: Bool, isContent: Bool, limit: Int, _ limits: GitHubLimits, now: Double
    ) -> Refusal? {
        let hour = self.hour(resource, now: now)
        self.hours[resource] = hour
        if hour.used >= limit { return .primary }
        if let wait = self.secondary(resource, isWrite, isContent, limits, now) {
            return .secondary(wait)
        }
        self.hours[resource]?.used += 1
        self.running += 1
        self.peak = max(self.peak, self.running)
        return nil
    }

    private mutating func secondary(
        _ resource: String, _ isWrite: Bool, _ isContent: Bool, _ limits: GitHubLimits, _ now: Double
    ) -> Int? {
        if self.blockedUntil > now { return Int((self.blockedUntil - now).rounded(.up)) }
        self.points.removeAll { $0.time <= now - 60 }
        self.contents.removeAll { $0 <= now - 3_600 }
        let isGraphQL = resource == "graphql"
        let cost = isWrite ? 5 : 1
        let spent = self.points.reduce(0) { $0 + ($1.isGraphQL == isGraphQL ? $1.cost : 0) }
        if self.running >= limits.concurrent || spent + cost > (isGraphQL ? limits.graphQLPoints : limits.points) {
            return self.block(60, now)
        }
        if isContent {
            if self.contents.count(where: { $0 > now - 60 }) >= limits.contentMinute { return self.block(60, now) }
            if self.contents.count >= limits.contentHour {
                return self.block(max(60, (self.contents.first ?? now) + 3_600 - now), now)
            }
            self.contents.append(now)
        }
        self.points.append((now, cost, isGraphQL))
        return nil
    }

    private mutating func block(_ seconds: Double, _ now: Double) -> Int {
        self.blockedUntil = now + seconds
        return Int(seconds.rounded(.up))
    }

    mutating func end() {
        self.running -= 1
    }

    /// A 304 with a credential costs nothing.
    mutating func giveBack(_ resource: String) {
        if let used = self.hours[resource]?.used, used > 0 { self.hours[resource]?.used = used - 1 }
    }

    /// Leaves so many requests of this hour.
    mutating func leave(_ count: Int, of limit: Int, now: Double) {
        var hour = self.hour("core", now: now)
        hour.used = max(0, limit - count)
        self.hours["core"] = hour
    }
}
