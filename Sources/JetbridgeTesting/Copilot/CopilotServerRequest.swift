/// A request as a ``LoopbackCopilot`` took it. No secret is kept: of the token only a mark that tells two apart.
public struct CopilotServerRequest: Sendable, Equatable {
    /// `GET`, `POST`, …
    public let method: String
    /// Without a query.
    public let path: String
    /// What it was answered.
    public var status: Int
    /// Eight digits of the token's SHA-256; nil when none was sent.
    public let tokenMark: String?
    /// `X-Initiator`: who the request is counted for.
    public let initiator: String?
    /// `Openai-Intent`.
    public let intent: String?
    /// `Copilot-Integration-Id`.
    public let integration: String?
    /// `Editor-Version`.
    public let editor: String?
    /// `If-None-Match`.
    public let etag: String?
    /// The wanted model of a chat, if the body told one.
    public var model: String?
    /// The last message of a person in it.
    public var question: String?
    /// The names of the body's members, in order.
    public var members: [String] = []
}
