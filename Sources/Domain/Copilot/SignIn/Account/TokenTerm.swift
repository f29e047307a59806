/// How long a Copilot token is valid, and when to exchange the next one.
///
/// Measured from its arrival by the monotonic clock, which includes sleep. Across a restart the wall clock counts;
/// where the clocks disagree about the elapsed time, the token is exchanged early.
package struct TokenTerm: Sendable, Hashable {
    /// The longest time between two exchanges in the background: 28 minutes.
    static let longestInterval = 1_680.0
    /// How long before its end a token is exchanged: two minutes.
    static let standardMargin = 120.0
    /// In seconds. A larger difference between the clocks is a jump, not drift.
    static let jump = 60.0

    package let obtained: ClockReading
    /// Seconds from then to the end.
    package let life: Double
    /// GitHub's recommended seconds until the next exchange, if given.
    package let refreshIn: Double?

    package init(obtained: ClockReading, life: Double, refreshIn: Double?) {
        self.obtained = obtained
        self.life = life
        self.refreshIn = refreshIn
    }

    ///
    /// - Parameters:
    ///   - expiresAt: in seconds since 1970 by GitHub's clock.
    ///   - serverTime: the response's `Date`; used when our clock is more than two minutes off.
    init(obtained: ClockReading, expiresAt: Double, refreshIn: Double?, serverTime: Double?) {
        let isOff = serverTime.map { abs($0 - obtained.wall) > 120 } ?? false
        let life = expiresAt - (isOff ? serverTime ?? obtained.wall : obtained.wall)
        // The token seems to have expired on arrival: our clock is wrong, and the right time is unknown.
        self.init(
            obtained: obtained, life: life > 0 ? life : max(refreshIn ?? 0, 60), refreshIn: refreshIn)
    }

    /// The expiry by our wall clock, in seconds since 1970.
    var expiresAt: Int64 { Int64(self.obtained.wall + self.life) }

    /// The age for the next exchange: two minutes before the end or when GitHub recommends it, after 28 minutes at the
    /// latest. A short life has a margin of a quarter. GitHub's recommendation never brings it below a minute, or half
    /// of a short life.
    var refreshAge: Double {
        let margin = min(Self.standardMargin, self.life / 4)
        let wish = self.refreshIn.flatMap { $0 > 0 ? $0 : nil } ?? .infinity
        return max(min(self.life - margin, wish, Self.longestInterval), min(60, self.life / 2))
    }

    /// Seconds since its arrival; nil where that is unknown.
    private func age(at now: ClockReading) -> Double? {
        let isSameBoot = !now.bootID.isEmpty && now.bootID == self.obtained.bootID
        let age = isSameBoot ? now.uptime - self.obtained.uptime : now.wall - self.obtained.wall
        return age >= 0 ? age : nil
    }

    /// Seconds until it expires; zero where that is unknown.
    func untilEnd(at now: ClockReading) -> Double {
        self.age(at: now).map { max(0, self.life - $0) } ?? 0
    }

    /// Whether the API still accepts it, allowing a few seconds for the request to arrive.
    func isUsable(at now: ClockReading) -> Bool {
        guard let age = self.age(at: now) else { return false }
        return self.life - age > min(5, self.life / 10)
    }

    /// Seconds until the next exchange; zero when it is time.
    func untilRefresh(at now: ClockReading) -> Double {
        guard let age = self.age(at: now), self.isUsable(at: now) else { return 0 }
        let isJump = abs((now.wall - self.obtained.wall) - age) > Self.jump
        return isJump ? 0 : max(0, self.refreshAge - age)
    }
}
