/// Telegram's limits on what a bot sends: about 30 messages per second in all, one per second in a chat with short
/// bursts, twenty per minute in a group. Calls during a penalty extend it.
struct TelegramFlood: Sendable {
    private struct Budget: Sendable {
        var tokens: Double
        var time: Double
        /// The last minute's charges; only for groups.
        var recent: [Double] = []
        var penaltyEnd = 0.0
        var penaltyBegin = 0.0
        var strikes = 0
    }

    private static let overallRate = 30.0
    private static let burst = 5.0
    private static let groupLimit = 20
    private static let window = 60.0
    /// Seconds in which calls already on their way do not count as ignoring the answer.
    private static let grace = 1.0

    var mode: LoopbackTelegram.FloodMode
    private var overall = Budget(tokens: Self.overallRate, time: 0)
    private var rooms: [Int64: Budget] = [:]

    init(_ mode: LoopbackTelegram.FloodMode) {
        self.mode = mode
    }

    private var factor: Double? {
        switch self.mode {
        case .off: nil
        case .real: 1
        case .scaled(let factor): factor
        }
    }

    /// Charges one message to a chat.
    ///
    /// - Returns: nil, or the seconds to wait.
    mutating func charge(_ room: Int64, isGroup: Bool, now: Double) -> Int? {
        guard let factor = self.factor else { return nil }
        var budget = self.rooms[room] ?? Budget(tokens: Self.burst, time: now)
        defer { self.rooms[room] = budget }
        if now < budget.penaltyEnd { return Self.ignored(&budget, now: now, factor: factor) }
        if budget.penaltyEnd > 0, now > budget.penaltyEnd + 60 / factor { budget.strikes = 0 }
        Self.fill(&self.overall, rate: Self.overallRate * factor, most: Self.overallRate, now: now)
        Self.fill(&budget, rate: factor, most: Self.burst, now: now)
        let windowBegin = now - Self.window / factor
        budget.recent.removeAll { $0 <= windowBegin }
        if isGroup, budget.recent.count >= Self.groupLimit {
            let wait = budget.recent[0] - windowBegin
            return Self.punish(&budget, max(wait, 3 / factor), now: now)
        }
        if budget.tokens < 1 { return Self.punish(&budget, max((1 - budget.tokens) / factor, 3 / factor), now: now) }
        if self.overall.tokens < 1 { return Self.punish(&budget, 3 / factor, now: now) }
        budget.tokens -= 1
        self.overall.tokens -= 1
        if isGroup { budget.recent.append(now) }
        if self.rooms.count > 10_000 { self.rooms = self.rooms.filter { $0.value.penaltyEnd > now } }
        return nil
    }

    private static func fill(_ budget: inout Budget, rate: Double, most: Double, now: Double) {
        budget.tokens = min(most, budget.tokens + max(0, now - budget.time) * rate)
        budget.time = now
    }

    private static func punish(_ budget: inout Budget, _ wait: Double, now: Double) -> Int {
        budget.penaltyBegin = now
        let seconds = max(1, wait.rounded(.up))
        budget.penaltyEnd = now + seconds
        return Int(seconds)
    }

    private static func ignored(_ budget: inout Budget, now: Double, factor: Double) -> Int {
        if now > budget.penaltyBegin + Self.grace / factor {
            budget.strikes += 1
            let longer = min(280, 35 * Double(1 << min(budget.strikes - 1, 3))) / factor
            budget.penaltyBegin = now
            budget.penaltyEnd = max(budget.penaltyEnd, now + max(1, longer))
        }
        return Int((budget.penaltyEnd - now).rounded(.up))
    }
}
