internal import JSON

/// Writes the chunks of a chat completion. Pure.
struct ChatWriter: AnswerWriter {
    private let context: AnswerContext
    /// The members that all chunks share.
    private var base: JSONObject
    private var hasBegun = false
    private var usage: AnswerUsage?

    init(_ context: AnswerContext) {
        self.context = context
        self.base = [:]
    }

    mutating func write(_ part: AnswerPart, to output: inout [UInt8]) {
        switch part {
        case .begin(let id, let model, let created): self.begin(id, model, created, to: &output)
        case .reasoning(let text): self.delta(["reasoning_content": .string(text)], to: &output)
        case .text(let text): self.delta(["content": .string(text)], to: &output)
        case .refusal(let text): self.delta(["refusal": .string(text)], to: &output)
        case .call(let number, let id, let name):
            self.call(
                [
                    "index": .integer(Int64(number)), "id": .string(id), "type": "function",
                    "function": ["name": .string(name), "arguments": ""],
                ], to: &output)
        case .arguments(let number, let text):
            self.call(["index": .integer(Int64(number)), "function": ["arguments": .string(text)]], to: &output)
        case .usage(let usage): self.usage = usage
        case .finish(let finish): self.delta([:], finish: .string(finish.chat), to: &output)
        case .alive: self.appendComment(to: &output)
        case .done: self.end(to: &output)
        case .fault(let fault): self.append(nil, fault.openAI, to: &output)
        }
    }

    private mutating func begin(_ id: String, _ model: String, _ created: Int?, to output: inout [UInt8]) {
        guard !self.hasBegun else { return }
        self.hasBegun = true
        self.base = [
            "id": .string(AnswerID.chat(id)), "object": "chat.completion.chunk",
            "created": .integer(Int64(created ?? self.context.time)), "model": self.context.model(model),
        ]
        self.delta(["role": "assistant", "content": ""], to: &output)
    }

    private mutating func call(_ call: JSON, to output: inout [UInt8]) {
        self.delta(["tool_calls": [call]], to: &output)
    }

    private mutating func delta(_ delta: JSON, finish: JSON = .null, to output: inout [UInt8]) {
        self.begin("", "", nil, to: &output)
        var chunk = self.base
        chunk["choices"] = [["index": 0, "delta": delta, "logprobs": .null, "finish_reason": finish]]
        self.append(nil, .object(chunk), to: &output)
    }

    private func end(to output: inout [UInt8]) {
        if self.context.includesUsage, let usage = self.usage {
            var chunk = self.base
            chunk["choices"] = []
            chunk["usage"] = usage.chat
            self.append(nil, .object(chunk), to: &output)
        }
        output += Array("data: [DONE]\n\n".utf8)
    }
}
