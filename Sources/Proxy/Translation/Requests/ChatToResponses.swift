internal import JSON

/// Translates a request for a chat completion into one for a response. Pure.
enum ChatToResponses {
    static func request(_ body: JSON) throws(ProxyRefusal) -> JSON {
        try ChatRequest.refuseUnsupported(body)
        if !ChatRequest.stops(body).isEmpty {
            throw .unsupported(
                "stop sequences", "this model has only the responses API, which lacks them",
                "Omit them, or use another model.")
        }
        // Nothing is stored: the client sends the whole conversation each time.
        var request: JSONObject = ["store": false]
        let family = ModelFamily(body.text("model") ?? "")
        request.copy("model", "user", from: body)
        if !family.isOpenAIReasoning { request.copy("temperature", "top_p", from: body) }
        try Self.addInput(body, to: &request)
        if let limit = ChatRequest.limit(body) {
            // The API refuses a lower one.
            request["max_output_tokens"] = limit.intValue.map { .integer(Int64(max(16, $0))) } ?? limit
        }
        try Self.addTools(body, to: &request)
        if let effort = body.value("reasoning_effort"), !family.refusesEffort {
            request["reasoning"] = ["effort": effort]
        }
        var text: JSONObject = [:]
        text.copy("verbosity", from: body)
        if let format = body.value("response_format") { text["format"] = Self.format(format) }
        if !text.isEmpty { request["text"] = .object(text) }
        if body["stream"]?.boolValue == true { request["stream"] = true }
        return .object(request)
    }

    private static func addTools(_ body: JSON, to request: inout JSONObject) throws(ProxyRefusal) {
        var chatTools = try ChatRequest.tools(body)
        guard !chatTools.isEmpty else { return }
        if let choice = try ChatRequest.choice(body, &chatTools) {
            request["tool_choice"] =
                choice.stringValue == nil ? ["type": "function", "name": choice["function"]?["name"] ?? .null] : choice
        }
        request["tools"] = .array(
            chatTools.map { tool in
                let function = tool["function"] ?? .null
                var flat: JSONObject = ["type": "function"]
                flat.copy("name", "description", from: function)
                flat["parameters"] = ToolSchema.complete(function.value("parameters"))
                // Chat completions are not strict by default, responses are.
                flat["strict"] = function.value("strict") ?? false
                return .object(flat)
            })
        request.copy("parallel_tool_calls", from: body)
    }

    private static func format(_ format: JSON) -> JSON {
        guard format.text("type") == "json_schema", case .object(let schema)? = format.value("json_schema") else {
            return format
        }
        var flat: JSONObject = ["type": "json_schema"]
        flat.merge(schema)
        return .object(flat)
    }
}

extension ChatToResponses {
    private static func addInput(_ body: JSON, to request: inout JSONObject) throws(ProxyRefusal) {
        let messages = try ChatRequest.messages(body)
        let leading = messages.prefix { ChatRequest.isSystem($0) }
        var instructions: [String] = []
        for (index, message) in leading.enumerated() {
            instructions.append(try ChatRequest.text(message, "messages[\(index)]"))
        }
        if !instructions.isEmpty { request["instructions"] = .string(instructions.joined(separator: "\n\n")) }
        var input: [JSON] = []
        for (index, message) in messages.enumerated().dropFirst(leading.count) {
            input += try Self.items(message, "messages[\(index)]")
        }
        // The API refuses a request without input.
        if input.isEmpty { input = [Self.message("user", [["type": "input_text", "text": ""]])] }
        request["input"] = .array(input)
    }

    private static func message(_ role: String, _ content: [JSON]) -> JSON {
        ["type": "message", "role": .string(role), "content": .array(content)]
    }

    private static func items(_ message: JSON, _ place: String) throws(ProxyRefusal) -> [JSON] {
        switch message["role"]?.stringValue {
        case "system", "developer":
            let text = try ChatRequest.text(message, place)
            return [Self.message("system", [["type": "input_text", "text": .string(text)]])]
        case "user":
            let parts = try Self.parts(message, place)
            return parts.isEmpty ? [] : [Self.message("user", parts)]
        case "assistant":
            var items: [JSON] = []
            let text = try ChatRequest.text(message, place)
            if !text.isEmpty {
                // As a string: some servers accept parts of an answer only with the ids that they gave them.
                items.append(["type": "message", "role": "assistant", "content": .string(text)])
            }
            for call in try ChatRequest.calls(message, place) {
                items.append(
                    [
                        "type": "function_call", "call_id": .string(call.id), "name": .string(call.name),
                        "arguments": .string(call.arguments),
                    ])
            }
            return items
        default:  // Roles are checked with the messages.
            let parts = try Self.parts(message, place)
            let hasOnlyText = parts.allSatisfy { $0["type"] == "input_text" }
            let text = parts.compactMap { $0["text"]?.stringValue }.joined(separator: "\n")
            return [
                [
                    "type": "function_call_output", "call_id": .string(try ChatRequest.callID(message, place)),
                    "output": hasOnlyText ? .string(text) : .array(parts),
                ]
            ]
        }
    }

    private static func parts(_ message: JSON, _ place: String) throws(ProxyRefusal) -> [JSON] {
        var parts: [JSON] = []
        for part in try ChatRequest.parts(message, place) {
            switch part.text("type") {
            case "text": parts.append(["type": "input_text", "text": part["text"] ?? ""])
            case "image_url":
                guard let url = part["image_url"]?.value("url") ?? part.value("image_url") else {
                    throw .malformed(place + ".image_url.url", "a string", found: part["image_url"])
                }
                let detail = part["image_url"]?.value("detail") ?? "auto"
                parts.append(["type": "input_image", "image_url": url, "detail": detail])
            case "file":
                var file: JSONObject = ["type": "input_file"]
                // Ids are valid here: both APIs share the provider's files.
                file.copy("file_data", "file_id", "filename", from: part["file"] ?? .null)
                parts.append(.object(file))
            case let type: throw .unknown("a part", type, in: place)
            }
        }
        return parts
    }
}
