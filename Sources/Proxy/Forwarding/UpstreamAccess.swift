internal import Copilot
internal import HTTP

/// The credentials and address for requests to the upstream.
struct UpstreamAccess: Sendable {
    /// Request paths are appended to this URL's path.
    let url: HTTPURL
    /// The value of `Authorization`.
    let authorization: String
    let token: CopilotToken
    /// Changes with the token: another token may belong to another account, whose answers must be cached separately.
    let generation: Int
}
