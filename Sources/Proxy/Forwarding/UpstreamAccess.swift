internal import Copilot
internal import HTTP

/// What a request needs to be let in by the upstream.
struct UpstreamAccess: Sendable {
    /// Paths are below this one's.
    let url: HTTPURL
    /// The value of `Authorization`.
    let authorization: String
    let token: CopilotToken
    /// Another token is another account, whose answers are not to be mixed up with the last one's.
    let generation: Int
}
