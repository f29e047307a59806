internal import JSON

/// An upstream's error, independent of the form.
struct AnswerFault: Error, Sendable, Equatable {
    var message: String
    var type: String?
    var code: String?
    /// Of the HTTP response; nil in the middle of a stream.
    var status: Int?

    init(_ message: String, type: String? = nil, code: String? = nil, status: Int? = nil) {
        self.message = message
        self.type = type
        self.code = code
        self.status = status
    }

    /// Reads `{"error": {…}}`, `{"error": "text"}`, `{"message", "code"}`, `{"detail"}`, or plain text.
    ///
    /// - Parameter body: nil if it is not JSON.
    init(_ body: JSON?, status: Int?) {
        let body = body ?? .null
        let error = body.value("error") ?? body
        let message =
            error.stringValue ?? error.text("message") ?? body.text("message") ?? body.text("detail")
            ?? status.map { "The upstream answered with status \($0) and without a message. Try again later." }
            ?? "The upstream reported an error without a message. Try again later."
        // At the top level, Anthropic's `type` is always `error`.
        let type = error.text("type") ?? body.text("type")
        self.init(
            message, type: type == "error" ? nil : type, code: error.text("code") ?? body.text("code"), status: status)
        if self.code == nil, let number = error["code"]?.intValue { self.code = String(number) }
    }

    /// The type of the proxy's own faults.
    private static let ownType = "upstream_error"

    /// The stream ended before its own end marker.
    static let unfinished = AnswerFault(
        "The upstream ended the stream before the answer was complete. Try again.", type: AnswerFault.ownType,
        code: "upstream_incomplete")

    static let malformed = AnswerFault(
        "The upstream sent an event that is not valid JSON, so the answer is incomplete. Try again.",
        type: AnswerFault.ownType, code: "upstream_malformed")

    static func tooLong(_ what: String) -> AnswerFault {
        AnswerFault(
            "The upstream sent \(what), so the answer is incomplete. Ask for a shorter answer.",
            type: AnswerFault.ownType, code: "upstream_too_long")
    }

    static let tooManyCalls = AnswerFault.tooLong("more than \(ChatCalls.limit) tool calls")

    static let tooManyItems = AnswerFault.tooLong("more than \(AnswerStream.itemLimit) items")

    static let notAnAnswer = AnswerFault(
        "The upstream's response is not an answer of its API. Check proxy.upstream and the model.",
        type: AnswerFault.ownType, code: "upstream_malformed")
}

extension AnswerFault {
    /// For the log, which must not contain what a message may quote from the request.
    var reason: String { String((self.code ?? self.type ?? Self.ownType).prefix(60)) }

    func document(for api: ModelAPI) -> JSON { api == .messages ? self.messages : self.openAI }

    /// The form of chat completions and responses.
    var openAI: JSON {
        [
            "error": [
                "message": .string(self.message), "type": .string(self.type ?? self.openAIType), "param": .null,
                "code": self.code.map(JSON.string) ?? .null,
            ]
        ]
    }

    /// https://docs.anthropic.com/en/api/errors
    var messages: JSON {
        var error: JSONObject = [
            "type": .string(self.anthropicType), "message": .string(self.anthropicMessage),
        ]
        if let code = self.code { error["code"] = .string(code) }
        return ["type": "error", "error": .object(error)]
    }

    /// The `error` of a failed response, whose codes are a fixed list.
    var response: JSON {
        let code = self.type == Self.ownType ? nil : self.code
        return ["code": .string(code ?? "server_error"), "message": .string(self.message)]
    }

    private var openAIType: String {
        switch self.status {
        case 429?: "rate_limit_error"
        case let status? where (400..<500).contains(status): "invalid_request_error"
        default: Self.ownType
        }
    }

    private static let anthropicTypes: Set<String> = [
        "invalid_request_error", "authentication_error", "billing_error", "permission_error", "not_found_error",
        "request_too_large", "rate_limit_error", "timeout_error", "api_error", "overloaded_error",
    ]

    private var anthropicType: String {
        // OpenAI uses one of these types for almost everything, so the status decides first.
        switch self.status {
        case 401?: "authentication_error"
        case 402?: "billing_error"
        case 403?: "permission_error"
        case 404?: "not_found_error"
        case 413?: "request_too_large"
        case 429?: "rate_limit_error"
        case 408?, 504?: "timeout_error"
        case 503?, 529?: "overloaded_error"
        default: self.anthropicTypeByName
        }
    }

    private var anthropicTypeByName: String {
        if let type = self.type, Self.anthropicTypes.contains(type) { return type }
        if self.code?.hasPrefix("rate_limit") == true { return "rate_limit_error" }
        return self.status.map { (400..<500).contains($0) } == true ? "invalid_request_error" : "api_error"
    }

    /// Claude Code shortens a conversation when an error says so in Anthropic's words.
    private var anthropicMessage: String {
        let isTooLong = ["context_length_exceeded", "model_max_prompt_tokens_exceeded"].contains { $0 == self.code }
        return isTooLong ? "prompt is too long: \(self.message)" : self.message
    }
}
