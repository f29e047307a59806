internal import JSON

/// Collects the ``ChatFields`` of a streamed answer. Pure.
struct ChatFieldsReading: Sendable {
    /// The maximum bytes; of more nothing is sent back.
    private static let limit = 1 << 20
    private static let texts = ["reasoning_content", "reasoning", "reasoning_text", "reasoning_opaque"]
    private static let callMembers = ["extra_content"]
    private static let functionMembers = ["thought_signature"]

    private var message: [String: String] = [:]
    /// OpenRouter's form of thoughts: pieces with an index.
    private var details: [JSONObject] = []
    /// By the number of the call in the answer.
    private var calls: [Int: JSONObject] = [:]
    private var functions: [Int: JSONObject] = [:]
    private var bytes = 0

    mutating func receive(delta: JSON) {
        guard self.bytes <= Self.limit else { return }
        for key in Self.texts {
            guard let text = delta[key]?.stringValue else { continue }
            self.bytes += text.utf8.count
            self.message[key, default: ""] += text
        }
        for piece in delta["reasoning_details"]?.arrayValue ?? [] {
            // One delta may have pieces without end.
            guard self.bytes <= Self.limit else { return }
            guard let piece = piece.objectValue else { continue }
            self.bytes += JSON.object(piece).bytes.count
            self.add(piece)
        }
    }

    /// Takes a fragment of the call with this number.
    mutating func receive(call fragment: JSON, number: Int) {
        guard self.bytes <= Self.limit else { return }
        for key in Self.callMembers {
            guard let value = fragment[key], !value.isNull else { continue }
            self.bytes += value.bytes.count
            self.calls[number, default: [:]][key] = value
        }
        for key in Self.functionMembers {
            guard let value = fragment["function"]?[key], !value.isNull else { continue }
            self.bytes += value.bytes.count
            self.functions[number, default: [:]][key] = value
        }
    }

    /// The item to send back with these calls; nil when there is nothing to send back, or too much.
    func item(for calls: [ToolCall]) -> JSON? {
        guard !calls.isEmpty, self.bytes <= Self.limit else { return nil }
        var message: JSONObject = [:]
        for key in Self.texts { if let text = self.message[key] { message[key] = .string(text) } }
        if !self.details.isEmpty { message["reasoning_details"] = .array(self.details.map { .object($0) }) }
        var members: JSONObject = [:]
        for (number, call) in calls.enumerated() where self.calls[number] != nil || self.functions[number] != nil {
            members[call.id] = [
                "call": .object(self.calls[number] ?? [:]), "function": .object(self.functions[number] ?? [:]),
            ]
        }
        guard !message.isEmpty || !members.isEmpty else { return nil }
        return ChatFields.item(message: message, calls: members)
    }

    /// Joins the pieces of one thought.
    private mutating func add(_ piece: JSONObject) {
        guard let last = self.details.indices.last, let index = piece["index"], self.details[last]["index"] == index,
            self.details[last]["type"] == piece["type"]
        else { return self.details.append(piece) }
        for (key, value) in piece where !value.isNull {
            if ["text", "summary", "data"].contains(key), var text = self.details[last][key]?.stringValue,
                let more = value.stringValue
            {
                // The array gives the text up first: with two owners, each piece would copy all of it.
                self.details[last][key] = JSON.null
                text += more
                self.details[last][key] = .string(text)
            } else {
                self.details[last][key] = value
            }
        }
    }
}
