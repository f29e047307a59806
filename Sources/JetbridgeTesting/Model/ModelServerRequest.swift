/// A chat request as a ``LoopbackModelServer`` took it.
public struct ModelServerRequest: Sendable {
    /// One message of the prompt.
    public struct Message: Sendable, Equatable {
        /// `system`, `user`, `assistant`, …
        public let role: String
        /// Text parts joined; empty for null.
        public let text: String
    }

    /// The wanted model.
    public let model: String
    /// The prompt.
    public let messages: [Message]
    /// Whether the answer is to be streamed.
    public let isStreamed: Bool
    /// Whether token counts were asked for with the stream.
    public let includesUsage: Bool
    /// The limit of the answer, if one was set.
    public let outputLimit: Int?
    /// The bearer token, if one was sent.
    public let key: String?
    /// The body as it came.
    public let body: [UInt8]

    /// The last message of a person.
    public var question: String { self.messages.last { $0.role == "user" }?.text ?? "" }
}
