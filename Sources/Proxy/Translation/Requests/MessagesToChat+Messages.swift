internal import JSON

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
                    id: id, name: ToolNames.chatName(name), arguments: block.value("input")?.text ?? "{}")
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
