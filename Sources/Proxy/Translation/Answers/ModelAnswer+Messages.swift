internal import JSON

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
            case "text": if let text = block.text("text") { self.pieces.append(.text(text)) }
            case "thinking": if let text = block.text("thinking") { self.pieces.append(.reasoning(text)) }
            case "tool_use":
                guard let name = block.text("name") else { continue }
                let number = self.pieces.count { $0.isCall }
                self.pieces.append(
                    .call(
                        id: block.text("id") ?? AnswerID.call(self.id, number), name: name,
                        arguments: block.value("input")?.text ?? "{}"))
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
