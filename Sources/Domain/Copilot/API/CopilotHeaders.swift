internal import Crypto
internal import HTTP
internal import Models
internal import Primitives

// Change: a header that Copilot expects
/// The headers of requests to the Copilot API. Pure except for the ids.
enum CopilotHeaders {
    /// For every request.
    static func common(_ settings: CopilotSettings, token: CopilotToken) -> HTTPHeaders {
        [
            "Authorization": "Bearer \(token.value.reveal())", "Copilot-Integration-Id": settings.integrationID,
            "Editor-Version": settings.editorVersion, "Editor-Plugin-Version": settings.pluginVersion,
            "X-GitHub-Api-Version": settings.apiVersion, "X-Request-Id": Self.identifier(),
            "Accept": "application/json",
        ]
    }

    /// For a chat request.
    ///
    /// - Parameters:
    ///   - initiator: determines billing: a user's request counts, an agent's follow-up does not.
    ///   - hasImages: whether any message of the request has an image, however old; the API then wants to know.
    static func chat(
        _ settings: CopilotSettings, token: CopilotToken, initiator: ModelRequest.Initiator, hasImages: Bool = false
    ) -> HTTPHeaders {
        var headers = self.common(settings, token: token)
        headers["Accept"] = "text/event-stream, application/json"
        headers.append("Content-Type", "application/json")
        headers.append("Openai-Intent", "conversation-panel")
        headers.append("X-Initiator", initiator.rawValue)
        if hasImages { headers.append("Copilot-Vision-Request", "true") }
        return headers
    }

    /// A random UUID (RFC 9562 §5.4).
    static func identifier() -> String {
        var bytes = Crypto.randomBytes(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array(Crypto.hex(bytes))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }
}
