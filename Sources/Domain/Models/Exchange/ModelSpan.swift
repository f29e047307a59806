internal import EventLoop
internal import HTTP
internal import JSON
internal import Telemetry

/// What a trace says about a request to a model, by OpenTelemetry's conventions for generative AI.
@Net
final class ModelSpan {
    private let span: Span
    private var hasAnswer = false
    private var output = ""
    private var calls: [JSON] = []

    nonisolated init(_ span: Span, _ request: ModelRequest, provider: String) {
        self.span = span
        span.set("gen_ai.operation.name", "chat")
        span.set("gen_ai.provider.name", .string(provider))
        if let model = request.model { span.set("gen_ai.request.model", .string(model)) }
        if let limit = request.outputLimit { span.set("gen_ai.request.max_tokens", JSON(limit)) }
        guard span.hasContent else { return }
        span.set("gen_ai.input.messages", .string(JSON.array(request.messages.map(Self.message)).text))
    }

    func set(_ name: String, _ value: JSON) { self.span.set(name, value) }

    /// Notes where a try goes, and names the span to the endpoint.
    func begin(_ request: inout TransportRequest) {
        request.headers["traceparent"] = self.span.context.traceparent
        self.span.set("server.address", .string(request.url.host))
        self.span.set("server.port", JSON(request.url.effectivePort))
    }

    func note(_ events: [ModelEvent]) {
        for event in events { self.note(event) }
    }

    private func note(_ event: ModelEvent) {
        switch event {
        case .delta(let text):
            self.noteFirst()
            if self.span.hasContent { self.output += text }
        case .reasoning: self.noteFirst()
        case .toolCall(let call):
            self.noteFirst()
            guard self.span.hasContent else { return }
            self.calls.append(Self.part(call))
        case .usage(let usage): self.note(usage)
        case .finished(let reason): self.finish(reason)
        case .items, .waiting: break
        }
    }

    private func noteFirst() {
        guard !self.hasAnswer else { return }
        self.hasAnswer = true
        self.span.set("gen_ai.response.time_to_first_chunk", .number(self.span.seconds))
    }

    private func note(_ usage: TokenUsage) {
        self.span.set("gen_ai.usage.input_tokens", JSON(usage.input))
        self.span.set("gen_ai.usage.output_tokens", JSON(usage.output))
        self.span.set("gen_ai.usage.cache_read.input_tokens", JSON(usage.cached))
        self.span.set("gen_ai.usage.cache_creation.input_tokens", JSON(usage.written))
        self.span.set("gen_ai.usage.reasoning.output_tokens", JSON(usage.reasoning))
        if let model = usage.model { self.span.set("gen_ai.response.model", .string(model)) }
    }

    private func finish(_ reason: FinishReason) {
        let word =
            switch reason {
            case .stop: "stop"
            case .length: "length"
            case .contentFilter: "content_filter"
            case .toolCalls: "tool_call"
            case .other(let word): word
            }
        self.span.set("gen_ai.response.finish_reasons", [.string(word)])
        guard self.span.hasContent else { return }
        let text: [JSON] = self.output.isEmpty ? [] : [["type": "text", "content": .string(self.output)]]
        let message: JSON = [
            "role": "assistant", "parts": .array(text + self.calls), "finish_reason": .string(word),
        ]
        self.span.set("gen_ai.output.messages", .string(JSON.array([message]).text))
    }

    private nonisolated static func message(_ message: ModelMessage) -> JSON {
        if let id = message.toolCallID {
            return [
                "role": "tool",
                "parts": [["type": "tool_call_response", "id": .string(id), "response": .string(message.text)]],
            ]
        }
        let text: [JSON] = message.text.isEmpty ? [] : [["type": "text", "content": .string(message.text)]]
        return ["role": .string(message.role.rawValue), "parts": .array(text + message.toolCalls.map(Self.part))]
    }

    private nonisolated static func part(_ call: ToolCall) -> JSON {
        ["type": "tool_call", "id": .string(call.id), "name": .string(call.name), "arguments": .string(call.arguments)]
    }
}
