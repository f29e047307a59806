internal import JSON

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
            self.take(chat: choice["message"] ?? .null)
        }
        self.finish = self.finish.adjusted(hasCalls: self.pieces.contains { $0.isCall })
    }

    private mutating func take(chat message: JSON) {
        if let text = ChatDelta.reasoning(message) { self.pieces.append(.reasoning(text)) }
        if let text = ChatDelta.text(message) { self.pieces.append(.text(text)) }
        if let text = message.text("refusal") { self.pieces.append(.refusal(text)) }
        for call in message.list("tool_calls") {
            let function = call["function"] ?? .null
            guard let name = function.text("name") else { continue }
            let number = self.pieces.count { $0.isCall }
            self.pieces.append(
                .call(
                    id: call.text("id") ?? AnswerID.call(self.id, number), name: name,
                    arguments: Self.arguments(ChatDelta.arguments(function))))
        }
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
