internal import JSON

/// A whole answer of a model, independent of the form.
struct ModelAnswer: Sendable, Equatable {
    enum Piece: Sendable, Equatable {
        case reasoning(String)
        case text(String)
        /// Why the model refuses to answer.
        case refusal(String)
        case call(id: String, name: String, arguments: String)
    }

    var id = ""
    var model = ""
    /// Unix time in seconds; nil in a form without it.
    var created: Int?
    var pieces: [Piece] = []
    var finish = AnswerFinish.stop
    var usage: AnswerUsage?
    /// The number of calls in ``pieces``.
    private var calls = 0

    init() {}

    /// Reads a successful response of an upstream.
    init(_ body: JSON, from api: ModelAPI, _ context: AnswerContext) throws(AnswerFault) {
        switch api {
        case .chat: try self.init(chat: body, context)
        case .messages: try self.init(messages: body, context)
        case .responses: try self.init(responses: body, context)
        }
    }

    /// The response in the client's form.
    func document(for api: ModelAPI, _ context: AnswerContext) -> JSON {
        switch api {
        case .chat: self.chat(context)
        case .messages: self.messages(context)
        case .responses: self.response(context)
        }
    }

    /// Arguments as every form accepts them: a call without parameters may come with empty ones.
    static func arguments(_ text: String) -> String {
        text.utf8.allSatisfy { $0 <= 0x20 } ? "{}" : text
    }
}

extension ModelAnswer {
    /// Some upstreams split text and calls of one answer over several choices, so all choices count.
    init(chat body: JSON, _ context: AnswerContext) throws(AnswerFault) {
        guard let choices = body["choices"]?.arrayValue, !choices.isEmpty else { throw .notAnAnswer }
        self.init()
        self.id = context.id(body)
        self.model = body["model"]?.stringValue ?? ""
        self.created = body["created"]?.intValue
        self.usage = body.value("usage").map(AnswerUsage.init(chat:))
        for choice in choices {
            // The first reason that says more than stop counts.
            if self.finish == .stop { self.finish = AnswerFinish(chat: choice.text("finish_reason") ?? "stop") }
            try self.take(chat: choice["message"] ?? .null)
        }
        self.finish = self.finish.adjusted(hasCalls: self.calls > 0)
    }

    private mutating func take(chat message: JSON) throws(AnswerFault) {
        if let text = ChatDelta.reasoning(message) { try self.add(.reasoning(text)) }
        if let text = ChatDelta.text(message) { try self.add(.text(text)) }
        if let text = message.text("refusal") { try self.add(.refusal(text)) }
        for call in message.list("tool_calls") {
            let function = call["function"] ?? .null
            guard let name = function.text("name") else { continue }
            try self.addCall(call.text("id"), name, Self.arguments(ChatDelta.arguments(function)))
        }
    }

    private mutating func addCall(_ id: String?, _ name: String, _ arguments: String) throws(AnswerFault) {
        guard self.calls < ChatCalls.limit else { throw .tooManyCalls }
        try self.add(.call(id: id ?? AnswerID.call(self.id, self.calls), name: name, arguments: arguments))
        self.calls += 1
    }

    /// Each piece becomes an item of a response, which takes far more memory than a short text.
    private mutating func add(_ piece: Piece) throws(AnswerFault) {
        guard self.pieces.count < AnswerStream.itemLimit else { throw .tooManyItems }
        self.pieces.append(piece)
    }

    func chat(_ context: AnswerContext) -> JSON {
        var reasoning: [String] = []
        var texts: [String] = []
        var refusals: [String] = []
        var calls: [JSON] = []
        for piece in self.pieces {
            switch piece {
            case .reasoning(let text): reasoning.append(text)
            case .text(let text): texts.append(text)
            case .refusal(let text): refusals.append(text)
            case .call(let id, let name, let arguments):
                let function: JSON = ["name": .string(name), "arguments": .string(arguments)]
                calls.append(["id": .string(id), "type": "function", "function": function])
            }
        }
        var message: JSONObject = [
            "role": "assistant", "content": texts.isEmpty ? .null : .string(texts.joined()),
            "refusal": refusals.isEmpty ? .null : .string(refusals.joined()),
        ]
        if !reasoning.isEmpty { message["reasoning_content"] = .string(reasoning.joined(separator: "\n\n")) }
        if !calls.isEmpty { message["tool_calls"] = .array(calls) }
        let choice: JSON = [
            "index": 0, "message": .object(message), "logprobs": .null, "finish_reason": .string(self.finish.chat),
        ]
        return [
            "id": .string(AnswerID.chat(self.id)), "object": "chat.completion",
            "created": .integer(Int64(self.created ?? context.time)), "model": context.model(self.model),
            "choices": [choice], "usage": (self.usage ?? AnswerUsage()).chat,
        ]
    }
}

extension ModelAnswer {
    init(messages body: JSON, _ context: AnswerContext) throws(AnswerFault) {
        guard let content = body["content"]?.arrayValue, body["type"]?.stringValue != "error" else {
            throw .notAnAnswer
        }
        self.init()
        self.id = context.id(body)
        self.model = body["model"]?.stringValue ?? ""
        self.usage = body.value("usage").map(AnswerUsage.init(messages:))
        for block in content {
            switch block["type"]?.stringValue {
            case "text": if let text = block.text("text") { try self.add(.text(text)) }
            case "thinking": if let text = block.text("thinking") { try self.add(.reasoning(text)) }
            case "tool_use":
                guard let name = block.text("name") else { continue }
                try self.addCall(block.text("id"), name, block.value("input")?.text ?? "{}")
            // The rest, such as encrypted thinking, has no counterpart.
            default: break
            }
        }
        self.finish = AnswerFinish(
            messages: body.text("stop_reason") ?? "end_turn", sequence: body.text("stop_sequence"))
    }

    func messages(_ context: AnswerContext) -> JSON {
        var content: [JSON] = []
        for piece in self.pieces {
            switch piece {
            // Anthropic's signature, which no other model can give, is required when the client sends the block back.
            case .reasoning: break
            case .text(let text), .refusal(let text): content.append(["type": "text", "text": .string(text)])
            case .call(let id, let name, let arguments):
                content.append(
                    [
                        "type": "tool_use", "id": .string(id), "name": .string(context.tools.tool(called: name).name),
                        "input": ToolArguments.object(arguments),
                    ])
            }
        }
        var sequence: JSON = .null
        if case .stopSequence(let text?) = self.finish { sequence = .string(text) }
        return [
            "id": .string(AnswerID.message(self.id)), "type": "message", "role": "assistant",
            "model": context.model(self.model), "content": .array(content),
            "stop_reason": .string(self.finish.messages), "stop_sequence": sequence,
            "usage": (self.usage ?? AnswerUsage()).messages,
        ]
    }
}

extension ModelAnswer {
    init(responses body: JSON, _ context: AnswerContext) throws(AnswerFault) {
        let status = body["status"]?.stringValue
        if status == "failed" || status == "cancelled" { throw AnswerFault(body, status: nil) }
        guard let output = body["output"]?.arrayValue else { throw .notAnAnswer }
        self.init()
        self.id = context.id(body)
        self.model = body["model"]?.stringValue ?? ""
        self.created = body["created_at"]?.intValue
        self.usage = body.value("usage").map(AnswerUsage.init(responses:))
        for item in output { try self.take(item) }
        self.finish =
            status == "incomplete"
            ? AnswerFinish(incomplete: body["incomplete_details"]?["reason"]?.stringValue)
            : AnswerFinish.stop.adjusted(hasCalls: self.calls > 0)
    }

    private mutating func take(_ item: JSON) throws(AnswerFault) {
        switch item["type"]?.stringValue {
        case "message":
            for part in item.list("content") {
                if let text = part.text("text") { try self.add(.text(text)) }
                if let text = part.text("refusal") { try self.add(.refusal(text)) }
            }
        case "reasoning":
            let parts = item.list("summary").isEmpty ? item.list("content") : item.list("summary")
            let text = parts.compactMap { $0.text("text") }.joined(separator: "\n\n")
            if !text.isEmpty { try self.add(.reasoning(text)) }
        case "function_call":
            guard let name = item.text("name") else { return }
            let id = item.text("call_id") ?? item.text("id")
            try self.addCall(id, name, Self.arguments(item["arguments"]?.stringValue ?? ""))
        default: break
        }
    }

    func response(_ context: AnswerContext) -> JSON {
        var items: [JSON] = []
        for piece in self.pieces {
            var item = ResponseItem(piece, id: self.id, place: items.count, tools: context.tools)
            item.isIncomplete = self.finish.incompleteReason != nil && items.count + 1 == self.pieces.count
            items.append(item.whole)
        }
        return ResponseDocument(id: self.id, model: self.model, created: self.created, context)
            .finished(self.finish, output: items, usage: self.usage)
    }
}
