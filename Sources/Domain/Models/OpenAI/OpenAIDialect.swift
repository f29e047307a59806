internal import JSON

/// The parts of the format that an endpoint understands. Begins with all and drops what a refusal names. Pure.
package struct OpenAIDialect: Sendable, Equatable {
    /// The parameter that limits the answer.
    package enum LimitName: String, Sendable {
        case maxTokens = "max_tokens"
        case maxCompletionTokens = "max_completion_tokens"
        case none
    }

    /// `stream_options`, which asks for the token counts.
    var asksForUsage = true
    package private(set) var limitName: LimitName
    private var hasChangedLimitName = false
    /// Some chat templates have no system role; its text then opens the first message.
    var knowsSystemRole = true
    /// With the responses endpoint: `include`, which asks for what the model thought, encrypted.
    package private(set) var asksForReasoning = true
    /// With the responses endpoint: `reasoning.summary`, which asks for the thoughts in short.
    package private(set) var asksForSummary = true
    /// Sends back what the model thought. Another account cannot read it.
    package private(set) var sendsItems = true
    /// Every assistant message has `reasoning_content`: some models refuse to continue without, whoever answered.
    private var fillsReasoning = false
    /// `parallel_tool_calls`.
    package private(set) var asksForParallelCalls = true

    package init(host: String) {
        // OpenAI's newer models refuse the old name, and all its models accept the new one.
        self.limitName = host == "api.openai.com" ? .maxCompletionTokens : .maxTokens
    }

    package func body(_ request: ModelRequest, model: String) -> [UInt8] {
        let messages = self.adapted(request.messages)
        var body = JSONWriter()
        body.reserve(
            messages.reduce(1024) { $0 + $1.text.utf8.count + 64 }
                + request.tools.reduce(0) { $0 + $1.encoded.count + 64 })
        body.beginObject()
        body.key("model")
        body.write(model)
        body.key("messages")
        body.beginArray()
        for message in messages { self.write(message, to: &body) }
        body.endArray()
        body.key("stream")
        body.write(true)
        if self.asksForUsage {
            body.key("stream_options")
            body.write(["include_usage": true])
        }
        if let limit = request.outputLimit, self.limitName != .none {
            body.key(self.limitName.rawValue)
            body.write(JSON(limit))
        }
        if !request.tools.isEmpty {
            if request.callsInParallel, self.asksForParallelCalls {
                body.key("parallel_tool_calls")
                body.write(true)
            }
            body.key("tools")
            body.beginArray()
            for tool in request.tools { Self.write(tool, to: &body) }
            body.endArray()
        }
        body.endObject()
        return body.output
    }

    /// Drops the parameter that a refusal (400 or 422) names; false when it names none of these.
    mutating func adapt(to refusal: String) -> Bool {
        let words = refusal.lowercased()
        if self.asksForUsage, words.contains("stream_options") || words.contains("include_usage") {
            self.asksForUsage = false
            return true
        }
        if words.contains("max_tokens") || words.contains("max_completion_tokens") {
            guard self.limitName != .none else { return false }
            let other: LimitName = self.limitName == .maxTokens ? .maxCompletionTokens : .maxTokens
            // A refusal that names the other parameter recommends it; when that is refused too, send neither.
            self.limitName = words.contains(other.rawValue) && !self.hasChangedLimitName ? other : .none
            self.hasChangedLimitName = true
            return true
        }
        if self.adaptReasoning(to: words) { return true }
        if self.asksForParallelCalls, words.contains("parallel_tool_calls") {
            self.asksForParallelCalls = false
            return true
        }
        if self.knowsSystemRole, words.contains("system"), words.contains("role") {
            self.knowsSystemRole = false
            return true
        }
        return false
    }

    private mutating func adaptReasoning(to words: String) -> Bool {
        if self.sendsItems, words.contains("invalid_encrypted_content") || words.contains("could not be decrypted") {
            self.sendsItems = false
            return true
        }
        if self.asksForReasoning,
            words.contains("encrypted content is not supported") || words.contains("reasoning.encrypted_content")
        {
            self.asksForReasoning = false
            self.sendsItems = false
            return true
        }
        if self.asksForSummary,
            words.contains("reasoning.summary") || words.contains("reasoning summar")
                || words.contains("parameter: 'reasoning'") || words.contains("reasoning is not supported")
        {
            self.asksForSummary = false
            return true
        }
        guard words.contains("reasoning_content") else { return false }
        if words.contains("missing") || words.contains("passed back") || words.contains("required") {
            guard !self.fillsReasoning else { return false }
            self.fillsReasoning = true
            return true
        }
        guard self.sendsItems else { return false }
        self.sendsItems = false
        return true
    }

    /// The messages as the endpoint takes them.
    private func adapted(_ messages: [ModelMessage]) -> [ModelMessage] {
        if self.knowsSystemRole { return messages }
        let system = messages.filter { $0.role == .system }.map(\.text)
        let others = messages.filter { $0.role != .system }
        let opening = ModelMessage(.user, system.joined(separator: "\n\n"))
        return [others.first.map { opening.joined(with: $0) } ?? opening] + others.dropFirst()
    }

    private static func write(_ tool: ModelTool, to body: inout JSONWriter) {
        body.beginObject()
        body.key("type")
        body.write("function")
        body.key("function")
        body.write(encoded: tool.encoded)
        body.endObject()
    }

    private func write(_ message: ModelMessage, to body: inout JSONWriter) {
        let fillsReasoning = self.fillsReasoning && message.role == .assistant
        guard message.images.isEmpty, message.items.isEmpty, message.toolCalls.isEmpty, message.toolCallID == nil,
            !fillsReasoning
        else { return body.write(self.message(message)) }
        // Nearly all messages of a long conversation; written without a tree.
        body.beginObject()
        body.key("role")
        body.write(message.role.rawValue)
        body.key("content")
        body.write(message.text)
        body.endObject()
    }

    private func message(_ message: ModelMessage) -> JSON {
        var body: JSONObject = ["role": .string(message.role.rawValue), "content": Self.content(message)]
        if let id = message.toolCallID { body["tool_call_id"] = .string(id) }
        let items = self.sendsItems ? message.items : []
        if !message.toolCalls.isEmpty {
            body["tool_calls"] = .array(
                message.toolCalls.map { call in
                    let fields = ChatFields.call(call.id, in: items)
                    var function: JSONObject = ["name": .string(call.name), "arguments": .string(call.arguments)]
                    function.merge(fields.function)
                    var form: JSONObject = ["id": .string(call.id), "type": "function", "function": .object(function)]
                    form.merge(fields.call)
                    return .object(form)
                })
        }
        body.merge(ChatFields.message(in: items))
        // An empty one does not count everywhere.
        if self.fillsReasoning, message.role == .assistant, (body["reasoning_content"]?.stringValue ?? "").isEmpty {
            body["reasoning_content"] = " "
        }
        return .object(body)
    }

    private static func content(_ message: ModelMessage) -> JSON {
        guard !message.images.isEmpty else { return .string(message.text) }
        let text: [JSON] = message.text.isEmpty ? [] : [["type": "text", "text": .string(message.text)]]
        return .array(
            text + message.images.map { ["type": "image_url", "image_url": ["url": .string($0.dataURL)]] })
    }
}
