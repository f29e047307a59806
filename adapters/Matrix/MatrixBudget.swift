/// What a server lets one account send, over all rooms.
package struct MatrixPace: Sendable, Equatable {
    /// Milliseconds an event.
    package var interval: Int64
    /// Events that may go at once.
    package var burst: Int

    package init(interval: Int64, burst: Int) {
        self.interval = max(50, min(interval, 600_000))
        self.burst = max(1, min(burst, 100))
    }
}

/// Shares out what the server allows: a bucket that is learned from its refusals. Pure.
///
/// An administrator may have lifted the limit, so no text that stays is held back before the first refusal; what is only
/// shown on the way spends no more than Synapse's default, until the server has taken more than that. After a refusal
/// the bucket is what the server tells, or the default where it tells nothing, and is widened again by careful tries.
/// Texts that stay are promised a time in the order in which they asked; what is only shown waits behind them.
package struct MatrixBudget: Sendable {
    package enum Priority: Sendable, Equatable {
        /// A message that stays.
        case final
        /// A preview or a reaction: may never come.
        case passing
    }

    package private(set) var pace: MatrixPace?
    /// The server took more than its default would let through: without a ``pace`` nothing is held back.
    package private(set) var isWide: Bool
    private var tokens = 0.0
    private var filledAt: Int64 = 0
    private var blockedUntil: Int64 = 0
    /// When texts that had to wait may go, by their transactions.
    private var promises: [String: Int64] = [:]
    /// When events went, of late.
    private var history: [Int64] = []
    /// Events since the pace was last changed.
    private var successes = 0
    /// How many have to go well before a faster pace is tried.
    private var patience = 10
    /// The longest wait that the server has asked for: one event's worth, at most, when it counts as Synapse does. What
    /// is learned never gets much slower than that.
    private var longestWait: Int64
    /// The pace before the try that is under way.
    private var proven: MatrixPace?
    /// What stands against the account at a server with Synapse's default, and when that was so.
    private var level = 0.0
    private var leveledAt: Int64

    /// Synapse's default.
    static let usual = MatrixPace(interval: 5_000, burst: 10)
    /// Tokens that are left for texts that stay.
    private static let reserve = 2.0
    /// A promise that nobody came for.
    private static let promiseLimit: Int64 = 15_000
    /// How far ahead times are promised.
    private static let horizon: Int64 = 30_000

    /// A level that no server with the default reaches, by more than answers may come late.
    private static let wideLevel = Double(Self.usual.burst) + 1.5
    /// Refusals of a server with the default come at its burst, and after a restart of ours before it.
    private static let patienceOfUsual = 100

    /// `isContinued`: an earlier run has spent nobody knows how much a moment ago.
    package init(pace: MatrixPace? = nil, isWide: Bool = false, isContinued: Bool = false, at now: Int64) {
        self.pace = pace
        self.isWide = isWide
        self.longestWait = pace?.interval ?? 0
        let burst = Double((pace ?? Self.usual).burst)
        self.tokens = isContinued ? min(burst, 1 + Self.reserve + 1) : burst
        self.filledAt = now
        self.leveledAt = now
    }

    /// Takes one event's worth; else the milliseconds to wait.
    package mutating func take(_ priority: Priority, for transaction: String, at now: Int64) -> Int64? {
        let pace = self.refill(at: now)
        guard self.pace != nil else {
            guard now >= self.blockedUntil else { return self.blockedUntil - now }
            let needed = 1 + Self.reserve
            guard !self.isWide, priority == .passing, self.tokens < needed else { return self.grant(at: now) }
            return self.wait(for: needed, pace, now)
        }
        self.promises = self.promises.filter { $0.value + Self.promiseLimit > now }
        if priority == .passing {
            let needed = 1 + min(Self.reserve, Double(pace.burst) / 2)
            if self.promises.isEmpty, now >= self.blockedUntil, self.tokens >= needed { return self.grant(at: now) }
            return self.wait(for: needed + Double(self.promises.count), pace, now)
        }
        if let promise = self.promises[transaction] {
            guard promise <= now else { return promise - now }
            self.promises[transaction] = nil
            return self.grant(at: now)
        }
        if self.promises.isEmpty, now >= self.blockedUntil, self.tokens >= 1 { return self.grant(at: now) }
        // Further ahead nothing is promised, since the pace may be another one by then: ask again at the last one.
        if let last = self.promises.values.max(), last - now > Self.horizon { return last - now }
        let wait = self.wait(for: Double(self.promises.count + 1), pace, now)
        self.promises[transaction] = now + wait
        return wait
    }

    /// The server refused; returns the milliseconds to wait.
    package mutating func refused(
        _ priority: Priority, for transaction: String, retryAfter: Int64?, at now: Int64
    ) -> Int64 {
        let wait = max(50, min(retryAfter ?? Self.usual.interval, 600_000))
        self.longestWait = max(self.longestWait, wait)
        // One that was on its way when another one was refused says nothing new about the pace.
        if now >= self.blockedUntil { self.slowDown(after: wait, at: now) }
        self.blockedUntil = max(self.blockedUntil, now + wait)
        let pace = self.pace ?? Self.usual
        self.filledAt = now
        self.tokens = min(0, 1 - Double(self.blockedUntil - now) / Double(pace.interval))
        self.promiseAnew(first: priority == .final ? transaction : nil, pace)
        return self.blockedUntil - now
    }

    private mutating func slowDown(after wait: Int64, at now: Int64) {
        if let proven = self.proven {
            // The try was too fast.
            self.pace = proven
            self.proven = nil
            self.patience = min(self.patience * 2, 1_000)
        } else if let pace = self.pace {
            // A little slower than what was asked for, since a wait may be the rest of one event's time only.
            let interval = min(max(pace.interval * 5 / 4, wait), self.longestWait * 5 / 4)
            self.pace = MatrixPace(interval: interval, burst: pace.burst - 1)
        } else if self.isUsual(wait, now) {
            self.pace = Self.usual
            self.patience = Self.patienceOfUsual
        } else {
            self.pace = MatrixPace(interval: wait, burst: self.observedBurst(wait, now))
        }
        self.isWide = false
        self.successes = 0
    }

    /// Whether a first refusal is what a server with Synapse's default says.
    private func isUsual(_ wait: Int64, _ now: Int64) -> Bool {
        guard !self.isWide, wait <= Self.usual.interval else { return false }
        let expected = (self.level(at: now) + 1 - Double(Self.usual.burst)) * Double(Self.usual.interval)
        return wait > Self.usual.interval / 2 || abs(expected - Double(wait)) < 500
    }

    /// What was promised by another pace is put off, in the same order.
    private mutating func promiseAnew(first: String?, _ pace: MatrixPace) {
        let others = self.promises.filter { $0.key != first }.sorted { $0.value < $1.value }.map(\.key)
        self.promises = [:]
        for (place, transaction) in ((first.map { [$0] } ?? []) + others).enumerated() {
            self.promises[transaction] = self.blockedUntil + Int64(place) * pace.interval
        }
    }

    /// The server took an event.
    package mutating func succeeded(at now: Int64) {
        self.level = self.level(at: now) + 1
        self.leveledAt = now
        guard let pace = self.pace else {
            self.isWide = self.isWide || self.level > Self.wideLevel
            return
        }
        // Slower than the pace allows, it tells nothing about it: what was promised by an older pace comes at that one's.
        guard self.tokens < 2 else { return }
        self.successes += 1
        guard self.successes >= self.patience else { return }
        self.successes = 0
        self.proven = pace
        // Below a tenth of a second there is no limit worth the name.
        let faster = pace.interval * 4 / 5
        self.pace = faster < 100 ? nil : MatrixPace(interval: faster, burst: pace.burst + 1)
        self.isWide = self.pace == nil
    }

    private func level(at now: Int64) -> Double {
        max(0, self.level - Double(max(0, now - self.leveledAt)) / Double(Self.usual.interval))
    }

    /// Milliseconds between the edits of a growing text that leave room for others: after one that goes now, the next
    /// one would not be held back.
    package func editInterval(at now: Int64) -> Int64 {
        let least: Int64 = 2_000
        guard let pace = self.pace ?? (self.isWide ? nil : Self.usual) else { return least }
        let earned = Double(max(0, now - self.filledAt)) / Double(pace.interval)
        let tokens = min(Double(pace.burst), self.tokens + earned)
        let missing = 2 + min(Self.reserve, Double(pace.burst) / 2) - tokens
        return max(least, min(Int64((missing * Double(pace.interval)).rounded(.up)), 30_000))
    }

    // MARK: The bucket

    private mutating func refill(at now: Int64) -> MatrixPace {
        let pace = self.pace ?? Self.usual
        let earned = Double(max(0, now - self.filledAt)) / Double(pace.interval)
        self.tokens = min(Double(pace.burst), self.tokens + earned)
        self.filledAt = now
        return pace
    }

    private mutating func grant(at now: Int64) -> Int64? {
        self.tokens -= 1
        self.history.append(now)
        if self.history.count > 256 { self.history.removeFirst(128) }
        return nil
    }

    private func wait(for tokens: Double, _ pace: MatrixPace, _ now: Int64) -> Int64 {
        let missing = max(0, tokens - self.tokens)
        return max(1, self.blockedUntil - now, Int64((missing * Double(pace.interval)).rounded(.up)))
    }

    /// The most that stood against the account at any time before this refusal.
    private func observedBurst(_ interval: Int64, _ now: Int64) -> Int {
        var most = 1.0
        for (index, time) in self.history.enumerated() {
            let count = Double(self.history.count - index)
            most = max(most, count - Double(now - time) / Double(interval))
        }
        return Int(most.rounded())
    }
}
