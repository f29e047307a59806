/// What an endpoint of ``LoopbackGitHub`` does instead of its work.
package enum GitHubFault: Sendable, Hashable {
    /// Answers this; `body` as it is.
    case answer(status: Int, body: String, headers: [String: String] = [:])
    /// Never answers.
    case hang
    /// Answers after this many seconds.
    case delay(Double)

    /// The account has no Copilot plan.
    package static let noPlan = GitHubFault.answer(
        status: 403,
        body: """
            {"can_signup_for_limited":true,"error_details":{"message":"Sign up for GitHub Copilot.","notification_id":\
            "no_copilot_access","title":"No access to GitHub Copilot found","url":\
            "https://github.com/settings/copilot?utm_source=vscode-chat"},"message":"Resource not accessible by integration"}
            """)
    /// The account has made too many requests.
    package static let rateLimit = GitHubFault.answer(
        status: 403,
        body: """
            {"message":"API rate limit exceeded for user ID 1. If you reach out to GitHub Support for help, please include \
            the request ID.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api",\
            "status":"403"}
            """, headers: ["x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0"])
    /// Something between here and GitHub answers in its own way.
    package static let webPage = GitHubFault.answer(
        status: 502, body: "<html><body><h1>502 Bad Gateway</h1></body></html>", headers: ["Content-Type": "text/html"])
}
