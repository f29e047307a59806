internal import HTTP

/// Which hosts may be sent a Copilot token.
enum CopilotEndpoint {
    /// Where the API is when an answer does not tell.
    static func standard(for settings: SignInSettings) throws(HTTPURLError) -> HTTPURL {
        let host = settings.githubURL.host
        return try HTTPURL(
            host.hasSuffix(".ghe.com") ? "https://copilot-api.\(host)" : "https://api.githubcopilot.com")
    }

    /// Whether a token may go there: by https to GitHub's own Copilot hosts or below the configured GitHub's, or to this
    /// machine.
    static func isTrusted(_ url: HTTPURL, for settings: SignInSettings) -> Bool {
        if url.isLoopback { return true }
        guard url.scheme == "https" else { return false }
        let ours = settings.githubURL.host
        // Below github.com itself people's own pages could be: there is nothing of Copilot's there.
        let isTenant = ours != "github.com" && (url.host == ours || url.host.hasSuffix(".\(ours)"))
        return url.host == "githubcopilot.com" || url.host.hasSuffix(".githubcopilot.com") || isTenant
    }
}
