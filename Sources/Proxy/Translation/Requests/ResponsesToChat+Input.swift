internal import JSON

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
        return (id, ToolNames.chatName(name, in: item.text("namespace")))
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
