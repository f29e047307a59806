internal import Crypto
internal import HTTP
internal import JSON
internal import Primitives

/// An exchanged token, as processes share it in `token.json`.
struct StoredToken: Sendable, Equatable {
    let token: CopilotToken
    let term: TokenTerm
    /// Identifies the sign-in it was exchanged for without revealing it.
    let signIn: String
    let source: SignInSource.Kind
    /// With the GitHub CLI as source: a mark of the other sign-ins, which got no token. While they stay the same, the
    /// CLI need not be asked again.
    let beside: String?

    /// The version of the format; files with another one are ignored.
    private static let version = 1

    init(token: CopilotToken, term: TokenTerm, signIn: String, source: SignInSource.Kind, beside: String? = nil) {
        self.token = token
        self.term = term
        self.signIn = signIn
        self.source = source
        self.beside = beside
    }

    /// A mark of several sign-ins in this order.
    static func mark(of tokens: [GitHubToken], at settings: SignInSettings) -> String {
        let text = tokens.map { self.mark(of: $0, at: settings) }.joined(separator: "\n")
        return String(hex(sha256(text)).prefix(32))
    }

    /// A mark of a sign-in and its API, so that a token for another one is not used in its place.
    static func mark(of token: GitHubToken, at settings: SignInSettings) -> String {
        let text = "\(settings.apiURL)\n\(token.value.reveal())"
        return String(hex(sha256(text)).prefix(32))
    }

    /// Nil for a truncated file, another version, times that make no sense, or an untrusted API address.
    init?(bytes: [UInt8], settings: SignInSettings) {
        guard let json = try? JSON.parse(bytes), json["version"]?.intValue == Self.version,
            let value = json["token"]?.stringValue, !value.isEmpty,
            let api = (json["api"]?.stringValue).flatMap({ try? HTTPURL($0) }),
            CopilotEndpoint.isTrusted(api, for: settings),
            let obtained = json["obtained_at"]?.doubleValue, let uptime = json["uptime"]?.doubleValue,
            let bootID = json["boot_id"]?.stringValue, let life = json["life"]?.doubleValue,
            // Those of a fresh token are checked too; larger ones would trap where they become whole numbers.
            [obtained, uptime, life].allSatisfy({ TokenTerm.times.contains($0) }),
            let signIn = json["sign_in"]?.stringValue,
            let source = (json["source"]?.stringValue).flatMap({ SignInSource.Kind(rawValue: $0) })
        else { return nil }
        self.term = TokenTerm(
            obtained: ClockReading(wall: obtained, uptime: uptime, bootID: bootID), life: life,
            refreshIn: json["refresh_in"]?.doubleValue.flatMap { TokenTerm.times.contains($0) ? $0 : nil })
        self.token = CopilotToken(
            value: Secret(value), expiresAt: self.term.expiresAt, apiURL: api, sku: json["sku"]?.stringValue)
        self.signIn = signIn
        self.source = source
        self.beside = json["beside"]?.stringValue
    }

    var bytes: [UInt8] {
        var object = JSONObject()
        object["version"] = JSON(Self.version)
        object["token"] = .string(self.token.value.reveal())
        object["api"] = .string(self.token.apiURL.description)
        object["sku"] = self.token.sku.map { .string($0) }
        object["expires_at"] = .integer(self.token.expiresAt)
        object["obtained_at"] = .number(self.term.obtained.wall)
        object["uptime"] = .number(self.term.obtained.uptime)
        object["boot_id"] = .string(self.term.obtained.bootID)
        object["life"] = .number(self.term.life)
        object["refresh_in"] = self.term.refreshIn.map { .number($0) }
        object["sign_in"] = .string(self.signIn)
        object["source"] = .string(self.source.rawValue)
        object["beside"] = self.beside.map { .string($0) }
        return JSON.object(object).bytes
    }
}

/// How long a Copilot token is valid, and when to exchange the next one.
///
/// Measured from its arrival by the monotonic clock, which includes sleep. Across a restart the wall clock counts;
/// where the clocks disagree about the elapsed time, the token is exchanged early.
package struct TokenTerm: Sendable, Hashable {
    /// Numbers of seconds that make sense.
    static let times = 0.0...1e12
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
}

extension TokenTerm {
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

    // Change: when a Copilot token is renewed
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
