package import HTTP

/// Where a GitHub is, and the limits for its use.
package struct GitHubSettings: Sendable, Hashable {
    /// The REST API: `https://api.github.com`, or `https://HOST/api/v3` of an Enterprise server.
    package let apiURL: HTTPURL
    /// What people open: `https://github.com`.
    package let webURL: HTTPURL
    /// GitHub answers 403 without it.
    package let userAgent: String
    /// The most concurrent requests; GitHub allows 100.
    package var maximumConcurrent = 20
    /// The most requests that may wait for their turn; further ones are refused.
    package var maximumQueued = 2_000
    /// The longest wait for a limit; a request that would wait longer fails and names the time.
    package var longestWait: Duration = .seconds(15 * 60)
    /// How often a read is sent at most that fails for a passing reason.
    package var maximumTries = GitHubBackoff.maximumTries
    /// The maximum age of a listing that is used without a request.
    package var freshness: Duration = .seconds(5 * 60)
    /// The maximum age of a listing that is used while GitHub is unreachable.
    package var staleness: Duration = .seconds(10 * 60)
    /// The limits of the cache of answers.
    package var cachedAnswers = 2_000
    package var cachedBytes = 32 << 20

    /// Throws ``GitHubError`` for an address with which a token cannot be trusted: plain HTTP beyond this machine.
    package init(apiURL: HTTPURL, webURL: HTTPURL, userAgent: String) throws(GitHubError) {
        for (name, url) in [("github.api_url", apiURL), ("github.web_url", webURL)] {
            guard url.scheme == "https" || url.scheme == "http" && url.isLoopback else {
                throw GitHubError(
                    .invalidRequest, "\(name) must begin with https://, or tokens could be read on the way.")
            }
            guard url.query == nil else {
                throw GitHubError(.invalidRequest, "\(name) must not contain a query; give the address before the ?.")
            }
        }
        self.apiURL = Self.withoutSlash(apiURL)
        self.webURL = Self.withoutSlash(webURL)
        self.userAgent = userAgent
    }

    /// `https://api.github.com/graphql`, or `https://HOST/api/graphql` of an Enterprise server.
    package var graphQLURL: HTTPURL {
        var url = self.apiURL
        guard url.path.hasSuffix("/api/v3") else { return url.adding(path: "graphql") }
        url.path = url.path.dropLast("v3".count) + "graphql"
        return url
    }

    private static func withoutSlash(_ url: HTTPURL) -> HTTPURL {
        var url = url
        while url.path.count > 1, url.path.hasSuffix("/") { url.path.removeLast() }
        return url
    }
}
