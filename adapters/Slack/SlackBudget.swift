/// The calls allowed now, under the limit per minute of each method and the pauses that Slack asked for. Pure.
///
/// A 429 pauses only its method, and for posts only its channel. ``SlackPace`` reserves part of a method's minute for
/// final texts.
struct SlackBudget: Sendable {
    /// By priority.
    enum Use: Sendable {
        /// Final texts, and answers to people.
        case final
        /// States of a growing text.
        case preview
        /// Reactions, names, titles.
        case decoration
    }

    private struct Key: Hashable {
        var method: SlackMethod
        var channel: String?
    }

    /// Beyond this, the pauses that end first are forgotten.
    private static let pauseLimit = 1_000

    /// Multiplies Slack's own limits.
    var factor = 1.0
    private var calls: [SlackMethod: [Int64]] = [:]
    private var pauses: [Key: Int64] = [:]
    /// Messages that will need a last edit.
    var openPreviews = 0

    /// Counts one call and returns 0, or returns the milliseconds to wait before asking again.
    mutating func take(_ method: SlackMethod, channel: String? = nil, for use: Use = .final, at now: Int64) -> Int64 {
        let wait = self.wait(method, channel: channel, for: use, at: now)
        guard wait == 0, SlackPace.callsPerMinute(of: method) != nil else { return wait }
        self.calls[method, default: []].append(now)
        return 0
    }

    /// Like ``take(_:channel:for:at:)``, without counting a call.
    mutating func wait(_ method: SlackMethod, channel: String? = nil, for use: Use = .final, at now: Int64) -> Int64 {
        let paused = max(
            self.pauses[Key(method: method, channel: channel)] ?? 0, self.pauses[Key(method: method)] ?? 0)
        var wait = max(0, paused - now)
        guard let perMinute = SlackPace.callsPerMinute(of: method) else { return wait }
        let limit = Int(Double(perMinute) * self.factor)
        var recent = self.calls[method] ?? []
        if let first = recent.firstIndex(where: { $0 > now - SlackPace.window }) {
            if first > 0 { recent.removeFirst(first) }
        } else {
            recent.removeAll(keepingCapacity: true)
        }
        self.calls[method] = recent
        let allowed = limit - SlackPace.reserve(of: limit, method, for: use, openPreviews: self.openPreviews)
        guard recent.count >= allowed else { return wait }
        let index = recent.count - allowed
        wait = max(wait, index < recent.count ? recent[index] + SlackPace.window - now : SlackPace.window / 4)
        return wait
    }

    /// Slack answered 429 with this `Retry-After`, in milliseconds. Methods that read wait no longer than
    /// ``SlackPace/longestReadPause``.
    mutating func pause(_ method: SlackMethod, channel: String?, for duration: Int64, at now: Int64) {
        let key = Key(method: method, channel: method == .post ? channel : nil)
        let duration = method.isReading ? min(duration, SlackPace.longestReadPause) : duration
        self.pauses[key] = max(self.pauses[key] ?? 0, now + duration)
        if self.pauses.count > Self.pauseLimit {
            self.pauses = self.pauses.filter { $0.value > now }
            while self.pauses.count > Self.pauseLimit, let oldest = self.pauses.min(by: { $0.value < $1.value }) {
                self.pauses[oldest.key] = nil
            }
        }
    }
}
