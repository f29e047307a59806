internal import JSON

/// Builds the messages of a chat request, in the order that chat completions require: the results of tools directly
/// after the message with the calls. Pure.
struct ChatTranscript: Sendable {
    private var messages: [JSON] = []
    /// The assistant message that is being built: its text and its calls may come apart.
    private var texts: [String] = []
    private var calls: [JSON] = []
    /// Images of tool results, which only a user message may contain. They follow the last result.
    private var images: [JSON] = []

    mutating func system(_ text: String) {
        guard !text.isEmpty else { return }
        self.flush()
        self.messages.append(["role": "system", "content": .string(text)])
    }

    mutating func user(_ text: String) { self.user([Self.part(text)]) }

    mutating func user(_ parts: [JSON]) {
        guard !parts.isEmpty else { return }
        self.endAssistant()
        self.appendUser(self.images + parts)
        self.images = []
    }

    mutating func assistant(_ text: String) {
        guard !text.isEmpty else { return }
        // Text that follows calls belongs to their message: nothing may come between calls and results.
        if self.calls.isEmpty { self.flush(keepingAssistant: true) }
        self.texts.append(text)
    }

    mutating func call(id: String, name: String, arguments: String) {
        self.flush(keepingAssistant: true)
        self.calls.append(
            [
                "id": .string(id), "type": "function",
                "function": ["name": .string(name), "arguments": .string(ModelAnswer.arguments(arguments))],
            ])
    }

    mutating func result(id: String, text: String, images: [JSON] = []) {
        self.endAssistant()
        let text = text.isEmpty && !images.isEmpty ? "The next message contains the result as an image." : text
        self.messages.append(["role": "tool", "tool_call_id": .string(id), "content": .string(text)])
        self.images += images
    }

    /// The messages, at the end of the conversation.
    mutating func finish() -> [JSON] {
        self.flush()
        return self.messages
    }

    static func part(_ text: String) -> JSON { ["type": "text", "text": .string(text)] }
}

extension ChatTranscript {
    private mutating func flush(keepingAssistant: Bool = false) {
        if !keepingAssistant { self.endAssistant() }
        guard !self.images.isEmpty else { return }
        self.appendUser(self.images)
        self.images = []
    }

    private mutating func endAssistant() {
        guard !self.texts.isEmpty || !self.calls.isEmpty else { return }
        var message: JSONObject = [
            "role": "assistant",
            "content": self.texts.isEmpty ? .null : .string(self.texts.joined(separator: "\n\n")),
        ]
        if !self.calls.isEmpty { message["tool_calls"] = .array(self.calls) }
        self.messages.append(.object(message))
        self.texts = []
        self.calls = []
    }

    /// A single text is sent as a string, which every upstream understands.
    private mutating func appendUser(_ parts: [JSON]) {
        let text = parts.count == 1 && parts[0]["type"]?.stringValue == "text" ? parts[0]["text"] : nil
        self.messages.append(["role": "user", "content": text ?? .array(parts)])
    }
}
