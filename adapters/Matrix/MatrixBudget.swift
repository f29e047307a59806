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
/// Nothing is held back before the first refusal, since an administrator may have lifted the limit. After it the bucket
/// is what the server tells, or Synapse's default where it tells nothing, and is widened again by careful tries. Texts that
/// stay are promised a time in the order in which they asked; what is only shown on the way waits behind them.
package struct MatrixBudget: Sendable {
    package enum Priority: Sendable, Equatable {
        /// A message that stays.
        case final
        /// A preview or a reaction: may never come.
        case passing
    }

    package private(set) var pace: MatrixPace?
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

    /// Synapse's default.
    static let usual = MatrixPace(interval: 5_000, burst: 10)
    /// Tokens that are left for texts that stay.
    private static let reserve = 2.0
    /// A promise that nobody came for.
    private static let promiseLimit: Int64 = 15_000
    /// How far ahead times are promised.
    private static let horizon: Int64 = 30_000

    package init(pace: MatrixPace? = nil, at now: Int64) {
        self.pace = pace
        self.longestWait = pace?.interval ?? 0
        self.tokens = Double(pace?.burst ?? 0)
        self.filledAt = now
    }

    /// Takes one event's worth; else the milliseconds to wait.
    package mutating func take(_ priority: Priority, for transaction: String, at now: Int64) -> Int64? {
        guard let pace = self.refill(at: now) else {
            guard now < self.blockedUntil else { return self.grant(at: now) }
            return self.blockedUntil - now
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
        } else {
            self.pace = MatrixPace(interval: wait, burst: self.observedBurst(wait, now))
        }
        self.successes = 0
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
        guard let pace = self.pace else { return }
        self.successes += 1
        guard self.successes >= self.patience else { return }
        self.successes = 0
        self.proven = pace
        // Below a tenth of a second there is no limit worth the name.
        let faster = pace.interval * 4 / 5
        self.pace = faster < 100 ? nil : MatrixPace(interval: faster, burst: pace.burst + 1)
    }

    /// Milliseconds between the edits of a growing text that leave room for others.
    package var editInterval: Int64 { max(2_000, min(self.pace?.interval ?? 0, 30_000)) }

    // MARK: The bucket

    private mutating func refill(at now: Int64) -> MatrixPace? {
        guard let pace = self.pace else { return nil }
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
