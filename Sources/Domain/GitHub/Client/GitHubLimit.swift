internal import HTTP
internal import JSON
internal import Models
internal import Primitives

/// Whether an answer says that a limit is reached. Pure.
enum GitHubLimit: Sendable, Hashable {
    /// GitHub's limits are hourly, so no wait is longer, whatever an answer says.
    private static let longest: Int64 = 3_600

    /// The hour's requests are used up, for this many seconds.
    case primary(seconds: Int64)
    /// Too many requests in a short time, with the pause that GitHub asks for in seconds, if any.
    case secondary(seconds: Int64?)

    init?(_ answer: GitHubAnswer, isGraphQL: Bool, date: Int64) {
        let isRefusal = answer.status == 403 || answer.status == 429
        guard isRefusal || isGraphQL && answer.status == 200 else { return nil }
        let refusal = GitHubRefusal(body: answer.body)
        if !isRefusal, !refusal.codes.contains("RATE_LIMITED"), !refusal.codes.contains("RATE_LIMIT") { return nil }
        let pause = RetryAfter.read(answer.headers, now: Int(date)).map {
            min(max(1, $0.components.seconds), Self.longest)
        }
        let isSecondary = refusal.all.contains("secondary rate limit") || refusal.all.contains("abuse detection")
        if !isSecondary, answer.headers["x-ratelimit-remaining"] == "0",
            let reset = answer.headers["x-ratelimit-reset"].flatMap({ Int64(untrusted: $0) })
        {
            self = .primary(seconds: Self.secondsLeft(until: reset, answer.headers, date))
        } else if isSecondary || answer.status == 429 || pause != nil || !isRefusal
            || refusal.all.contains("rate limit exceeded")
        {
            self = .secondary(seconds: pause)
        } else {
            return nil
        }
    }

    /// By the server's clock, which resets refer to.
    static func secondsLeft(until reset: Int64, _ headers: HTTPHeaders, _ date: Int64) -> Int64 {
        let date = headers["date"].flatMap { HTTPDate.parse($0) }.map { Int64($0) } ?? date
        return min(max(0, reset - date), Self.longest)
    }
}

/// The remaining requests of the hour, as GitHub last reported them for a token.
package struct GitHubBudget: Sendable, Hashable, CustomStringConvertible {
    package var remaining: Int
    package var limit: Int
    /// When the hour ends, in seconds since 1970.
    package var resetsAt: Int64

    package var description: String { "\(self.counts) left this hour" }

    var counts: String { "\(self.remaining)/\(self.limit) requests" }
}

/// What GitHub counts separately.
package enum GitHubResource: String, Sendable, Hashable, CaseIterable {
    case core
    case graphQL = "graphql"
}
