internal import JSON

/// Reads and checks a chat request for its translation. Pure.
enum ChatRequest {
    private static let roles: Set<String> = ["system", "developer", "user", "assistant", "tool"]

    /// What neither of the other forms has.
    static func refuseUnsupported(_ body: JSON) throws(ProxyRefusal) {
        if let count = body.value("n"), count.intValue != 1 {
            throw .unsupported(
                "n to \(count.text.prefix(20))", "this model's upstream gives one answer to a request",
                "Omit it, and send several requests.")
        }
        if body.value("functions") != nil || body.value("function_call") != nil {
            throw .unsupported(
                "functions", "this form of tools was replaced and has no counterpart", "Use tools and tool_choice.")
        }
        if body.list("modalities").contains("audio") {
            throw .unsupported("modalities to audio", "this model's upstream answers with text", "Ask for text.")
        }
        if body.value("web_search_options") != nil { throw .serverTool("web_search") }
    }

    static func messages(_ body: JSON) throws(ProxyRefusal) -> [JSON] {
        guard let messages = body["messages"]?.arrayValue else {
            throw .malformed("messages", "an array", found: body["messages"])
        }
        for (index, message) in messages.enumerated() {
            guard let role = message["role"]?.stringValue, Self.roles.contains(role) else {
                throw .malformed(
                    "messages[\(index)].role", "'system', 'developer', 'user', 'assistant' or 'tool'",
                    found: message["role"])
            }
        }
        return messages
    }

    static func isSystem(_ message: JSON) -> Bool { message["role"] == "system" || message["role"] == "developer" }

    /// The parts of a message's content; a text is one part, and a missing content has none.
    static func parts(_ message: JSON, _ place: String) throws(ProxyRefusal) -> [JSON] {
        switch message.value("content") {
        case nil: return []
        case .string(let text)?: return text.isEmpty ? [] : [ChatTranscript.part(text)]
        case .array(let parts)?: return parts
        case let value: throw .malformed(place + ".content", "a string or an array of parts", found: value)
        }
    }

    /// The content of a message that consists of text.
    static func text(_ message: JSON, _ place: String) throws(ProxyRefusal) -> String {
        var texts: [String] = []
        for part in try Self.parts(message, place) {
            guard let text = part["text"]?.stringValue ?? part["refusal"]?.stringValue else {
                throw .unknown("a part", part.text("type"), in: place)
            }
            texts.append(text)
        }
        if let refusal = message.text("refusal") { texts.append(refusal) }
        return texts.joined(separator: "\n\n")
    }

    static func calls(
        _ message: JSON, _ place: String
    ) throws(ProxyRefusal) -> [(id: String, name: String, arguments: String)] {
        var calls: [(id: String, name: String, arguments: String)] = []
        for call in message.list("tool_calls") {
            let function = call["function"] ?? .null
            guard let id = call.text("id"), let name = function.text("name") else {
                if call.text("type") == "custom" { throw .unknown("a call", "custom", in: place) }
                throw .malformed(place + ".tool_calls[].id and .function.name", "strings", found: call["id"])
            }
            calls.append((id, name, ModelAnswer.arguments(ChatDelta.arguments(function))))
        }
        return calls
    }

    static func callID(_ message: JSON, _ place: String) throws(ProxyRefusal) -> String {
        guard let id = message.text("tool_call_id") else {
            throw .malformed(place + ".tool_call_id", "a string", found: message["tool_call_id"])
        }
        return id
    }

    static func limit(_ body: JSON) -> JSON? { body.value("max_completion_tokens") ?? body.value("max_tokens") }

    static func stops(_ body: JSON) -> [JSON] {
        guard let stop = body.value("stop") else { return [] }
        return stop.arrayValue ?? [stop]
    }
}

extension ChatRequest {
    static func tools(_ body: JSON) throws(ProxyRefusal) -> [JSON] {
        let tools = body.list("tools")
        for tool in tools {
            let type = tool.text("type") ?? "function"
            if type == "custom" { throw .unknown("a tool", type, in: "tools") }
            if type != "function" { throw .serverTool(type) }
            guard tool["function"]?.text("name") != nil else {
                throw .malformed("tools[].function.name", "a string", found: tool["function"]?["name"])
            }
        }
        return tools
    }

    /// `tool_choice` as a word or a function; of a choice among allowed tools, only those remain in `tools`.
    static func choice(_ body: JSON, _ tools: inout [JSON]) throws(ProxyRefusal) -> JSON? {
        guard let choice = body.value("tool_choice") else { return nil }
        if let word = choice.stringValue {
            guard ["auto", "none", "required"].contains(word) else {
                throw .unknown("a choice", word, in: "tool_choice")
            }
            return choice
        }
        switch choice.text("type") {
        case "function": return choice
        case "allowed_tools":
            let allowed = choice["allowed_tools"] ?? .null
            ToolSchema.keep(allowed.list("tools").compactMap { $0["function"]?.text("name") }, of: &tools)
            return allowed.value("mode") ?? "auto"
        case let type: throw .unknown("a choice", type, in: "tool_choice")
        }
    }
}
