internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Models

/// Writes one answer as OpenAI's API does.
struct ModelAnswerWriter: Sendable {
    /// The connection breaks here.
    struct Drop: Error {}

    let request: ModelServerRequest
    let behavior: ModelBehavior
    /// The request's number, used in ids.
    let number: Int
    /// Called at the beginning (true) and the end of a streamed answer.
    let note: @Sendable (Bool) -> Void

    var response: HTTPServerResponse {
        switch self.behavior {
        case .refusal(let status, let code, let message, let retryAfter):
            let type =
                switch status {
                case 429: code == "insufficient_quota" ? "insufficient_quota" : "requests"
                case 500...: "server_error"
                default: "invalid_request_error"
                }
            return ModelRequestCheck.Refusal(
                status: HTTPStatus(status), message: message, type: type, code: code, retryAfter: retryAfter
            ).response
        case .webPage:
            return .html("<!DOCTYPE html><html><head><title>Welcome</title></head><body>It works.</body></html>")
        default:
            break
        }
        guard self.request.isStreamed else { return .json(self.whole) }
        let headers: HTTPHeaders = [
            "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache",
        ]
        return HTTPServerResponse(
            .ok, headers: headers, body: .streamOnLoop { writer in try await self.write(to: writer) })
    }

    private var text: String { self.behavior.text(answering: self.request.question) }

    private var finishReason: String {
        switch self.behavior {
        case .finish(_, let reason): reason
        case .toolCall, .calls: "tool_calls"
        default: "stop"
        }
    }

    private var usage: JSON {
        let input = self.request.messages.reduce(TokenEstimator.perRequest) {
            $0 + TokenEstimator.perMessage + Int(TokenEstimator.weight(of: $1.text).rounded(.up))
        }
        let output = Int(TokenEstimator.weight(of: self.text).rounded(.up))
        return [
            "prompt_tokens": JSON(input), "completion_tokens": JSON(output), "total_tokens": JSON(input + output),
            "prompt_tokens_details": ["cached_tokens": 0], "completion_tokens_details": ["reasoning_tokens": 0],
        ]
    }
}

// MARK: - Streams

extension ModelAnswerWriter {
    @Net private func write(to writer: ResponseWriter) async throws {
        self.note(true)
        defer { self.note(false) }
        switch self.behavior {
        case .rubbish:
            try await writer.write("data: {broken\n\ndata: <html>\n\ndata: ]]]\n\n")
        case .flood(let field):
            try await self.sendRole(to: writer)
            try await self.flood(field, to: writer)
        case .events(let lines):
            for line in lines { try await writer.write("data: \(line)\n\n") }
        case .answer(_, _, _, let firstDelay):
            try await self.sendRole(to: writer)
            if firstDelay > .zero { try await EventLoop.shared.sleep(for: firstDelay) }
            try await self.sendText(to: writer)
            try await self.sendEnd(to: writer)
        default:
            try await self.sendRole(to: writer)
            try await self.sendBody(to: writer)
        }
    }

    @Net private func sendBody(to writer: ResponseWriter) async throws {
        switch self.behavior {
        case .reasoning(let thought, _):
            try await self.send(delta: ["reasoning_content": .string(thought)], to: writer)
        case .toolCall(let name, let arguments):
            try await self.sendToolCall(ModelBehavior.Call(name, arguments), 0, to: writer)
        default: break
        }
        try await self.sendText(to: writer)
        if case .calls(_, let calls) = self.behavior {
            for (index, call) in calls.enumerated() { try await self.sendToolCall(call, index, to: writer) }
        }
        switch self.behavior {
        case .stall: try await EventLoop.shared.sleep(for: .seconds(86_400))
        case .drop: throw Drop()
        case .errorInStream(_, let message):
            let error: JSON = ["error": ["message": .string(message), "type": "server_error", "code": .null]]
            try await writer.write("data: \(error.text)\n\n")
        default: try await self.sendEnd(to: writer)
        }
    }

    /// Ends when the client disconnects.
    @Net private func flood(_ field: String, to writer: ResponseWriter) async throws -> Never {
        let text = JSON.string(String(repeating: "flood", count: 800))
        let delta: JSON =
            field == "tool_calls"
            ? ["tool_calls": [["index": 0, "id": "call_1", "function": ["name": "f", "arguments": text]]]]
            : .object([field: text])
        while true { try await self.send(delta: delta, to: writer) }
    }

    @Net private func sendRole(to writer: ResponseWriter) async throws {
        try await self.send(delta: ["role": "assistant", "content": "", "refusal": .null], to: writer)
    }

    @Net private func sendText(to writer: ResponseWriter) async throws {
        try await AnswerPieces(self.behavior, text: self.text).forEach { piece in
            try await self.send(delta: ["content": .string(piece)], to: writer)
        }
    }

    @Net private func sendToolCall(_ call: ModelBehavior.Call, _ index: Int, to writer: ResponseWriter) async throws {
        let function: JSON = ["name": .string(call.name), "arguments": ""]
        let first: JSON = [
            "index": JSON(index), "id": .string(self.id(of: index)), "type": "function", "function": function,
        ]
        try await self.send(delta: ["tool_calls": [first]], to: writer)
        var rest = call.arguments[...]
        while !rest.isEmpty {
            let piece = rest.prefix(5)
            rest = rest.dropFirst(piece.count)
            let fragment: JSON = ["index": JSON(index), "function": ["arguments": .string(String(piece))]]
            try await self.send(delta: ["tool_calls": [fragment]], to: writer)
        }
    }

    @Net private func sendEnd(to writer: ResponseWriter) async throws {
        try await self.send(delta: [:], finishReason: .string(self.finishReason), to: writer)
        if self.sendsUsage {
            var chunk = self.chunk(choices: [])
            chunk["usage"] = self.usage
            try await writer.write("data: \(JSON.object(chunk).text)\n\n")
        }
        if case .withoutDoneMark = self.behavior { return }
        try await writer.write("data: [DONE]\n\n")
    }

    private var sendsUsage: Bool {
        if case .withoutUsage = self.behavior { return false }
        return self.request.includesUsage
    }

    @Net private func send(delta: JSON, finishReason: JSON = .null, to writer: ResponseWriter) async throws {
        let choice: JSON = ["index": 0, "delta": delta, "logprobs": .null, "finish_reason": finishReason]
        var chunk = self.chunk(choices: [choice])
        if self.sendsUsage { chunk["usage"] = .null }
        try await writer.write("data: \(JSON.object(chunk).text)\n\n")
    }

    private func chunk(choices: [JSON]) -> JSONObject {
        [
            "id": "chatcmpl-\(self.number)", "object": "chat.completion.chunk", "created": 1_790_000_000,
            "model": .string(self.request.model), "service_tier": "default", "system_fingerprint": "fp_loopback",
            "choices": .array(choices),
        ]
    }
}

// MARK: - Answers in one piece

extension ModelAnswerWriter {
    private func id(of call: Int) -> String { call == 0 ? "call_\(self.number)" : "call_\(self.number)_\(call)" }

    private var calls: [ModelBehavior.Call] {
        switch self.behavior {
        case .toolCall(let name, let arguments): [ModelBehavior.Call(name, arguments)]
        case .calls(_, let calls): calls
        default: []
        }
    }

    private var whole: JSON {
        var message: JSONObject = ["role": "assistant", "content": .string(self.text), "refusal": .null]
        if !self.calls.isEmpty {
            message["content"] = self.text.isEmpty ? .null : .string(self.text)
            message["tool_calls"] = .array(
                self.calls.enumerated().map { index, call in
                    [
                        "id": .string(self.id(of: index)), "type": "function",
                        "function": ["name": .string(call.name), "arguments": .string(call.arguments)],
                    ]
                })
        }
        let choice: JSON = [
            "index": 0, "message": .object(message), "logprobs": .null, "finish_reason": .string(self.finishReason),
        ]
        return [
            "id": "chatcmpl-\(self.number)", "object": "chat.completion", "created": 1_790_000_000,
            "model": .string(self.request.model), "choices": [choice], "usage": self.usage,
            "system_fingerprint": "fp_loopback",
        ]
    }
}
