internal import JSON

extension ResponseItem {
    typealias Event = (type: String, members: JSONObject)

    /// Whether the content is in a part of the item.
    var hasParts: Bool {
        switch self.kind {
        case .reasoning, .text, .refusal: true
        case .function, .custom: false
        }
    }

    /// - Parameter change: `added` or `done`.
    func partEvent(_ change: String, text: String) -> Event {
        var members = self.place(inPart: true)
        if self.kind == .reasoning {
            members["part"] = ["type": "summary_text", "text": .string(text)]
            return ("response.reasoning_summary_part.\(change)", members)
        }
        members["part"] = self.part(text)
        return ("response.content_part.\(change)", members)
    }

    func deltaEvent(_ text: String) -> Event {
        var members = self.place(inPart: self.hasParts)
        members["delta"] = .string(text)
        if self.kind == .text { members["logprobs"] = [] }
        return ("\(self.contentType).delta", members)
    }

    var doneEvent: Event {
        var members = self.place(inPart: self.hasParts)
        switch self.kind {
        case .reasoning: members["text"] = .string(self.content)
        case .text:
            members["text"] = .string(self.content)
            members["logprobs"] = []
        case .refusal: members["refusal"] = .string(self.content)
        case .function(_, let name, _):
            members["name"] = .string(name)
            members["arguments"] = .string(self.content)
        case .custom: members["input"] = .string(self.customInput)
        }
        return ("\(self.contentType).done", members)
    }

    private var contentType: String {
        switch self.kind {
        case .reasoning: "response.reasoning_summary_text"
        case .text: "response.output_text"
        case .refusal: "response.refusal"
        case .function: "response.function_call_arguments"
        case .custom: "response.custom_tool_call_input"
        }
    }

    private func place(inPart: Bool) -> JSONObject {
        var members: JSONObject = ["item_id": .string(self.id), "output_index": .integer(Int64(self.place))]
        if inPart { members[self.kind == .reasoning ? "summary_index" : "content_index"] = 0 }
        return members
    }
}
