internal import Crypto
internal import HTTP
internal import Primitives

/// Slack's signature of a request: `v0=` and the HMAC of version, time and body under the signing secret.
enum SlackSignature {
    /// In seconds; an older or newer request is a replay, or a clock is wrong.
    static let window: Int64 = 300

    /// Whether Slack signed `body` recently; `wall` is in milliseconds since 1970.
    static func isValid(_ body: [UInt8], headers: HTTPHeaders, secret: Secret, wall: Int64) -> Bool {
        guard let stamp = headers["x-slack-request-timestamp"], let time = Int64(untrusted: stamp), time > 0,
            abs(wall / 1_000 - time) <= Self.window, let given = headers["x-slack-signature"]
        else { return false }
        return constantTimeEqual(given, self.signature(of: body, stamp: stamp, secret: secret))
    }

    static func signature(of body: [UInt8], stamp: String, secret: Secret) -> String {
        "v0=" + hex(hmacSHA256(Array("v0:\(stamp):".utf8) + body, key: Array(secret.reveal().utf8)))
    }
}

/// Decides when the log reports forged requests. Pure.
struct SlackForgeries: Sendable {
    /// Minimum interval between log lines, in milliseconds.
    static let interval: Int64 = 60_000

    private var count = 0
    private var lastReport: Int64?

    /// Counts a request; returns the count since the last log line when another one is due.
    mutating func note(at now: Int64) -> Int? {
        self.count += 1
        if let lastReport = self.lastReport, now - lastReport < Self.interval { return nil }
        defer { (self.count, self.lastReport) = (0, now) }
        return self.count
    }
}
