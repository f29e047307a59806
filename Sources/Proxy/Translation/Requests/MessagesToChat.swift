internal import JSON
internal import Primitives

/// Translates a request for a message into one for a chat completion. Pure.
///
/// What only tunes Anthropic's own servers is dropped: `cache_control`, `top_k`, `service_tier`, `context_management`
/// and the like.
enum MessagesToChat {
    /// - Parameter names: Receives the tools whose names differ in the chat request.
    static func request(_ body: JSON, names: inout ToolNames) throws(ProxyRefusal) -> JSON {
        let family = ModelFamily(body.text("model") ?? "")
        var chat: JSONObject = [:]
        chat.copy("model", from: body)
        chat["messages"] = .array(try Self.messages(body))
        if let limit = body.value("max_tokens") { chat[Self.limitName(family)] = limit }
        // Claude Code always sends a temperature.
        if !family.isOpenAIReasoning { chat.copy("temperature", "top_p", from: body) }
        if !body.list("stop_sequences").isEmpty { chat["stop"] = body["stop_sequences"] }
        try Self.addTools(body, to: &chat, names: &names)
        // Claude Code asks every model to think, so only models that are known to accept an effort get one.
        if family.isOpenAIReasoning, let effort = Self.effort(body) { chat["reasoning_effort"] = .string(effort) }
        if let format = Self.format(body) { chat["response_format"] = format }
        // OpenAI refuses longer ones; Claude Code's contain account and session after the user.
        if let user = body["metadata"]?.text("user_id") { chat["user"] = .string(user.beginning(bytes: 64)) }
        if body["stream"]?.boolValue == true {
            chat["stream"] = true
            chat["stream_options"] = ["include_usage": true]
        }
        return .object(chat)
    }

    static func limitName(_ family: ModelFamily) -> String {
        family.isOpenAIReasoning ? "max_completion_tokens" : "max_tokens"
    }

    private static func addTools(
        _ body: JSON, to chat: inout JSONObject, names: inout ToolNames
    ) throws(ProxyRefusal) {
        if !body.list("mcp_servers").isEmpty {
            throw .unsupported(
                "mcp_servers", "this model's upstream does not connect to MCP servers", "Connect to them yourself.")
        }
        var tools: [JSON] = []
        for tool in body.list("tools") {
            if let type = tool.text("type"), type != "custom" { throw .serverTool(type) }
            guard let name = tool.text("name") else {
                throw .malformed("tools[].name", "a string", found: tool["name"])
            }
            var function: JSONObject = ["name": .string(try names.add(.init(name: name)))]
            function.copy("description", from: tool)
            let schema = ToolSchema.complete(tool.value("input_schema"))
            function["parameters"] = schema
            if ToolSchema.canBeStrict(schema) { function.copy("strict", from: tool) }
            tools.append(["type": "function", "function": .object(function)])
        }
        // OpenAI refuses these two without tools.
        guard !tools.isEmpty else { return }
        chat["tools"] = .array(tools)
        guard let choice = body.value("tool_choice") else { return }
        if choice["disable_parallel_tool_use"]?.boolValue == true { chat["parallel_tool_calls"] = false }
        switch choice.text("type") {
        case "auto": chat["tool_choice"] = "auto"
        case "any": chat["tool_choice"] = "required"
        case "none": chat["tool_choice"] = "none"
        case "tool":
            let name = try ToolNames.chatName(choice.text("name") ?? "")
            chat["tool_choice"] = ["type": "function", "function": ["name": .string(name)]]
        case let type: throw .unknown("a choice", type, in: "tool_choice")
        }
    }

    /// `reasoning_effort`. Older models think by a budget of tokens, newer ones by an effort.
    private static func effort(_ body: JSON) -> String? {
        let effort = body["output_config"]?.text("effort")
        switch body["thinking"]?.text("type") {
        case "disabled": return nil
        case "enabled":
            guard let budget = body["thinking"]?["budget_tokens"]?.intValue else { return effort.map(Self.known) }
            return budget < 4_000 ? "low" : budget < 16_000 ? "medium" : "high"
        default: return effort.map(Self.known)
        }
    }

    /// Few models know an effort above `high`.
    static func known(_ effort: String) -> String { effort == "xhigh" || effort == "max" ? "high" : effort }

    private static func format(_ body: JSON) -> JSON? {
        guard let format = body["output_config"]?.value("format") ?? body.value("output_format"),
            format.text("type") == "json_schema", let schema = format.value("schema")
        else { return nil }
        let isStrict = ToolSchema.canBeStrict(schema)
        return [
            "type": "json_schema", "json_schema": ["name": "response", "schema": schema, "strict": .bool(isStrict)],
        ]
    }
}

extension MessagesToChat {
    static func messages(_ body: JSON) throws(ProxyRefusal) -> [JSON] {
        guard let messages = body["messages"]?.arrayValue else {
            throw .malformed("messages", "an array", found: body["messages"])
        }
        var transcript = ChatTranscript()
        transcript.system(try Self.system(body.value("system"), "system"))
        for (index, message) in messages.enumerated() {
            let place = "messages[\(index)]"
            switch message["role"]?.stringValue {
            case "user": try Self.user(message, place, into: &transcript)
            case "assistant": try Self.assistant(message, place, into: &transcript)
            case "system": transcript.system(try Self.system(message.value("content"), place + ".content"))
            default: throw .malformed(place + ".role", "'user', 'assistant' or 'system'", found: message["role"])
            }
        }
        return transcript.finish()
    }

    private static func system(_ value: JSON?, _ place: String) throws(ProxyRefusal) -> String {
        var texts: [String] = []
        for block in try Self.blocks(value, place, isOptional: true) {
            guard let text = block["text"]?.stringValue else {
                throw .unknown("a block", block.text("type"), in: place)
            }
            // Claude Code's accounting for Anthropic. It changes with each request, so that no cache would match.
            if !text.isEmpty, !text.hasPrefix("x-anthropic-billing-header:") { texts.append(text) }
        }
        return texts.joined(separator: "\n\n")
    }

    /// The blocks of a content; a text is one block.
    private static func blocks(
        _ value: JSON?, _ place: String, isOptional: Bool = false
    ) throws(ProxyRefusal) -> [JSON] {
        switch value {
        case nil where isOptional: return []
        case .string(let text)?: return [["type": "text", "text": .string(text)]]
        case .array(let blocks)?: return blocks
        default: throw .malformed(place, "a string or an array of blocks", found: value)
        }
    }

    private static func user(
        _ message: JSON, _ place: String, into transcript: inout ChatTranscript
    ) throws(ProxyRefusal) {
        var parts: [JSON] = []
        for block in try Self.blocks(message.value("content"), place + ".content") {
            if block["type"]?.stringValue == "tool_result" {
                try Self.result(block, place, into: &transcript)
            } else {
                parts += try Self.parts(block, place)
            }
        }
        transcript.user(parts)
    }

    private static func result(
        _ block: JSON, _ place: String, into transcript: inout ChatTranscript
    ) throws(ProxyRefusal) {
        guard let id = block.text("tool_use_id") else {
            throw .malformed(place + ".content[].tool_use_id", "a string", found: block["tool_use_id"])
        }
        var texts: [String] = []
        var others: [JSON] = []
        for inner in try Self.blocks(block.value("content"), place + ".content[].content", isOptional: true) {
            if let tool = inner.text("tool_name"), inner.text("type") == "tool_reference" {
                texts.append(tool)
                continue
            }
            for part in try Self.parts(inner, place) {
                if let text = part["text"]?.stringValue { texts.append(text) } else { others.append(part) }
            }
        }
        let hasFailed = block["is_error"]?.boolValue == true && texts.isEmpty
        transcript.result(
            id: id, text: hasFailed ? "The tool failed." : texts.joined(separator: "\n"), images: others)
    }

    private static func assistant(
        _ message: JSON, _ place: String, into transcript: inout ChatTranscript
    ) throws(ProxyRefusal) {
        for block in try Self.blocks(message.value("content"), place + ".content") {
            switch block["type"]?.stringValue {
            case "text": transcript.assistant(block["text"]?.stringValue ?? "")
            case "tool_use":
                guard let id = block.text("id"), let name = block.text("name") else {
                    throw .malformed(place + ".content[].id and .name", "strings", found: block["id"])
                }
                transcript.call(
                    id: id, name: try ToolNames.chatName(name), arguments: block.value("input")?.text ?? "{}")
            // Thoughts are valid only for the model that signed them.
            case "thinking", "redacted_thinking": break
            case let type: throw .unknown("a block", type, in: place)
            }
        }
    }

    /// The parts of a chat message for a block that is not a tool's.
    private static func parts(_ block: JSON, _ place: String) throws(ProxyRefusal) -> [JSON] {
        switch block["type"]?.stringValue {
        case "text":
            let text = block["text"]?.stringValue ?? ""
            return text.isEmpty ? [] : [ChatTranscript.part(text)]
        case "image": return [try MediaParts.chatImage(block, place)]
        case "document": return try Self.document(block, place)
        case "search_result":
            let texts = block.list("content").compactMap { $0.text("text") }
            let heading = [block.text("title"), block.text("source")].compactMap { $0 }
            return [ChatTranscript.part((heading + texts).joined(separator: "\n"))]
        case let type: throw .unknown("a block", type, in: place)
        }
    }

    private static func document(_ block: JSON, _ place: String) throws(ProxyRefusal) -> [JSON] {
        let source = block["source"] ?? .null
        let title = block.text("title").map { [ChatTranscript.part($0)] } ?? []
        switch source.text("type") {
        case "text": return title + [ChatTranscript.part(source["data"]?.stringValue ?? "")]
        case "content":
            var parts = title
            for inner in try Self.blocks(source.value("content"), place) { parts += try Self.parts(inner, place) }
            return parts
        case "base64": return [MediaParts.chatDocument(source, title: block.text("title"))]
        default: throw .fileReference(in: place)
        }
    }
}
