internal import JSON

/// Writes the events of a message. Pure.
///
/// A block ends when the next one begins. Only the blocks of calls whose arguments are still incomplete stay open, since
/// chat completions may interleave them.
struct MessagesWriter: AnswerWriter {
    private struct Call: Sendable {
        let index: Int
        var arguments = ArgumentsBalance()
    }

    private let context: AnswerContext
    private var hasBegun = false
    private var next = 0
    /// The index of the open block of text.
    private var open: Int?
    /// The open blocks of calls, by the number of the call.
    private var calls: [Int: Call] = [:]
    private var usage = AnswerUsage()
    private var finish = AnswerFinish.stop

    init(_ context: AnswerContext) {
        self.context = context
    }

    mutating func write(_ part: AnswerPart, to output: inout [UInt8]) {
        switch part {
        case .begin(let id, let model, _): self.begin(id, model, to: &output)
        // A block of thoughts needs Anthropic's signature, which no other model can give. Clients send the block back,
        // and Anthropic would refuse all later requests of the conversation.
        case .reasoning, .alive: self.appendPing(to: &output)
        case .text(let text), .refusal(let text):
            let index = self.textBlock(to: &output)
            self.delta(["type": "text_delta", "text": .string(text)], index, to: &output)
        case .call(let number, let id, let name): self.call(number, id, name, to: &output)
        case .arguments(let number, let text):
            guard let index = self.calls[number]?.index else { return }
            self.calls[number]?.arguments.feed(text)
            self.delta(["type": "input_json_delta", "partial_json": .string(text)], index, to: &output)
        case .usage(let usage): self.usage = usage
        case .finish(let finish): self.finish = finish
        case .done: self.end(to: &output)
        case .fault(let fault): self.append("error", fault.messages, to: &output)
        }
    }

    private mutating func begin(_ id: String, _ model: String, to output: inout [UInt8]) {
        guard !self.hasBegun else { return }
        self.hasBegun = true
        // The real numbers follow at the end, when the upstream gives them. Clients show these until then.
        let message: JSON = [
            "id": .string(AnswerID.message(id)), "type": "message", "role": "assistant",
            "model": self.context.model(model), "content": [], "stop_reason": .null, "stop_sequence": .null,
            "usage": AnswerUsage(input: self.context.inputTokens).messages,
        ]
        self.append("message_start", ["type": "message_start", "message": message], to: &output)
    }

    private mutating func end(to output: inout [UInt8]) {
        self.begin("", "", to: &output)
        self.closeBlock(to: &output)
        self.closeCalls(to: &output) { _ in true }
        var sequence: JSON = .null
        if case .stopSequence(let text?) = self.finish { sequence = .string(text) }
        let delta: JSON = ["stop_reason": .string(self.finish.messages), "stop_sequence": sequence]
        self.append(
            "message_delta", ["type": "message_delta", "delta": delta, "usage": self.usage.messages], to: &output)
        self.append("message_stop", ["type": "message_stop"], to: &output)
    }
}

extension MessagesWriter {
    /// The index of the open block of text, which begins if necessary.
    private mutating func textBlock(to output: inout [UInt8]) -> Int {
        if let open = self.open { return open }
        let index = self.start(["type": "text", "text": ""], to: &output)
        self.open = index
        return index
    }

    private mutating func call(_ number: Int, _ id: String, _ name: String, to output: inout [UInt8]) {
        self.closeBlock(to: &output)
        let name = self.context.tools.tool(called: name).name
        let block: JSON = ["type": "tool_use", "id": .string(id), "name": .string(name), "input": [:]]
        self.calls[number] = Call(index: self.start(block, to: &output))
    }

    private mutating func start(_ block: JSON, to output: inout [UInt8]) -> Int {
        self.begin("", "", to: &output)
        self.closeCalls(to: &output) { $0.arguments.isComplete }
        let index = self.next
        self.next += 1
        self.append(
            "content_block_start",
            ["type": "content_block_start", "index": .integer(Int64(index)), "content_block": block], to: &output)
        return index
    }

    private func delta(_ delta: JSON, _ index: Int, to output: inout [UInt8]) {
        self.append(
            "content_block_delta", ["type": "content_block_delta", "index": .integer(Int64(index)), "delta": delta],
            to: &output)
    }

    private mutating func closeBlock(to output: inout [UInt8]) {
        if let open = self.open { self.stop(open, to: &output) }
        self.open = nil
    }

    private mutating func closeCalls(to output: inout [UInt8], where isOver: (Call) -> Bool) {
        let over = self.calls.filter { isOver($0.value) }.sorted { $0.value.index < $1.value.index }
        for (number, call) in over {
            self.calls[number] = nil
            self.stop(call.index, to: &output)
        }
    }

    private func stop(_ index: Int, to output: inout [UInt8]) {
        self.append(
            "content_block_stop", ["type": "content_block_stop", "index": .integer(Int64(index))], to: &output)
    }

    private func appendPing(to output: inout [UInt8]) { self.append("ping", ["type": "ping"], to: &output) }
}
