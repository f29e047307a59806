/// A chat request to a ``LoopbackModelServer``.
package struct ModelServerRequest: Sendable {
    /// One message of the prompt.
    package struct Message: Sendable, Equatable {
        /// `system`, `user`, `assistant`, …
        package let role: String
        /// Text parts joined; empty for null.
        package let text: String
        /// The addresses of its images.
        package var images: [String] = []
    }

    package let model: String
    package let messages: [Message]
    package let isStreamed: Bool
    /// Whether the stream is to include token counts.
    package let includesUsage: Bool
    /// The limit of the answer, if one was set.
    package let outputLimit: Int?
    /// The bearer token, if one was sent.
    package let key: String?
    /// The header of W3C Trace Context, if it was sent.
    package var traceparent: String?
    /// The body as received.
    package let body: [UInt8]

    /// The user's last message.
    package var question: String {
        let text = self.messages.last { $0.role == "user" }?.text ?? ""
        // What was said beside it stands before it, between marks.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let end = lines.lastIndex(where: { $0.hasPrefix("</data-") }) else { return text }
        return lines[(end + 1)...].drop(while: \.isEmpty).joined(separator: "\n")
    }
}
