internal import JSON

/// Translates a request for a chat completion into one for a message. Pure.
///
/// Drops the same settings as Anthropic's own compatibility layer, such as `seed`, `logprobs`, `logit_bias` and the
/// penalties.
enum ChatToMessages {
    /// Anthropic requires a limit, chat completions do not.
    private static let defaultLimit = 8_192

    static func request(_ body: JSON) throws(ProxyRefusal) -> JSON {
        try ChatRequest.refuseUnsupported(body)
        let family = ModelFamily(body.text("model") ?? "")
        var request: JSONObject = [:]
        request.copy("model", from: body)
        let messages = try ChatRequest.messages(body)
        let system = try Self.system(messages, format: body.value("response_format"))
        if !system.isEmpty { request["system"] = .string(system) }
        request["messages"] = .array(try Self.messages(messages))
        request["max_tokens"] = ChatRequest.limit(body) ?? .integer(Int64(Self.defaultLimit))
        let stops = ChatRequest.stops(body).filter { $0.stringValue?.allSatisfy(\.isWhitespace) == false }
        if !stops.isEmpty { request["stop_sequences"] = .array(stops) }
        try Self.addTools(body, messages, to: &request)
        if let schema = body["response_format"]?["json_schema"]?.value("schema") {
            request["output_config"] = ["format": ["type": "json_schema", "schema": schema]]
        }
        if let user = body.text("safety_identifier") ?? body.text("user") {
            request["metadata"] = ["user_id": .string(user)]
        }
        let thinks = Self.addThinking(body, messages, family, to: &request)
        if !thinks, family.acceptsSampling { Self.addSampling(body, to: &request) }
        if body["stream"]?.boolValue == true { request["stream"] = true }
        return .object(request)
    }

    private static func addSampling(_ body: JSON, to request: inout JSONObject) {
        if let temperature = body.value("temperature") {
            // OpenAI's range ends at 2, Anthropic's at 1. Newer models refuse both settings together.
            request["temperature"] = (temperature.doubleValue ?? 0) > 1 ? 1 : temperature
        } else {
            request.copy("top_p", from: body)
        }
    }

    /// Returns whether the model will think, which excludes other settings.
    private static func addThinking(
        _ body: JSON, _ messages: [JSON], _ family: ModelFamily, to request: inout JSONObject
    ) -> Bool {
        guard let effort = body.text("reasoning_effort"), effort != "none" else { return false }
        // After the results of calls, Anthropic demands the thoughts that preceded the calls, which the client lacks,
        // and it refuses thoughts in an answer that has begun.
        let latest = messages.filter { !ChatRequest.isSystem($0) }.reversed().prefix { $0["role"] != "assistant" }
        if latest.isEmpty || latest.contains(where: { $0["role"] == "tool" }) { return false }
        // Anthropic refuses thinking with a forced call.
        if let choice = request["tool_choice"]?.text("type"), choice == "any" || choice == "tool" { return false }
        let wanted =
            switch effort {
            case "minimal", "low": 2_048
            case "medium": 8_192
            default: 16_384
            }
        // The limit includes the thoughts; the default one is for the answer.
        let given = ChatRequest.limit(body)?.intValue
        let limit = given ?? wanted + Self.defaultLimit
        if family.thinksAdaptively {
            var config = request["output_config"]?.objectValue ?? [:]
            config["effort"] = .string(effort == "minimal" ? "low" : effort)
            request["output_config"] = .object(config)
            request["max_tokens"] = .integer(Int64(limit))
            request["thinking"] = ["type": "adaptive"]
            return true
        }
        let budget = given.map { min(wanted, $0 / 2) } ?? wanted
        guard budget >= 1_024 else { return false }
        request["max_tokens"] = .integer(Int64(limit))
        request["thinking"] = ["type": "enabled", "budget_tokens": .integer(Int64(budget))]
        return true
    }
}

extension ChatToMessages {
    private static func addTools(
        _ body: JSON, _ messages: [JSON], to request: inout JSONObject
    ) throws(ProxyRefusal) {
        var chatTools = try ChatRequest.tools(body)
        guard !chatTools.isEmpty else { return Self.addToolsOfHistory(messages, to: &request) }
        let choice = try ChatRequest.choice(body, &chatTools)
        request["tools"] = .array(
            chatTools.map { tool in
                let function = tool["function"] ?? .null
                var flat: JSONObject = [:]
                flat.copy("name", "description", from: function)
                flat["input_schema"] = ToolSchema.complete(function.value("parameters"))
                if function["strict"]?.boolValue == true { flat["strict"] = true }
                return .object(flat)
            })
        var form: JSONObject
        switch choice {
        case "auto"?, nil: form = ["type": "auto"]
        case "required"?: form = ["type": "any"]
        case "none"?: form = ["type": "none"]
        case let choice?: form = ["type": "tool", "name": choice["function"]?["name"] ?? .null]
        }
        let isSingle = body["parallel_tool_calls"]?.boolValue == false
        if isSingle, choice != "none" { form["disable_parallel_tool_use"] = true }
        if isSingle || choice != nil { request["tool_choice"] = .object(form) }
    }

    /// Anthropic refuses calls in a conversation without tools.
    private static func addToolsOfHistory(_ messages: [JSON], to request: inout JSONObject) {
        var seen: Set<String> = []
        let names = messages.flatMap { $0.list("tool_calls") }.compactMap { $0["function"]?.text("name") }
            .filter { seen.insert($0).inserted }
        guard !names.isEmpty else { return }
        request["tools"] = .array(names.map { ["name": .string($0), "input_schema": ToolSchema.empty] })
        request["tool_choice"] = ["type": "none"]
    }

    /// Anthropic has one text for all system messages, so that later ones move to the beginning, as in its own
    /// compatibility layer.
    private static func system(_ messages: [JSON], format: JSON?) throws(ProxyRefusal) -> String {
        var texts: [String] = []
        for (index, message) in messages.enumerated() where ChatRequest.isSystem(message) {
            let text = try ChatRequest.text(message, "messages[\(index)]")
            if !text.isEmpty { texts.append(text) }
        }
        if format?.text("type") == "json_object" {
            texts.append("Answer with one JSON object and nothing else, without a code fence.")
        }
        return texts.joined(separator: "\n\n")
    }
}

extension ChatToMessages {
    static func messages(_ messages: [JSON]) throws(ProxyRefusal) -> [JSON] {
        var turns: [(role: String, blocks: [JSON])] = []
        for (index, message) in messages.enumerated() where !ChatRequest.isSystem(message) {
            let isAssistant = message["role"] == "assistant"
            let place = "messages[\(index)]"
            let blocks = try isAssistant ? Self.assistant(message, place) : Self.user(message, place)
            let role = isAssistant ? "assistant" : "user"
            // Anthropic refuses empty messages, and wants all results of a turn in one.
            if blocks.isEmpty { continue }
            if turns.last?.role == role {
                turns[turns.count - 1].blocks += blocks
            } else {
                turns.append((role, blocks))
            }
        }
        guard !turns.isEmpty else {
            throw .untranslatable(
                "The request contains no message of a user or assistant with content, which this model's upstream "
                    + "requires. Add one.")
        }
        Self.trimEnd(of: &turns)
        return turns.map { ["role": .string($0.role), "content": .array($0.blocks)] }
    }

    /// Anthropic refuses an answer to continue that ends in white space.
    private static func trimEnd(of turns: inout [(role: String, blocks: [JSON])]) {
        guard let last = turns.last, last.role == "assistant", let text = last.blocks.last?["text"]?.stringValue,
            text.last?.isWhitespace == true
        else { return }
        let end = text.lastIndex { !$0.isWhitespace }.map { text.index(after: $0) } ?? text.startIndex
        turns[turns.count - 1].blocks[last.blocks.count - 1] = ChatTranscript.part(String(text[..<end]))
    }

    private static func assistant(_ message: JSON, _ place: String) throws(ProxyRefusal) -> [JSON] {
        var blocks: [JSON] = []
        let text = try ChatRequest.text(message, place)
        if !Self.isBlank(text) { blocks.append(ChatTranscript.part(text)) }
        for call in try ChatRequest.calls(message, place) {
            blocks.append(
                [
                    "type": "tool_use", "id": .string(Self.id(call.id)), "name": .string(call.name),
                    "input": ToolArguments.object(call.arguments),
                ])
        }
        return blocks
    }

    private static func user(_ message: JSON, _ place: String) throws(ProxyRefusal) -> [JSON] {
        var blocks: [JSON] = []
        for part in try ChatRequest.parts(message, place) {
            switch part.text("type") {
            case "text":
                let text = part["text"]?.stringValue ?? ""
                if !Self.isBlank(text) { blocks.append(ChatTranscript.part(text)) }
            case "image_url": blocks.append(try MediaParts.imageBlock(part, place))
            case "file": blocks.append(try MediaParts.documentBlock(part, place))
            case let type: throw .unknown("a part", type, in: place)
            }
        }
        guard message["role"] == "tool" else { return blocks }
        var result: JSONObject = [
            "type": "tool_result", "tool_use_id": .string(Self.id(try ChatRequest.callID(message, place))),
        ]
        if blocks.count == 1, let text = blocks[0]["text"] {
            result["content"] = text
        } else if !blocks.isEmpty {
            result["content"] = .array(blocks)
        }
        return [.object(result)]
    }

    /// Anthropic refuses texts without a visible character.
    private static func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }

    /// Anthropic refuses ids with other characters, which some upstreams write.
    private static func id(_ id: String) -> String {
        String(id.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") ? $0 : "_" })
    }
}
