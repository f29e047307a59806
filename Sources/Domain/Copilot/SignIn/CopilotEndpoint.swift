internal import HTTP

/// The hosts that may receive a Copilot token.
enum CopilotEndpoint {
    /// The API's address when a response does not give one.
    static func standard(for settings: SignInSettings) throws(HTTPURLError) -> HTTPURL {
        let host = settings.githubURL.host
        return try HTTPURL(
            host.hasSuffix(".ghe.com") ? "https://copilot-api.\(host)" : "https://api.githubcopilot.com")
    }

    /// Whether a token may be sent there: by https to GitHub's Copilot hosts or subdomains of the configured GitHub, or
    /// to this machine.
    static func isTrusted(_ url: HTTPURL, for settings: SignInSettings) -> Bool {
        if url.isLoopback { return true }
        guard url.scheme == "https" else { return false }
        let ours = settings.githubURL.host
        // Copilot has no hosts below github.com itself, where users' own pages could be.
        let isTenant = ours != "github.com" && (url.host == ours || url.host.hasSuffix(".\(ours)"))
        return url.host == "githubcopilot.com" || url.host.hasSuffix(".githubcopilot.com") || isTenant
    }
}
