internal import HTTP
internal import JSON

/// The endpoints' rule for calls in a conversation: each has one result, and in chat completions right behind it.
enum CopilotToolHistory {
    static func check(messages: [JSON]) throws(CopilotRefusal) {
        var open: Set<String> = []
        for message in messages {
            if message["role"]?.stringValue == "tool" {
                guard open.remove(message["tool_call_id"]?.stringValue ?? "") != nil else {
                    throw self.refusal(
                        "messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
                        "messages")
                }
                continue
            }
            try self.check(open)
            open = Set((message["tool_calls"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue })
        }
        try self.check(open)
    }

    private static func check(_ open: Set<String>) throws(CopilotRefusal) {
        guard open.isEmpty else {
            throw self.refusal(
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                    + "'tool_call_id' (insufficient tool messages following tool_calls message)", "messages")
        }
    }

    static func check(items: [JSON]) throws(CopilotRefusal) {
        func ids(_ type: String) -> Set<String> {
            Set(items.filter { $0["type"]?.stringValue == type }.compactMap { $0["call_id"]?.stringValue })
        }
        let calls = ids("function_call"), results = ids("function_call_output")
        if let id = calls.subtracting(results).min() {
            throw self.refusal("No tool output found for function call \(id).", "input")
        }
        if let id = results.subtracting(calls).min() {
            throw self.refusal("No tool call found for function call output with call_id \(id).", "input")
        }
    }

    private static func refusal(_ message: String, _ parameter: String) -> CopilotRefusal {
        .coded(400, "invalid_request_body", message, parameter: parameter)
    }
}
