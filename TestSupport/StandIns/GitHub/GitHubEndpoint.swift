/// The endpoints of ``LoopbackGitHub``.
package enum GitHubEndpoint: String, Sendable, Hashable {
    case deviceCode = "/login/device/code"
    case accessToken = "/login/oauth/access_token"
    case copilotToken = "/copilot_internal/v2/token"
    case copilotUser = "/copilot_internal/user"
}
