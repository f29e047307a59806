internal import HTTP
internal import JSON
internal import Models

/// The contents of a chat request, whichever endpoint it came to.
struct CopilotChat: Sendable {
    let model: String
    /// The texts of all messages, including the instructions.
    let texts: [String]
    /// The user's last message.
    let question: String
    /// A tool's result, if that is the last message.
    let toolResult: String?
    let isStreamed: Bool
    /// The images in all messages.
    let images: Int
    let hasTools: Bool

    /// Reads the body of a request to `/chat/completions`.
    static func completions(_ body: JSON) throws(CopilotRefusal) -> CopilotChat {
        guard let messages = body["messages"]?.arrayValue, !messages.isEmpty else {
            throw .coded(400, "invalid_request_body", "messages: must not be empty", parameter: "messages")
        }
        for message in messages {
            guard let role = message["role"]?.stringValue,
                ["system", "developer", "user", "assistant", "tool", "function"].contains(role)
            else { throw .coded(400, "invalid_request_body", "messages: unknown role", parameter: "messages") }
            if role == "tool", message["tool_call_id"]?.stringValue == nil {
                throw .coded(400, "invalid_request_body", "messages: tool_call_id is missing", parameter: "messages")
            }
        }
        try CopilotToolHistory.check(messages: messages)
        let last = messages.last
        return try CopilotChat(
            body, texts: messages.map { Self.text($0["content"]) },
            question: messages.last { $0["role"]?.stringValue == "user" }.map { Self.text($0["content"]) },
            toolResult: last?["role"]?.stringValue == "tool" ? Self.text(last?["content"]) : nil,
            images: messages.reduce(0) { $0 + Self.images($1["content"]) })
    }

    /// Reads the body of a request to `/responses`.
    static func responses(_ body: JSON) throws(CopilotRefusal) -> CopilotChat {
        let items: [JSON]
        switch body["input"] {
        case .string(let text): items = [["type": "message", "role": "user", "content": .string(text)]]
        case .array(let array) where !array.isEmpty: items = array
        default: throw .coded(400, "invalid_request_body", "input: must not be empty", parameter: "input")
        }
        if body["previous_response_id"]?.stringValue != nil {
            throw .coded(400, "previous_response_not_found", "previous response not found")
        }
        try CopilotToolHistory.check(items: items)
        let last = items.last
        let isResult = last?["type"]?.stringValue == "function_call_output"
        return try CopilotChat(
            body, texts: [body["instructions"]?.stringValue ?? ""] + items.map { Self.text($0["content"]) },
            question: items.last { $0["role"]?.stringValue == "user" }.map { Self.text($0["content"]) },
            toolResult: isResult ? Self.text(last?["output"]) : nil,
            images: items.reduce(0) { $0 + Self.images($1["content"]) })
    }

    private init(
        _ body: JSON, texts: [String], question: String?, toolResult: String?, images: Int
    ) throws(CopilotRefusal) {
        guard let model = body["model"]?.stringValue, !model.isEmpty else {
            throw .coded(400, "model_not_supported", "The requested model is not supported.", parameter: "model")
        }
        self.model = model
        self.texts = texts
        self.question = question ?? ""
        self.toolResult = toolResult
        self.isStreamed = body["stream"]?.boolValue ?? false
        self.images = images
        self.hasTools = body["tools"]?.arrayValue?.isEmpty == false
    }

    /// The answer. After a tool's result it is plain text, so that a client's tool loop ends.
    func text(of behavior: ModelBehavior) -> String {
        if let toolResult = self.toolResult { return "The tool said: \(toolResult.prefix(200))" }
        return behavior.text(answering: self.question)
    }

    var promptTokens: Int {
        self.texts.reduce(TokenEstimator.perRequest) {
            $0 + TokenEstimator.perMessage + Int(TokenEstimator.weight(of: $1).rounded(.up))
        }
    }

    func usage(of behavior: ModelBehavior) -> JSON {
        let input = self.promptTokens
        let output = Int(TokenEstimator.weight(of: self.text(of: behavior)).rounded(.up))
        return [
            "prompt_tokens": JSON(input), "completion_tokens": JSON(output), "total_tokens": JSON(input + output),
            "prompt_tokens_details": ["cached_tokens": 0],
        ]
    }

    private static func text(_ content: JSON?) -> String {
        switch content {
        case .string(let text): text
        case .array(let parts): parts.compactMap { $0["text"]?.stringValue }.joined()
        default: ""
        }
    }

    private static func images(_ content: JSON?) -> Int {
        (content?.arrayValue ?? []).count {
            $0["type"]?.stringValue == "image_url" || $0["type"]?.stringValue == "input_image"
        }
    }
}
