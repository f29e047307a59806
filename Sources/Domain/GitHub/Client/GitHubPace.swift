internal import Primitives

/// When a token may send its next request, by GitHub's limits. Pure; times are milliseconds of one clock.
///
/// The limits: an hour's requests (primary), and those a minute, at once and for new content (secondary); see
/// docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api. The local limits are a little lower, because
/// the two sides' minutes begin at different times.
struct GitHubPace: Sendable {
    enum Reason: Sendable, Hashable {
        /// The hour's requests are used up.
        case budget
        /// GitHub asked for a pause.
        case secondary
        /// More would exceed GitHub's limits.
        case pace
    }

    enum Turn: Sendable, Hashable {
        case go
        /// Ask again at this time.
        case wait(until: Int64, Reason)
    }

    /// What GitHub last reported, and when it ends by our clock.
    struct Budget: Sendable {
        var shown: GitHubBudget
        var endsAt: Int64
    }

    /// 900 points a minute of REST, 2,000 of GraphQL: a burst, and what is refilled in a minute.
    static let burst: [GitHubResource: Double] = [.core: 250, .graphQL: 500]
    static let pointsPerMinute: [GitHubResource: Double] = [.core: 600, .graphQL: 1_400]
    /// 80 changes a minute and 500 an hour.
    static let writesPerMinute = 76
    static let writesPerHour = 480
    static let writeSpacing: Int64 = 1_000
    private static let minute: Int64 = 60_000
    private static let hour: Int64 = 3_600_000

    private(set) var budgets: [GitHubResource: Budget] = [:]
    private var points: [GitHubResource: TokenBucket] = [:]
    private var inFlight: [GitHubResource: Int] = [:]
    /// The times of the last hour's writes, oldest first.
    private var writes: [Int64] = []
    private var nextWriteAt: Int64 = .min
    private var pausedUntil: Int64 = .min
    /// The number of consecutive pauses.
    private var strikes = 0
    private(set) var usedAt: Int64 = .min

    /// Takes the turn for a request, or says when to ask again. Each `go` needs a ``finished(_:isWrite:now:)``.
    mutating func take(_ resource: GitHubResource, points cost: Double, isWrite: Bool, now: Int64) -> Turn {
        self.usedAt = now
        if now < self.pausedUntil { return .wait(until: self.pausedUntil, .secondary) }
        if let budget = self.budgets[resource] {
            if now >= budget.endsAt {
                self.budgets[resource] = nil
            } else if budget.shown.remaining - self.inFlight[resource, default: 0] <= 0 {
                return .wait(until: budget.endsAt, .budget)
            }
        }
        if isWrite, let time = self.writeTime(now) { return .wait(until: time, .pace) }
        var bucket =
            self.points[resource]
            ?? TokenBucket(
                capacity: Self.burst[resource, default: 1],
                interval: Double(Self.minute) / Self.pointsPerMinute[resource, default: 1], at: now)
        let wait = bucket.take(cost, at: now)
        self.points[resource] = bucket
        if let wait { return .wait(until: now + max(1, wait), .pace) }
        self.inFlight[resource, default: 0] += 1
        if isWrite { self.writes.append(now) }
        return .go
    }

    /// Notes the end of a request, however it ended.
    mutating func finished(_ resource: GitHubResource, isWrite: Bool, now: Int64) {
        self.inFlight[resource, default: 1] -= 1
        if isWrite { self.nextWriteAt = now + Self.writeSpacing }
    }

    /// Notes `x-ratelimit-*`. Answers may arrive in another order than GitHub counted them.
    mutating func note(_ budget: GitHubBudget, _ resource: GitHubResource, secondsLeft: Int64, now: Int64) {
        let endsAt = now + max(1, secondsLeft + 1) * 1_000
        guard let old = self.budgets[resource], now < old.endsAt else {
            self.budgets[resource] = Budget(shown: budget, endsAt: endsAt)
            return
        }
        // GitHub's reset may vary by a second within an hour.
        if budget.resetsAt > old.shown.resetsAt + 5 {
            self.budgets[resource] = Budget(shown: budget, endsAt: endsAt)
        } else if budget.resetsAt >= old.shown.resetsAt - 5, budget.remaining <= old.shown.remaining {
            self.budgets[resource] = Budget(shown: budget, endsAt: endsAt)
        }
    }

    /// Notes that the hour's requests are used up, even where the headers do not say so.
    mutating func exhausted(_ resource: GitHubResource, _ budget: GitHubBudget, secondsLeft: Int64, now: Int64) {
        self.budgets[resource] = Budget(shown: budget, endsAt: now + max(1, secondsLeft + 1) * 1_000)
    }

    /// Notes that GitHub asked for a pause, in answer to a request that was sent at `sentAt`. Returns when it ends.
    ///
    /// Without a given time, the pause is a minute, doubled each time that GitHub repeats it. Many requests under way
    /// at once receive the same answer, which counts once.
    mutating func pause(seconds: Int64?, sentAt: Int64, now: Int64) -> Int64 {
        if self.strikes == 0 || sentAt >= self.pausedUntil {
            self.strikes = min(self.strikes + 1, 6)
        } else if seconds == nil {
            return self.pausedUntil
        }
        let length = seconds ?? 60 << (self.strikes - 1)
        self.pausedUntil = max(self.pausedUntil, now + max(1, length) * 1_000)
        return self.pausedUntil
    }

    /// Notes that GitHub carries out requests again.
    mutating func succeeded(sentAt: Int64) {
        if sentAt >= self.pausedUntil { self.strikes = 0 }
    }

    private mutating func writeTime(_ now: Int64) -> Int64? {
        self.writes.removeAll { $0 <= now - Self.hour }
        var time = self.nextWriteAt
        if self.writes.count >= Self.writesPerHour {
            time = max(time, self.writes[self.writes.count - Self.writesPerHour] + Self.hour)
        }
        if self.writes.count >= Self.writesPerMinute {
            time = max(time, self.writes[self.writes.count - Self.writesPerMinute] + Self.minute)
        }
        return time > now ? time : nil
    }
}
