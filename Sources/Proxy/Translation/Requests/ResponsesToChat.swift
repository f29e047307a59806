internal import JSON

/// Translates a request for a response into one for a chat completion. Pure.
enum ResponsesToChat {
    /// - Parameters:
    ///   - upstream: The form that the chat request is sent in, or translated to.
    ///   - names: Receives the tools whose names or kinds differ in the chat request.
    static func request(
        _ body: JSON, for upstream: ModelAPI, names: inout ToolNames
    ) throws(ProxyRefusal) -> JSON {
        try Self.refuseStored(body)
        let family = ModelFamily(body.text("model") ?? "")
        var chat: JSONObject = [:]
        chat.copy("model", from: body)
        try Self.addTools(body, to: &chat, names: &names)
        chat["messages"] = .array(try Self.messages(body))
        if let limit = body.value("max_output_tokens") { chat[MessagesToChat.limitName(family)] = limit }
        chat.copy("user", from: body)
        if !family.isOpenAIReasoning { chat.copy("temperature", "top_p", from: body) }
        if let effort = body["reasoning"]?.text("effort"), upstream == .messages || !family.refusesEffort {
            chat["reasoning_effort"] = .string(MessagesToChat.known(effort))
        }
        if let verbosity = body["text"]?.value("verbosity"), family.isOpenAIReasoning { chat["verbosity"] = verbosity }
        if let format = body["text"]?.value("format") { try Self.addFormat(format, to: &chat) }
        if body["stream"]?.boolValue == true {
            chat["stream"] = true
            chat["stream_options"] = ["include_usage": true]
        }
        return .object(chat)
    }

    /// What only a server that keeps responses can do.
    private static func refuseStored(_ body: JSON) throws(ProxyRefusal) {
        for key in ["previous_response_id", "conversation"] where body.value(key) != nil {
            throw .unsupported(
                key, "this model's upstream has no responses API and so keeps no earlier responses",
                "Send the whole conversation as input.")
        }
        if body["background"]?.boolValue == true {
            throw .unsupported(
                "background", "this model's upstream has no responses API and cannot answer later",
                "Omit it, and wait for the answer.")
        }
        if body.value("prompt") != nil {
            throw .unsupported(
                "prompt", "this model's upstream keeps no prompt templates", "Send the text as instructions and input.")
        }
    }

    private static func addFormat(_ format: JSON, to chat: inout JSONObject) throws(ProxyRefusal) {
        switch format.text("type") {
        case "text": break
        case "json_object": chat["response_format"] = ["type": "json_object"]
        case "json_schema":
            var schema: JSONObject = [:]
            schema.copy("name", "description", "schema", "strict", from: format)
            chat["response_format"] = ["type": "json_schema", "json_schema": .object(schema)]
        case let type: throw .unknown("a format", type, in: "text")
        }
    }
}

extension ResponsesToChat {
    private static func addTools(
        _ body: JSON, to chat: inout JSONObject, names: inout ToolNames
    ) throws(ProxyRefusal) {
        var tools: [JSON] = []
        for tool in body.list("tools") where !Self.isOptional(tool) {
            if tool.text("type") == "namespace" {
                for inner in tool.list("tools") {
                    tools.append(try Self.tool(inner, namespace: tool.text("name"), &names))
                }
            } else {
                tools.append(try Self.tool(tool, namespace: nil, &names))
            }
        }
        guard !tools.isEmpty else { return }
        if let choice = body.value("tool_choice") {
            switch choice {
            case .string: chat["tool_choice"] = choice
            default: chat["tool_choice"] = try Self.choice(choice, &tools)
            }
        }
        chat["tools"] = .array(tools)
        chat.copy("parallel_tool_calls", from: body)
    }

    /// Codex always offers these, and works without them: its other tools then need no search to be found.
    private static func isOptional(_ tool: JSON) -> Bool {
        guard let type = tool.text("type") else { return false }
        return type.hasPrefix("web_search") || type == "image_generation" || type == "tool_search"
    }

    private static func tool(
        _ tool: JSON, namespace: String?, _ names: inout ToolNames
    ) throws(ProxyRefusal) -> JSON {
        let type = tool.text("type") ?? ""
        guard type == "function" || type == "custom" else { throw .serverTool(type) }
        guard let name = tool.text("name") else { throw .malformed("tools[].name", "a string", found: tool["name"]) }
        let isCustom = type == "custom"
        var function: JSONObject = [:]
        function["name"] = .string(try names.add(.init(name: name, namespace: namespace, isCustom: isCustom)))
        if isCustom {
            function["description"] = .string(Self.customDescription(tool))
            function["parameters"] = Self.customSchema
        } else {
            function.copy("description", from: tool)
            function["parameters"] = ToolSchema.complete(tool.value("parameters"))
            function.copy("strict", from: tool)
        }
        return ["type": "function", "function": .object(function)]
    }

    /// A custom tool takes a text in a grammar, which a function's schema cannot express.
    private static func customDescription(_ tool: JSON) -> String {
        var texts = [tool.text("description")].compactMap { $0 }
        texts.append("Write the whole input of this tool, unchanged, into the member '\(ToolArguments.customKey)'.")
        if let grammar = tool["format"]?.text("definition") {
            texts.append("The input must match this \(tool["format"]?.text("syntax") ?? "") grammar:\n\(grammar)")
        }
        return texts.joined(separator: "\n\n")
    }

    private static let customSchema: JSON = [
        "type": "object", "properties": .object([ToolArguments.customKey: ["type": "string"]]),
        "required": [.string(ToolArguments.customKey)],
    ]

    private static func choice(_ choice: JSON, _ tools: inout [JSON]) throws(ProxyRefusal) -> JSON {
        switch choice.text("type") {
        case "function", "custom":
            let name = try ToolNames.chatName(choice.text("name") ?? "", in: choice.text("namespace"))
            return ["type": "function", "function": ["name": .string(name)]]
        case "allowed_tools":
            var names: [String] = []
            for tool in choice.list("tools") {
                names.append(try ToolNames.chatName(tool.text("name") ?? "", in: tool.text("namespace")))
            }
            ToolSchema.keep(names, of: &tools)
            return choice.value("mode") ?? "auto"
        case let type: throw .unknown("a choice", type, in: "tool_choice")
        }
    }
}

extension ResponsesToChat {
    static func messages(_ body: JSON) throws(ProxyRefusal) -> [JSON] {
        var transcript = ChatTranscript()
        if let instructions = body.value("instructions") {
            guard let text = instructions.stringValue else {
                throw .malformed("instructions", "a string", found: instructions)
            }
            transcript.system(text)
        }
        switch body.value("input") {
        case .string(let text)?: transcript.user(text)
        case .array(let items)?:
            for (index, item) in items.enumerated() { try Self.item(item, "input[\(index)]", into: &transcript) }
        case let value: throw .malformed("input", "a string or an array of items", found: value)
        }
        return transcript.finish()
    }

    private static func item(
        _ item: JSON, _ place: String, into transcript: inout ChatTranscript
    ) throws(ProxyRefusal) {
        switch item.text("type") {
        case "message": try Self.message(item, place, into: &transcript)
        case nil where item["role"] != nil: try Self.message(item, place, into: &transcript)
        case "function_call":
            let (id, name) = try Self.call(item, place)
            transcript.call(id: id, name: name, arguments: item["arguments"]?.stringValue ?? "")
        case "custom_tool_call":
            let (id, name) = try Self.call(item, place)
            let input = item["input"]?.stringValue ?? ""
            transcript.call(id: id, name: name, arguments: ToolArguments.wrapped(customInput: input))
        case "function_call_output", "custom_tool_call_output": try Self.output(item, place, into: &transcript)
        // Encrypted thoughts are valid only at the server that wrote them.
        case "reasoning": break
        // Left by another model, which had the tools that are left out here.
        case "web_search_call", "image_generation_call", "tool_search_call", "tool_search_output": break
        case let type: throw .unknown("an item", type, in: place)
        }
    }

    private static func call(_ item: JSON, _ place: String) throws(ProxyRefusal) -> (id: String, name: String) {
        guard let id = item.text("call_id"), let name = item.text("name") else {
            throw .malformed(place + ".call_id and .name", "strings", found: item["call_id"] ?? item["name"])
        }
        return (id, try ToolNames.chatName(name, in: item.text("namespace")))
    }

    private static func output(
        _ item: JSON, _ place: String, into transcript: inout ChatTranscript
    ) throws(ProxyRefusal) {
        guard let id = item.text("call_id") else {
            throw .malformed(place + ".call_id", "a string", found: item["call_id"])
        }
        var texts: [String] = []
        var others: [JSON] = []
        for part in try Self.parts(item.value("output") ?? "", place + ".output") {
            if let text = part["text"]?.stringValue { texts.append(text) } else { others.append(part) }
        }
        transcript.result(id: id, text: texts.joined(separator: "\n"), images: others)
    }

    private static func message(
        _ item: JSON, _ place: String, into transcript: inout ChatTranscript
    ) throws(ProxyRefusal) {
        let parts = try Self.parts(item.value("content"), place + ".content")
        let text = parts.compactMap { $0["text"]?.stringValue }
        switch item["role"]?.stringValue {
        case "user": transcript.user(parts)
        case "assistant": transcript.assistant(text.joined())
        // Only OpenAI's models know the role developer, and they treat both alike.
        case "system", "developer": transcript.system(text.joined(separator: "\n\n"))
        default: throw .malformed(place + ".role", "'user', 'assistant', 'system' or 'developer'", found: item["role"])
        }
    }

    /// The parts of a chat message for a content.
    private static func parts(_ content: JSON?, _ place: String) throws(ProxyRefusal) -> [JSON] {
        switch content {
        case .string(let text)?: return text.isEmpty ? [] : [ChatTranscript.part(text)]
        case .array(let values)?:
            var parts: [JSON] = []
            for value in values {
                if let part = try Self.part(value, place) { parts.append(part) }
            }
            return parts
        default: throw .malformed(place, "a string or an array of parts", found: content)
        }
    }

    private static func part(_ part: JSON, _ place: String) throws(ProxyRefusal) -> JSON? {
        switch part.text("type") {
        case "input_text", "output_text", "text": return part.text("text").map(ChatTranscript.part)
        case "refusal": return part.text("refusal").map(ChatTranscript.part)
        case "input_image":
            guard let url = part.value("image_url") else { throw .fileReference(in: place) }
            var image: JSONObject = ["url": url]
            image.copy("detail", from: part)
            return ["type": "image_url", "image_url": .object(image)]
        case "input_file":
            guard let data = part.value("file_data") else { throw .fileReference(in: place) }
            return ["type": "file", "file": ["filename": part.value("filename") ?? "document.pdf", "file_data": data]]
        case let type: throw .unknown("a part", type, in: place)
        }
    }
}
