/// How many calls are allowed now: a minute's worth of each method, and the pauses that Slack asked for. Pure.
///
/// A 429 stops exactly its method, and for posts exactly its channel. Part of a method's minute is kept for final texts:
/// previews end where it begins.
struct SlackBudget: Sendable {
    /// Who may use the last of it.
    enum Use: Sendable {
        /// The text that stays, answers to people.
        case final
        /// A state of a growing text.
        case preview
        /// Reactions, names, titles.
        case decoration
    }

    private struct Key: Hashable {
        var method: SlackMethod
        var channel: String?
    }

    /// Clocks differ, and calls take their time on the way.
    private static let window: Int64 = 61_000
    /// Pauses of more channels than this are forgotten, the oldest ends first.
    private static let pauseLimit = 1_000

    /// How many times Slack's own limits are allowed.
    var factor = 1.0
    private var calls: [SlackMethod: [Int64]] = [:]
    private var pauses: [Key: Int64] = [:]
    /// Messages that will want a last edit.
    var openPreviews = 0

    /// Takes a place for one call: 0, or the milliseconds to wait instead.
    mutating func take(_ method: SlackMethod, channel: String? = nil, for use: Use = .final, at now: Int64) -> Int64 {
        let wait = self.wait(method, channel: channel, for: use, at: now)
        guard wait == 0, method.perMinute != nil else { return wait }
        self.calls[method, default: []].append(now)
        return 0
    }

    /// As ``take(_:channel:for:at:)``, without taking.
    mutating func wait(_ method: SlackMethod, channel: String? = nil, for use: Use = .final, at now: Int64) -> Int64 {
        let paused = max(
            self.pauses[Key(method: method, channel: channel)] ?? 0, self.pauses[Key(method: method)] ?? 0)
        var wait = max(0, paused - now)
        guard let limit = method.perMinute.map({ Int(Double($0) * self.factor) }) else { return wait }
        var recent = self.calls[method] ?? []
        if let first = recent.firstIndex(where: { $0 > now - Self.window }) {
            if first > 0 { recent.removeFirst(first) }
        } else {
            recent.removeAll(keepingCapacity: true)
        }
        self.calls[method] = recent
        let allowed = limit - self.kept(of: limit, method, for: use)
        guard recent.count >= allowed else { return wait }
        let index = recent.count - allowed
        wait = max(wait, index < recent.count ? recent[index] + Self.window - now : Self.window / 4)
        return wait
    }

    /// What previews may not use: the last edits of what they began, and some air.
    private func kept(of limit: Int, _ method: SlackMethod, for use: Use) -> Int {
        switch (method, use) {
        case (_, .final): 0
        case (.update, .preview): min(limit, max(10, self.openPreviews + 2))
        case (_, .preview): limit / 10
        case (_, .decoration): limit / 5
        }
    }

    /// Slack said: later.
    mutating func pause(_ method: SlackMethod, channel: String?, for duration: Int64, at now: Int64) {
        let key = Key(method: method, channel: method == .post ? channel : nil)
        self.pauses[key] = max(self.pauses[key] ?? 0, now + duration)
        if self.pauses.count > Self.pauseLimit {
            self.pauses = self.pauses.filter { $0.value > now }
            while self.pauses.count > Self.pauseLimit, let oldest = self.pauses.min(by: { $0.value < $1.value }) {
                self.pauses[oldest.key] = nil
            }
        }
    }
}
