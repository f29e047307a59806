internal import JSON

/// Estimates the tokens of a request, for upstreams that do not count them. Pure.
///
/// A token is taken for four bytes of text, which is right within a factor of two for most languages and code. Base64
/// does not count as text: an image costs a fixed 1,500 tokens, Anthropic's price for about a megapixel, and a document
/// 3,000.
enum TokenEstimate {
    private static let image = 1_500
    private static let document = 3_000
    /// The role and the separators.
    private static let message = 4
    /// Anthropic's instructions on the use of tools.
    private static let toolInstructions = 350
    /// The declaration around a tool's name, description and schema.
    private static let tool = 8

    /// - Parameter body: A request for `/v1/messages` or `/v1/messages/count_tokens`.
    static func of(messages body: JSON) -> Int {
        var bytes = 0
        var tokens = 0
        if let system = body.value("system") {
            tokens += Self.message
            Self.add(system, &bytes, &tokens)
        }
        for message in body.list("messages") {
            tokens += Self.message
            Self.add(message["content"] ?? .null, &bytes, &tokens)
        }
        let tools = body.list("tools")
        if !tools.isEmpty { tokens += Self.toolInstructions }
        for tool in tools {
            tokens += Self.tool
            bytes += (tool.text("name") ?? "").utf8.count + (tool.text("description") ?? "").utf8.count
            bytes += tool.value("input_schema")?.bytes.count ?? 0
        }
        return tokens + (bytes + 3) / 4
    }

    private static func add(_ content: JSON, _ bytes: inout Int, _ tokens: inout Int) {
        if let text = content.stringValue { bytes += text.utf8.count }
        for block in content.arrayValue ?? [] {
            switch block["type"]?.stringValue {
            case "text": bytes += (block.text("text") ?? "").utf8.count
            case "image": tokens += Self.image
            case "document" where block["source"]?["type"] == "text":
                bytes += (block["source"]?.text("data") ?? "").utf8.count
            case "document" where block["source"]?["type"] == "content":
                Self.add(block["source"]?["content"] ?? .null, &bytes, &tokens)
            case "document": tokens += Self.document
            case "thinking": bytes += (block.text("thinking") ?? "").utf8.count
            case "tool_use":
                bytes += (block.text("name") ?? "").utf8.count + (block.value("input")?.bytes.count ?? 0)
            case "tool_result", "search_result": Self.add(block["content"] ?? .null, &bytes, &tokens)
            default: bytes += block.bytes.count
            }
        }
    }
}
