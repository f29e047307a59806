internal import Primitives

/// The rate at which a server lets one account send, over all rooms.
package struct MatrixPace: Sendable, Equatable {
    /// Milliseconds per event.
    package var interval: Int64
    /// Events that may be sent at once.
    package var burst: Int

    package init(interval: Int64, burst: Int) {
        self.interval = max(50, min(interval, 600_000))
        self.burst = max(1, min(burst, 100))
    }
}

/// Rations what the server allows with a token bucket that is learned from its refusals. Pure.
///
/// An administrator may have lifted the limit, so final messages are never held back before the first refusal, while
/// previews stay within Synapse's default until the server has accepted more than that. A refusal pauses everything for
/// the server's `retry_after_ms`, or for the default's interval without one, and no longer. Only refusals that fit a
/// token bucket also set a pace, which widens again in careful steps. Final messages get time slots in the order in
/// which they asked; previews wait behind them.
package struct MatrixBudget: Sendable {
    package enum Priority: Sendable, Equatable {
        /// A message that has to arrive.
        case final
        /// What an ask offers, or the end of a reaction: it has to arrive, but behind the messages that wait.
        case deferred
        /// A preview or a mark, which may be dropped.
        case passing
    }

    package private(set) var pace: MatrixPace?
    /// The server accepted more than the default allows: without a ``pace`` nothing is held back.
    package private(set) var isWide: Bool
    private var bucket: TokenBucket
    private var blockedUntil: Int64 = 0
    /// When waiting final messages may be sent, by transaction.
    private var promises: [String: Int64] = [:]
    /// When recent events were sent.
    private var history: [Int64] = []
    /// Events since the pace was last changed.
    private var successes = 0
    /// The number of successes before a faster pace is tried.
    private var patience = 10
    /// The longest wait that the server has asked for: at most one event's interval if it counts as Synapse does. The
    /// learned pace never becomes much slower.
    private var longestWait: Int64
    /// The last pace that worked, while a faster one is being tried.
    private var proven: MatrixPace?
    /// The last refusal, to compare with the next one.
    private var lastRefusal: Refusal?
    /// The wait that the server asked for ends with one event, which a preview may be as well.
    private var isResuming = false
    /// The estimated level of the bucket of a server with Synapse's default, and when it was computed.
    private var level = 0.0
    private var leveledAt: Int64

    private struct Refusal {
        /// What the server asked for, in milliseconds, and when that is over.
        let wait: Int64
        let end: Int64
        /// The interval of a bucket that explains this refusal and the previous one.
        let interval: Int64?
        /// The events accepted since.
        var accepted = 0
    }

    /// Synapse's default.
    static let usual = MatrixPace(interval: 5_000, burst: 10)
    /// Tokens reserved for final messages.
    private static let reserve = 2.0
    /// After this many milliseconds, an unclaimed time slot is dropped.
    private static let promiseLimit: Int64 = 15_000
    /// How far ahead time slots are assigned, in milliseconds.
    private static let horizon: Int64 = 30_000

    /// A level that no server with the default reaches, even when its answers come late.
    private static let wideLevel = Double(Self.usual.burst) + 1.5
    /// The successful sends before a faster pace is tried on a server that seems to have the default limits, where it
    /// would only be refused.
    private static let patienceOfUsual = 100

    /// `isContinued`: an earlier run may have spent an unknown amount a moment ago.
    package init(pace: MatrixPace? = nil, isWide: Bool = false, isContinued: Bool = false, at now: Int64) {
        self.pace = pace
        self.isWide = isWide
        self.longestWait = pace?.interval ?? 0
        let start = pace ?? Self.usual
        self.bucket = TokenBucket(capacity: Double(start.burst), interval: Double(start.interval), at: now)
        if isContinued { self.bucket.tokens = min(self.bucket.capacity, 1 + Self.reserve + 1) }
        self.leveledAt = now
    }

    /// Takes a token and returns nil, or returns the milliseconds to wait.
    package mutating func take(_ priority: Priority, for transaction: String, at now: Int64) -> Int64? {
        self.refill(at: now)
        let burst = self.bucket.capacity
        guard self.pace != nil else {
            guard now >= self.blockedUntil else { return self.blockedUntil - now }
            let needed = self.isResuming ? 1 : 1 + Self.reserve
            guard !self.isWide, priority == .passing, !self.holds(needed) else { return self.grant(at: now) }
            return self.wait(for: needed, now)
        }
        self.promises = self.promises.filter { $0.value + Self.promiseLimit > now }
        if priority != .final {
            let isFirst = self.isResuming || priority == .deferred
            let needed = isFirst ? 1 : min(burst, 1 + min(Self.reserve, burst / 2))
            if self.promises.isEmpty, now >= self.blockedUntil, self.holds(needed) { return self.grant(at: now) }
            return self.wait(for: needed + Double(self.promises.count), now)
        }
        if let promise = self.promises[transaction] {
            guard promise <= now else { return promise - now }
            self.promises[transaction] = nil
            return self.grant(at: now)
        }
        if self.promises.isEmpty, now >= self.blockedUntil, self.holds(1) { return self.grant(at: now) }
        // The pace may have changed beyond the horizon, so the caller asks again at the last slot.
        if let last = self.promises.values.max(), last - now > Self.horizon { return last - now }
        let wait = self.wait(for: Double(self.promises.count + 1), now)
        self.promises[transaction] = now + wait
        return wait
    }

    /// The server refused; returns the milliseconds to wait.
    package mutating func refused(
        _ priority: Priority, for transaction: String, retryAfter: Int64?, at now: Int64
    ) -> Int64 {
        let wait = max(50, min(retryAfter ?? Self.usual.interval, 600_000))
        self.longestWait = max(self.longestWait, wait)
        self.refill(at: now)
        // A request in flight when another was refused says nothing new about the pace.
        let isInFlight = now < self.blockedUntil
        self.blockedUntil = max(self.blockedUntil, now + wait)
        if !isInFlight {
            let interval = self.impliedInterval(wait, now)
            self.learn(from: wait, confirmed: self.confirmed(interval), at: now)
            self.lastRefusal = Refusal(wait: wait, end: self.blockedUntil, interval: interval)
        }
        // At the end of the wait the server accepts one event; whether it accepts more is unknown.
        self.refill(at: now)
        let tokens = 1 - Double(self.blockedUntil - now) / self.bucket.interval
        self.bucket.tokens = self.pace == nil ? max(self.bucket.tokens, tokens) : tokens
        self.isResuming = true
        if let pace = self.pace { self.promiseAnew(first: priority == .final ? transaction : nil, pace) }
        return self.blockedUntil - now
    }

    /// Changes the pace if the limit of a token bucket explains the refusal. One that nothing explains (a proxy, a busy
    /// server, another program with the same account) says only how long to wait.
    private mutating func learn(from wait: Int64, confirmed interval: Int64?, at now: Int64) {
        if let proven = self.proven {
            // The faster pace failed.
            self.pace = proven
            self.proven = nil
            self.patience = min(self.patience * 2, 1_000)
        } else if let pace = self.pace {
            guard interval != nil || self.bucket.tokens < 1 else { return }
            // The wait may be only the rest of one interval, so it alone would be too fast.
            let slower = min(max(pace.interval * 5 / 4, wait), self.longestWait * 5 / 4)
            self.pace = MatrixPace(interval: slower, burst: pace.burst - 1)
        } else if self.isUsual(wait, now) || interval.map(Self.isUsual) == true {
            self.pace = Self.usual
            self.patience = Self.patienceOfUsual
        } else {
            let burst = self.observedBurst(interval ?? wait, now)
            // No server is known with a smaller burst than the default's, so one refusal after it is enough.
            guard interval != nil || !self.isWide && burst >= Self.usual.burst else { return }
            self.pace = MatrixPace(interval: interval ?? wait, burst: burst)
        }
        self.isWide = false
        self.successes = 0
    }

    /// Whether our own events would cause such a refusal on a server with Synapse's default.
    private func isUsual(_ wait: Int64, _ now: Int64) -> Bool {
        guard !self.isWide, wait <= Self.usual.interval else { return false }
        let expected = (self.level(at: now) + 1 - Double(Self.usual.burst)) * Double(Self.usual.interval)
        return abs(expected - Double(wait)) < 500
    }

    private static func isUsual(interval: Int64) -> Bool { abs(interval - Self.usual.interval) <= 500 }

    /// The interval of the token bucket that would have refused both this event and the last refused one. At the end of
    /// a wait such a bucket holds one token, and now it lacks the part of one that takes `wait` to refill. Nil if no
    /// bucket does that.
    private func impliedInterval(_ wait: Int64, _ now: Int64) -> Int64? {
        guard let last = self.lastRefusal, last.accepted > 0, now >= last.end else { return nil }
        let interval = (now - last.end + wait) / Int64(last.accepted)
        let longest = max(wait, last.wait)
        // A bucket never asks for more than one interval. A much longer one means that it was full in between.
        return interval * 11 / 10 >= longest && interval <= longest * 5 / 2 ? interval : nil
    }

    /// Two refusals a few events apart may seem to fit by accident, three that give the same interval do not.
    private func confirmed(_ interval: Int64?) -> Int64? {
        guard let interval, let earlier = self.lastRefusal?.interval else { return nil }
        return abs(interval - earlier) * 10 <= interval ? interval : nil
    }

    /// Moves the time slots to a new pace, in the same order.
    private mutating func promiseAnew(first: String?, _ pace: MatrixPace) {
        let others = self.promises.filter { $0.key != first }.sorted { $0.value < $1.value }.map(\.key)
        self.promises = [:]
        for (place, transaction) in ((first.map { [$0] } ?? []) + others).enumerated() {
            self.promises[transaction] = self.blockedUntil + Int64(place) * pace.interval
        }
    }

    /// The server accepted an event.
    package mutating func succeeded(at now: Int64) {
        self.level = self.level(at: now) + 1
        self.leveledAt = now
        if let last = self.lastRefusal, now >= last.end { self.lastRefusal?.accepted += 1 }
        guard let pace = self.pace else {
            self.isWide = self.isWide || self.level > Self.wideLevel
            return
        }
        // Sending slower than the pace allows proves nothing about it: older slots still follow the older pace.
        guard self.bucket.tokens < 2 else { return }
        self.successes += 1
        guard self.successes >= self.patience else { return }
        self.successes = 0
        self.proven = pace
        // Below 100 ms an event, the server effectively has no limit.
        let faster = pace.interval * 4 / 5
        self.pace = faster < 100 ? nil : MatrixPace(interval: faster, burst: pace.burst + 1)
        self.isWide = self.pace == nil
    }

    private func level(at now: Int64) -> Double {
        max(0, self.level - Double(max(0, now - self.leveledAt)) / Double(Self.usual.interval))
    }

    /// Milliseconds between the edits of a growing text, chosen so that the edit after one sent now is not held back.
    package func editInterval(at now: Int64) -> Int64 {
        let least: Int64 = 2_000
        let blocked = max(least, self.blockedUntil - now)
        guard let pace = self.pace ?? (self.isWide ? nil : Self.usual) else { return blocked }
        let burst = Double(pace.burst)
        let missing = 1 + min(burst, 1 + min(Self.reserve, burst / 2)) - self.bucket(of: pace).tokens(at: now)
        return max(blocked, min(Int64((missing * Double(pace.interval)).rounded(.up)), 30_000))
    }

    // MARK: The bucket

    /// Refills at the current pace, even for time that passed under an earlier one.
    private mutating func refill(at now: Int64) {
        self.bucket = self.bucket(of: self.pace ?? Self.usual)
        self.bucket.refill(at: now)
    }

    private func bucket(of pace: MatrixPace) -> TokenBucket {
        var bucket = self.bucket
        bucket.capacity = Double(pace.burst)
        bucket.interval = Double(pace.interval)
        return bucket
    }

    /// With some slack, or rounding errors would keep asking for one more millisecond.
    private func holds(_ tokens: Double) -> Bool { self.bucket.tokens + 0.000_001 >= tokens }

    private mutating func grant(at now: Int64) -> Int64? {
        self.bucket.tokens -= 1
        self.isResuming = false
        self.history.append(now)
        if self.history.count > 256 { self.history.removeFirst(128) }
        return nil
    }

    /// `tokens` may exceed the capacity when many slots are assigned: the wait is then longer than a full refill.
    private func wait(for tokens: Double, _ now: Int64) -> Int64 {
        let missing = max(0, tokens - self.bucket.tokens)
        return max(1, self.blockedUntil - now, Int64((missing * self.bucket.interval - 0.001).rounded(.up)))
    }

    /// The highest level of the bucket, in events, at any time before this refusal.
    private func observedBurst(_ interval: Int64, _ now: Int64) -> Int {
        var most = 1.0
        for (index, time) in self.history.enumerated() {
            let count = Double(self.history.count - index)
            most = max(most, count - Double(now - time) / Double(interval))
        }
        return Int(most.rounded())
    }
}
