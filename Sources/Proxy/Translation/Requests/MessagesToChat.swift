internal import JSON

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
        if let user = body["metadata"]?.text("user_id") { chat["user"] = .string(String(user.prefix(64))) }
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
            var function: JSONObject = ["name": .string(names.add(.init(name: name)))]
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
            let name = ToolNames.chatName(choice.text("name") ?? "")
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
