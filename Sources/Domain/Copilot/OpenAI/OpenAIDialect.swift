internal import JSON

/// What of the format an endpoint understands. Begins with all of it and gives up what a refusal names. Pure.
struct OpenAIDialect: Sendable, Equatable {
    /// How the limit of an answer is called.
    enum LimitName: String, Sendable {
        case maxTokens = "max_tokens"
        case maxCompletionTokens = "max_completion_tokens"
        case none
    }

    /// `stream_options`, which asks for the token counts.
    var asksForUsage = true
    var limitName: LimitName
    private var hasChangedLimitName = false
    /// Some chat templates know no system role: its text goes in front of the first message.
    var knowsSystemRole = true

    init(host: String) {
        // There the old name is refused by newer models, and the new one is known to all.
        self.limitName = host == "api.openai.com" ? .maxCompletionTokens : .maxTokens
    }

    /// The request's body.
    func body(_ request: ModelRequest, model: String) -> [UInt8] {
        var body: JSONObject = [
            "model": .string(model),
            "messages": .array(self.messages(request.messages)),
            "stream": true,
        ]
        if self.asksForUsage { body["stream_options"] = ["include_usage": true] }
        if let limit = request.outputLimit, self.limitName != .none {
            body[self.limitName.rawValue] = .integer(Int64(limit))
        }
        if !request.tools.isEmpty {
            body["tools"] = .array(
                request.tools.map { tool in
                    let function: JSON = [
                        "name": .string(tool.name), "description": .string(tool.description),
                        "parameters": tool.parameters,
                    ]
                    return ["type": "function", "function": function]
                })
        }
        return JSON.object(body).bytes
    }

    /// Gives up what a refused request (400 or 422) was refused for; false when that is nothing of this.
    mutating func adapt(to refusal: String) -> Bool {
        let words = refusal.lowercased()
        if self.asksForUsage, words.contains("stream_options") || words.contains("include_usage") {
            self.asksForUsage = false
            return true
        }
        if words.contains("max_tokens") || words.contains("max_completion_tokens") {
            guard self.limitName != .none else { return false }
            let other: LimitName = self.limitName == .maxTokens ? .maxCompletionTokens : .maxTokens
            // The refusal names the other one when it is known; when that is refused too, neither is.
            self.limitName = words.contains(other.rawValue) && !self.hasChangedLimitName ? other : .none
            self.hasChangedLimitName = true
            return true
        }
        if self.knowsSystemRole, words.contains("system"), words.contains("role") {
            self.knowsSystemRole = false
            return true
        }
        return false
    }

    private func messages(_ messages: [ModelMessage]) -> [JSON] {
        var messages = messages
        if !self.knowsSystemRole {
            let system = messages.filter { $0.role == .system }.map(\.text)
            messages.removeAll { $0.role == .system }
            let rest = messages.first.map { [$0.text] } ?? []
            let first = ModelMessage(.user, (system + rest).joined(separator: "\n\n"))
            messages = [first] + messages.dropFirst()
        }
        return messages.map { Self.message($0) }
    }

    private static func message(_ message: ModelMessage) -> JSON {
        var body: JSONObject = ["role": .string(message.role.rawValue), "content": .string(message.text)]
        if let id = message.toolCallID { body["tool_call_id"] = .string(id) }
        if !message.toolCalls.isEmpty {
            body["tool_calls"] = .array(
                message.toolCalls.map { call in
                    let function: JSON = ["name": .string(call.name), "arguments": .string(call.arguments)]
                    return ["id": .string(call.id), "type": "function", "function": function]
                })
        }
        return .object(body)
    }
}
