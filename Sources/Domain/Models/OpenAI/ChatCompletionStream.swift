package import JSON

/// Reads a streamed chat completion, event by event. Pure.
///
/// Endpoints differ in everything that the format leaves open; these rules come from clients that support many of them.
/// A stream is complete after a finish reason, or when it ends with `[DONE]` after an answer; any other end is
/// ``ModelError/Code/interrupted``. A failing stream never yields its pending tool calls.
package struct ChatCompletionStream: AnswerDecoder {
    package private(set) var isDone = false
    package private(set) var hasAnswer = false

    package var isWhole: Bool { self.finish != nil }

    private var calls = ToolCallAssembly()
    private var fields = ChatFieldsReading()
    private var usage: TokenUsage?
    private var finish: FinishReason?
    /// Unreadable lines that may have contained text.
    private var lostChunks = 0
    private var unreadable: String?

    private let context: EndpointContext

    package init(context: EndpointContext = EndpointContext()) {
        self.context = context
    }

    package mutating func receive(_ data: [UInt8]) throws(ModelError) -> [ModelEvent] {
        guard !self.isDone, let first = data.first(where: { !Self.isBlank($0) }) else { return [] }
        if first == UInt8(ascii: "["), Self.isDoneMark(data) {
            self.isDone = true
            return []
        }
        let chunk: JSON
        do {
            chunk = try JSON.parse(data)
        } catch {
            // Not the start of a chunk (some proxies send words to keep a connection alive), so nothing is lost.
            if first == UInt8(ascii: "{") { self.lostChunks += 1 }
            self.unreadable = self.unreadable ?? String(decoding: data.prefix(200), as: UTF8.self)
            return []
        }
        return try self.receive(chunk)
    }

    /// Takes one chunk, or the whole answer of an endpoint that does not stream.
    package mutating func receive(_ chunk: JSON) throws(ModelError) -> [ModelEvent] {
        if let error = chunk["error"], !error.isNull { throw self.failure(error) }
        if let usage = chunk["usage"], case .object = usage {
            // Several endpoints report the sum in every chunk; the last one counts.
            self.usage = TokenUsage(
                usage, input: "prompt_tokens", output: "completion_tokens", model: chunk["model"]?.stringValue)
        }
        var events: [ModelEvent] = []
        for choice in chunk["choices"]?.arrayValue ?? [] {
            if let delta = choice["delta"] ?? choice["message"] { self.receive(delta: delta, into: &events) }
            if self.calls.isTooLong { throw ToolCallAssembly.tooLong }
            if let reason = choice["finish_reason"]?.stringValue { self.finish = Self.finishReason(reason) }
        }
        return events
    }

    package mutating func end() throws(ModelError) -> [ModelEvent] {
        if self.lostChunks > 0, self.hasAnswer || self.finish != nil {
            throw self.context.malformed(self.lostChunks, hasAnswer: true)
        }
        guard let finish = self.finish ?? (self.isDone && self.hasAnswer ? .stop : nil) else {
            throw self.unfinished()
        }
        let calls = self.calls.finished()
        var events = calls.map { ModelEvent.toolCall($0) }
        if let item = self.fields.item(for: calls) { events.append(.items([item])) }
        if let usage = self.usage { events.append(.usage(usage)) }
        events.append(.finished(finish))
        return events
    }

    private func unfinished() -> ModelError {
        if self.hasAnswer {
            return ModelError(.interrupted, "The endpoint closed the stream in the middle of the answer.")
        }
        if self.lostChunks > 0 { return self.context.malformed(self.lostChunks, hasAnswer: false) }
        if self.unreadable != nil {
            return ModelError(
                .invalidResponse,
                "The model endpoint sent something other than a chat completion; "
                    + "check that \(self.context.section).base_url is an OpenAI-compatible API.")
        }
        return ModelError(.interrupted, "The endpoint closed the stream before the answer began.")
    }
}

extension ChatCompletionStream {
    private mutating func receive(delta: JSON, into events: inout [ModelEvent]) {
        self.fields.receive(delta: delta)
        for key in ["reasoning_content", "reasoning", "reasoning_text"] {
            guard let text = delta[key]?.stringValue, !text.isEmpty else { continue }
            events.append(.reasoning(text))
            break  // Some endpoints send the same text under two names.
        }
        switch delta["content"] {
        case .string(let text): self.append(text, to: &events)
        case .array(let parts): for part in parts { self.receive(part: part, into: &events) }
        default: break
        }
        // A refusal is an answer in words, in a separate field.
        if let refusal = delta["refusal"]?.stringValue { self.append(refusal, to: &events) }
        for fragment in delta["tool_calls"]?.arrayValue ?? [] {
            let number = self.calls.receive(
                index: fragment["index"]?.intValue, id: fragment["id"]?.stringValue,
                name: fragment["function"]?["name"]?.stringValue, arguments: Self.arguments(fragment["function"]))
            if let number { self.fields.receive(call: fragment, number: number) }
            self.hasAnswer = true
        }
        if let call = delta["function_call"], case .object = call {  // The form before tools.
            self.calls.receive(
                index: 0, id: nil, name: call["name"]?.stringValue, arguments: Self.arguments(call))
            self.hasAnswer = true
        }
    }

    private mutating func receive(part: JSON, into events: inout [ModelEvent]) {
        if let text = part["text"]?.stringValue {
            self.append(text, to: &events)
        } else if let thinking = part["thinking"] {
            let text = thinking.stringValue ?? thinking.arrayValue?.compactMap { $0["text"]?.stringValue }.joined()
            if let text, !text.isEmpty { events.append(.reasoning(text)) }
        }
    }

    private mutating func append(_ text: String, to events: inout [ModelEvent]) {
        guard !text.isEmpty else { return }
        self.hasAnswer = true
        events.append(.delta(text))
    }

    private func failure(_ error: JSON) -> ModelError {
        let failure = EndpointFailure(body: error)
        return failure.modelError(inStream: self.context, hasAnswer: self.hasAnswer)
    }

    private static func arguments(_ function: JSON?) -> String? {
        switch function?["arguments"] {
        case .string(let text): text
        case .object(let object): JSON.object(object).text  // Some endpoints send the object itself.
        default: nil
        }
    }

    private static func finishReason(_ text: String) -> FinishReason {
        switch text.lowercased() {
        case "stop", "end_turn", "eos", "stop_sequence": .stop
        case "length", "max_tokens", "model_length": .length
        case "content_filter", "safety", "refusal": .contentFilter
        case "tool_calls", "function_call", "tool_use": .toolCalls
        default: .other(String(text.prefix(40)))
        }
    }

    private static func isDoneMark(_ data: [UInt8]) -> Bool {
        data.filter { !self.isBlank($0) } == Array("[DONE]".utf8)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
