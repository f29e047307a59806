/// What an endpoint of ``LoopbackGitHub`` does instead of or in addition to its work.
package enum GitHubFault: Sendable, Hashable {
    /// Sends this answer; `body` unchanged.
    case answer(status: Int, body: String, headers: [String: String] = [:])
    case hang
    /// Answers after this many seconds.
    case delay(Double)
    /// Ends the connection without work and answer.
    case cut
    /// Does the work and ends the connection: the answer is lost.
    case loseAnswer
    /// Does the work and never answers.
    case hangAfter

    package static let noPlan = GitHubFault.answer(
        status: 403,
        body: """
            {"can_signup_for_limited":true,"error_details":{"message":"Sign up for GitHub Copilot.","notification_id":\
            "no_copilot_access","title":"No access to GitHub Copilot found","url":\
            "https://github.com/settings/copilot?utm_source=vscode-chat"},"message":"Resource not accessible by integration"}
            """)
    /// A proxy on the way to GitHub answers with a web page.
    package static let webPage = GitHubFault.answer(
        status: 502, body: "<html><body><h1>502 Bad Gateway</h1></body></html>", headers: ["Content-Type": "text/html"])
}
