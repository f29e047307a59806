internal import JSON

/// The response object that events and whole answers of the responses API contain. Pure.
struct ResponseDocument: Sendable {
    private var base: JSONObject

    init(id: String, model: String, created: Int?, _ context: AnswerContext) {
        self.base = [
            "id": .string(AnswerID.response(id)), "object": "response",
            "created_at": .integer(Int64(created ?? context.time)), "status": "in_progress", "background": false,
            "error": .null, "incomplete_details": .null, "instructions": .null, "max_output_tokens": .null,
            "model": context.model(model), "output": [], "parallel_tool_calls": true, "previous_response_id": .null,
            "reasoning": ["effort": .null, "summary": .null], "store": false, "temperature": .null,
            "text": ["format": ["type": "text"]], "tool_choice": "auto", "tools": [], "top_p": .null,
            "truncation": "disabled", "usage": .null, "user": .null, "metadata": [:],
        ]
        self.base.merge(context.echo)
    }

    /// The members of a request that its response repeats.
    static func echo(of request: JSON) -> JSONObject {
        var echo: JSONObject = [:]
        echo.copy(
            "instructions", "max_output_tokens", "parallel_tool_calls", "reasoning", "temperature", "text",
            "tool_choice", "tools", "top_p", "user", "metadata", from: request)
        return echo
    }

    var inProgress: JSON { .object(self.base) }

    func finished(_ finish: AnswerFinish, output: [JSON], usage: AnswerUsage?) -> JSON {
        var document = self.base
        document["status"] = finish.incompleteReason == nil ? "completed" : "incomplete"
        if let reason = finish.incompleteReason { document["incomplete_details"] = ["reason": .string(reason)] }
        document["output"] = .array(output)
        document["usage"] = (usage ?? AnswerUsage()).responses
        return .object(document)
    }

    func failed(_ fault: AnswerFault, output: [JSON]) -> JSON {
        var document = self.base
        document["status"] = "failed"
        document["error"] = fault.response
        document["output"] = .array(output)
        return .object(document)
    }
}
