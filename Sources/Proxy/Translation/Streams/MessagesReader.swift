internal import JSON

/// Reads the events of a message. Pure. A stream is complete after `message_stop`.
struct MessagesReader: AnswerReader {
    private struct Call: Sendable {
        let number: Int
        /// As it was when the block began; an empty object if it comes in pieces.
        let input: String
        var hasArguments = false
    }

    private let context: AnswerContext
    private var id = ""
    private var begun = 0
    /// The calls that have not ended, by the index of their block.
    private var calls: [Int: Call] = [:]
    private var finish: AnswerFinish?
    /// The known members of all usage objects so far: later ones may have fewer.
    private(set) var usage: JSONObject = [:]
    private var thoughts = 0
    /// The bytes of all inputs that were there when their blocks began.
    private var inputs = 0

    init(_ context: AnswerContext) {
        self.context = context
    }

    mutating func read(_ event: JSON) -> [AnswerPart] {
        let index = event["index"]?.intValue ?? 0
        switch event["type"]?.stringValue {
        case "message_start": return self.begin(event["message"] ?? .null)
        case "content_block_start": return self.start(event["content_block"] ?? .null, at: index)
        case "content_block_delta": return self.take(event["delta"] ?? .null, at: index)
        case "content_block_stop": return self.stop(index)
        case "message_delta":
            self.merge(event["usage"])
            if let reason = event["delta"]?.text("stop_reason") {
                self.finish = AnswerFinish(messages: reason, sequence: event["delta"]?.text("stop_sequence"))
            }
            return []
        case "message_stop":
            return self.calls.keys.sorted().flatMap { self.stop($0) }
                + [
                    .usage(AnswerUsage(messages: .object(self.usage))),
                    .finish((self.finish ?? .stop).adjusted(hasCalls: self.begun > 0)), .done,
                ]
        case "ping": return [.alive]
        case "error": return [.fault(AnswerFault(event, status: nil))]
        default: return event.value("error") == nil ? [] : [.fault(AnswerFault(event, status: nil))]
        }
    }

    private mutating func begin(_ message: JSON) -> [AnswerPart] {
        self.id = self.context.id(message)
        self.merge(message["usage"])
        return [.begin(id: self.id, model: message["model"]?.stringValue ?? "", created: nil)]
    }

    private mutating func merge(_ usage: JSON?) {
        guard let usage else { return }
        for key in AnswerUsage.messageKeys { if let value = usage.value(key) { self.usage[key] = value } }
    }

    private mutating func start(_ block: JSON, at index: Int) -> [AnswerPart] {
        switch block["type"]?.stringValue {
        case "text": return block.text("text").map { [.text($0)] } ?? []
        case "thinking":
            self.thoughts += 1
            // Blocks of thoughts are paragraphs of one.
            let separator: [AnswerPart] = self.thoughts > 1 ? [.reasoning("\n\n")] : []
            return separator + (block.text("thinking").map { [.reasoning($0)] } ?? [])
        case "tool_use":
            guard let name = block.text("name") else { return [] }
            guard self.begun < ChatCalls.limit else { return [.fault(.tooManyCalls)] }
            let input = block.value("input")?.text ?? "{}"
            self.inputs += input.utf8.count
            guard self.inputs <= AnswerStream.answerLimit else {
                return [.fault(.tooLong("tool calls of more than \(AnswerStream.answerLimit) bytes"))]
            }
            let number = self.begun
            self.begun += 1
            self.calls[index] = Call(number: number, input: input)
            return [.call(number, id: block.text("id") ?? AnswerID.call(self.id, number), name: name)]
        default: return []
        }
    }

    private mutating func take(_ delta: JSON, at index: Int) -> [AnswerPart] {
        switch delta["type"]?.stringValue {
        case "text_delta": return delta.text("text").map { [.text($0)] } ?? []
        case "thinking_delta": return delta.text("thinking").map { [.reasoning($0)] } ?? []
        case "input_json_delta":
            guard let text = delta.text("partial_json"), let call = self.calls[index] else { return [] }
            self.calls[index]?.hasArguments = true
            return [.arguments(call.number, text)]
        default: return []
        }
    }

    private mutating func stop(_ index: Int) -> [AnswerPart] {
        guard let call = self.calls.removeValue(forKey: index), !call.hasArguments else { return [] }
        return [.arguments(call.number, call.input)]
    }
}
