internal import Chat

/// Where a room accepts nothing from the bot at the moment, and when to try again. Pure.
///
/// A room may refuse everything (archived, removed), or only one of its threads (locked). Each thread is known by its own
/// refusal, and all are tried again together.
struct LaneRefusals {
    typealias Instant = ContinuousClock.Instant

    /// Why, by the anchor of the routes.
    private var reasons: [String?: String] = [:]
    /// Tries in a row that found the room closed.
    private var tries = 0
    /// Since when the oldest message waits, in milliseconds since 1970.
    private var since: Int64?
    /// When a person's message in the room last prompted a try.
    private var heardAt: Instant?

    /// How long an answer waits for its room, in milliseconds.
    static let patience: Int64 = 86_400_000
    /// The first wait before another try; it doubles up to the longest one.
    static let (firstWait, longestWait) = (Int64(600_000), Int64(4 * 3_600_000))
    /// The minimum time between tries prompted by people's messages, for each 16 threads: they may write where the bot may
    /// not.
    static let hearingInterval: Duration = .seconds(60)
    /// The maximum number of remembered threads; at the limit all are forgotten and tried again.
    private static let limit = 1_024

    var isEmpty: Bool { self.reasons.isEmpty }

    /// Why a message for `route` would be refused; nil if it may be sent.
    func reason(for route: Route) -> String? { self.reasons[route.anchor] }

    mutating func refused(_ route: Route, because reason: String) {
        if self.reasons.count >= Self.limit { self.reasons = [:] }
        self.reasons[route.anchor] = reason
    }

    /// A message waits since `time`.
    mutating func waits(since time: Int64) { self.since = min(self.since ?? time, time) }

    /// Milliseconds until the next try: not later than when the oldest message has waited long enough.
    func wait(at now: Int64) -> Int64 {
        let wait = min(Self.firstWait << min(Int64(self.tries), 16), Self.longestWait)
        guard let since = self.since, case let end = since + Self.patience - now, end > 0 else { return wait }
        return min(wait, end)
    }

    /// Everything may be sent again, until it is refused anew.
    mutating func tryAgain() {
        if !self.reasons.isEmpty { self.tries += 1 }
        (self.reasons, self.since) = ([:], nil)
    }

    /// Whether to try again because somebody wrote in the room.
    mutating func mayTry(hearingAt now: Instant) -> Bool {
        // Each thread costs a call.
        let interval = Self.hearingInterval * max(1, self.reasons.count / 16)
        guard !self.reasons.isEmpty, self.heardAt.map({ now - $0 >= interval }) ?? true else { return false }
        self.heardAt = now
        return true
    }

    /// A message was accepted. Returns whether nothing is refused any more.
    mutating func accepted() -> Bool {
        guard self.reasons.isEmpty, self.tries > 0 else { return false }
        (self.tries, self.heardAt) = (0, nil)
        return true
    }
}
