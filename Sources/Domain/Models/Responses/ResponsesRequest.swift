internal import JSON

/// The body of a request to the responses endpoint, which some models have instead of chat completions. Pure.
package enum ResponsesRequest {
    /// The endpoint stores nothing: every request contains the whole conversation.
    ///
    /// - Parameters:
    ///   - hasLimit: whether to send `max_output_tokens`, which some models refuse.
    ///   - asksForReasoning: whether to ask for encrypted reasoning, which some models refuse.
    ///   - sendsItems: whether answers go back as they came, with their reasoning.
    ///   - asksForSummary: whether to ask for what the model thinks in short, which some models refuse.
    package static func body(
        _ request: ModelRequest, model: String, hasLimit: Bool, asksForReasoning: Bool = true, sendsItems: Bool = true,
        asksForSummary: Bool = false
    ) -> [UInt8] {
        let input = request.messages.flatMap { message in
            let items = message.items.filter { !ChatFields.isOne($0) }
            return sendsItems && !items.isEmpty ? items : Self.items(message)
        }
        var body: JSONObject = [
            "model": .string(model), "input": .array(input), "stream": true, "store": false,
        ]
        // Only a turn with tools continues an answer. The endpoint keeps nothing, so the thoughts must travel.
        if asksForReasoning, !request.tools.isEmpty { body["include"] = ["reasoning.encrypted_content"] }
        if asksForSummary { body["reasoning"] = ["summary": "auto"] }
        let instructions = request.messages.filter { $0.role == .system }.map(\.text).joined(separator: "\n\n")
        if !instructions.isEmpty { body["instructions"] = .string(instructions) }
        if hasLimit, let limit = request.outputLimit {
            body["max_output_tokens"] = .integer(Int64(max(16, limit)))
        }
        if !request.tools.isEmpty {
            if request.callsInParallel { body["parallel_tool_calls"] = true }
            body["tools"] = .array(
                request.tools.map { tool in
                    [
                        "type": "function", "name": .string(tool.name), "description": .string(tool.description),
                        "parameters": tool.parameters, "strict": false,
                    ]
                })
        }
        return JSON.object(body).bytes
    }

    private static func items(_ message: ModelMessage) -> [JSON] {
        switch message.role {
        case .system: return []  // Part of the instructions.
        case .user:
            let images = message.images.map { image -> JSON in
                ["type": "input_image", "image_url": .string(image.dataURL), "detail": "auto"]
            }
            return [self.text(message.text, role: "user", type: "input_text", with: images)]
        case .assistant:
            let text = message.text.isEmpty ? [] : [self.text(message.text, role: "assistant", type: "output_text")]
            return text
                + message.toolCalls.map { call in
                    [
                        "type": "function_call", "call_id": .string(call.id), "name": .string(call.name),
                        "arguments": .string(call.arguments),
                    ]
                }
        case .tool:
            return [
                [
                    "type": "function_call_output", "call_id": .string(message.toolCallID ?? ""),
                    "output": .string(message.text),
                ]
            ]
        }
    }

    private static func text(_ text: String, role: String, type: String, with images: [JSON] = []) -> JSON {
        let part: JSON = ["type": .string(type), "text": .string(text)]
        let parts = text.isEmpty && !images.isEmpty ? images : [part] + images
        return ["type": "message", "role": .string(role), "content": .array(parts)]
    }
}
