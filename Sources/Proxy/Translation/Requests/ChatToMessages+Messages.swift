internal import JSON

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

    /// Anthropic refuses an answer to continue that ends in a blank.
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
