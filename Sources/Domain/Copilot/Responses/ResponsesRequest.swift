internal import JSON

/// The body of a request to the responses endpoint, which some models offer instead of chat completions. Pure.
struct ResponsesRequest: Sendable, Equatable {
    /// Whether `max_output_tokens` is sent; given up when it is refused.
    var hasLimit = true

    /// The request's body. Nothing is stored over there: every request holds the whole conversation.
    func body(_ request: ModelRequest, model: String) -> [UInt8] {
        var body: JSONObject = [
            "model": .string(model), "input": .array(request.messages.flatMap { Self.items($0) }), "stream": true,
            "store": false,
        ]
        let instructions = request.messages.filter { $0.role == .system }.map(\.text).joined(separator: "\n\n")
        if !instructions.isEmpty { body["instructions"] = .string(instructions) }
        if self.hasLimit, let limit = request.outputLimit {
            body["max_output_tokens"] = .integer(Int64(max(16, limit)))
        }
        if !request.tools.isEmpty {
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

    /// Gives up what a refused request was refused for; false when that is nothing of this.
    mutating func adapt(to refusal: String) -> Bool {
        guard self.hasLimit, refusal.contains("max_output_tokens") else { return false }
        self.hasLimit = false
        return true
    }

    private static func items(_ message: ModelMessage) -> [JSON] {
        switch message.role {
        case .system: return []  // in the instructions
        case .user:
            return [self.text(message.text, role: "user", type: "input_text")]
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

    private static func text(_ text: String, role: String, type: String) -> JSON {
        let part: JSON = ["type": .string(type), "text": .string(text)]
        return ["type": "message", "role": .string(role), "content": [part]]
    }
}
