internal import Glibc
package import HTTP
internal import Primitives

/// The request and token limits that response headers reported last.
package final class RateLimitMemory: Sendable {
    private let kept = Protected<[RateLimit]>([])

    package init() {}

    package var limits: [RateLimit] { self.kept.withLock { $0 } }

    package func receive(_ headers: HTTPHeaders) {
        let limits = Self.read(headers, now: time(nil))
        if !limits.isEmpty { self.kept.withLock { $0 = limits } }
    }

    /// Reads `x-ratelimit-remaining-requests` and `-tokens` (OpenAI's names), else `x-ratelimit-remaining` (GitHub's).
    ///
    /// - Parameter now: seconds since 1970, the form in which GitHub gives the reset.
    static func read(_ headers: HTTPHeaders, now: Int) -> [RateLimit] {
        guard
            headers.contains("x-ratelimit-remaining") || headers.contains("x-ratelimit-remaining-requests")
                || headers.contains("x-ratelimit-remaining-tokens")
        else { return [] }
        return ["requests", "tokens", ""].compactMap { kind in
            let suffix = kind.isEmpty ? "" : "-" + kind
            guard let remaining = headers["x-ratelimit-remaining" + suffix].flatMap({ Int($0) }), remaining >= 0 else {
                return nil
            }
            return RateLimit(
                kind: kind.isEmpty ? "requests" : kind,
                limit: headers["x-ratelimit-limit" + suffix].flatMap { Int($0) }, remaining: remaining,
                reset: headers["x-ratelimit-reset" + suffix].flatMap { self.reset($0, now: now) })
        }
    }

    private static func reset(_ text: String, now: Int) -> String? {
        guard let seconds = Double(untrusted: text), seconds >= 0 else {
            return text.contains(where: \.isLetter) ? String(text.prefix(20)) : nil  // such as 6m0s
        }
        let wait = seconds > 1e9 ? seconds - Double(now) : seconds
        return wait > 0 && wait < 1e8 ? Duration.seconds(wait).inWords : nil
    }
}
