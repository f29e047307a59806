/// How long a Copilot token is good, and when it is time for the next one.
///
/// Measured from the moment it came, by the clock that nobody sets and that goes on while the machine sleeps. The wall
/// clock counts across a restart, and where both disagree about the time that has passed, the token is exchanged early.
package struct TokenTerm: Sendable, Hashable {
    /// The longest time between two exchanges in the background: 28 minutes.
    static let longestInterval = 1_680.0
    /// How far ahead of its end a token is exchanged: two minutes.
    static let standardMargin = 120.0
    /// A jump of the wall clock of more than this many seconds is no drift.
    static let jump = 60.0

    package let obtained: ClockReading
    /// Seconds from then to the end.
    package let life: Double
    /// After how many seconds GitHub wants it exchanged, if it told.
    package let refreshIn: Double?

    package init(obtained: ClockReading, life: Double, refreshIn: Double?) {
        self.obtained = obtained
        self.life = life
        self.refreshIn = refreshIn
    }

    /// The term of an answer.
    ///
    /// - Parameters:
    ///   - expiresAt: In seconds since 1970 by GitHub's clock.
    ///   - serverTime: The answer's `Date`; it counts where the own clock is more than two minutes away from it.
    init(obtained: ClockReading, expiresAt: Double, refreshIn: Double?, serverTime: Double?) {
        let isOff = serverTime.map { abs($0 - obtained.wall) > 120 } ?? false
        let life = expiresAt - (isOff ? serverTime ?? obtained.wall : obtained.wall)
        // A token that has ended when it comes: the own clock is wrong and nobody told the right time.
        self.init(
            obtained: obtained, life: life > 0 ? life : max(refreshIn ?? 0, 60), refreshIn: refreshIn)
    }

    /// The end by the own wall clock, in seconds since 1970.
    var expiresAt: Int64 { Int64(self.obtained.wall + self.life) }

    /// At which age it is time for the next one: two minutes before the end or when GitHub says, at the latest after 28
    /// minutes. The margin of a short life is a quarter of it, and no wish of GitHub's makes it less than half or, with
    /// a long one, a minute.
    var refreshAge: Double {
        let margin = min(Self.standardMargin, self.life / 4)
        let wish = self.refreshIn.flatMap { $0 > 0 ? $0 : nil } ?? .infinity
        return max(min(self.life - margin, wish, Self.longestInterval), min(60, self.life / 2))
    }

    /// Seconds since it came; nil where that cannot be known.
    private func age(at now: ClockReading) -> Double? {
        let isSameBoot = !now.bootID.isEmpty && now.bootID == self.obtained.bootID
        let age = isSameBoot ? now.uptime - self.obtained.uptime : now.wall - self.obtained.wall
        return age >= 0 ? age : nil
    }

    /// Seconds until its end; zero where that cannot be known.
    func untilEnd(at now: ClockReading) -> Double {
        self.age(at: now).map { max(0, self.life - $0) } ?? 0
    }

    /// Whether the API still takes it, with some seconds for the way there.
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
