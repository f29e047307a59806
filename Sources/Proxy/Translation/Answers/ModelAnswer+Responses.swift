internal import JSON

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
        for item in output { self.take(item) }
        self.finish =
            status == "incomplete"
            ? AnswerFinish(incomplete: body["incomplete_details"]?["reason"]?.stringValue)
            : AnswerFinish.stop.adjusted(hasCalls: self.pieces.contains { $0.isCall })
    }

    private mutating func take(_ item: JSON) {
        switch item["type"]?.stringValue {
        case "message":
            for part in item.list("content") {
                if let text = part.text("text") { self.pieces.append(.text(text)) }
                if let text = part.text("refusal") { self.pieces.append(.refusal(text)) }
            }
        case "reasoning":
            let parts = item.list("summary").isEmpty ? item.list("content") : item.list("summary")
            let text = parts.compactMap { $0.text("text") }.joined(separator: "\n\n")
            if !text.isEmpty { self.pieces.append(.reasoning(text)) }
        case "function_call":
            guard let name = item.text("name") else { return }
            let number = self.pieces.count { $0.isCall }
            self.pieces.append(
                .call(
                    id: item.text("call_id") ?? item.text("id") ?? AnswerID.call(self.id, number), name: name,
                    arguments: Self.arguments(item["arguments"]?.stringValue ?? "")))
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
