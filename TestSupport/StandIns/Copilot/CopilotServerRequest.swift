/// A request to a ``LoopbackCopilot``. No secret is kept: only a digest that distinguishes tokens.
package struct CopilotServerRequest: Sendable, Equatable {
    package let method: String
    /// Without the query.
    package let path: String
    /// The status of the response.
    package var status: Int
    /// Eight digits of the token's SHA-256; nil when none was sent.
    package let tokenMark: String?
    /// `X-Initiator`: on whose behalf the request is counted.
    package let initiator: String?
    /// `Openai-Intent`.
    package let intent: String?
    /// `Copilot-Integration-Id`.
    package let integration: String?
    /// `Editor-Version`.
    package let editor: String?
    /// `If-None-Match`.
    package let etag: String?
    /// The requested chat model, if the body names one.
    package var model: String?
    /// The user's last message.
    package var question: String?
    /// The names of the body's top-level fields, in order.
    package var members: [String] = []
    /// The images in its messages.
    package var images = 0
}
