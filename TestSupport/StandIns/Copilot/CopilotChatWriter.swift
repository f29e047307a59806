internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON

/// Writes one chat completion as the Copilot API does: filter results first, then the role, token counts in a chunk
/// without choices.
struct CopilotChatWriter: Sendable {
    /// The connection breaks here.
    struct Drop: Error {}

    let chat: CopilotChat
    let behavior: ModelBehavior
    /// The request's number, used in ids.
    let number: Int
    /// Called at the beginning (true) and the end of a streamed answer.
    let note: @Sendable (Bool) -> Void

    var response: HTTPServerResponse {
        if case .webPage = self.behavior { return .html("<!DOCTYPE html><html><body>Sign in</body></html>") }
        guard self.chat.isStreamed else { return .json(self.whole) }
        return HTTPServerResponse(
            .ok, headers: ["Content-Type": "text/event-stream", "Cache-Control": "no-cache"],
            body: .streamOnLoop { writer in try await self.write(to: writer) })
    }

    @Net private func write(to writer: ResponseWriter) async throws {
        self.note(true)
        defer { self.note(false) }
        switch self.behavior {
        case .rubbish:
            try await writer.write("data: {broken\n\ndata: ]]]\n\n")
        case .events(let lines):
            for line in lines { try await writer.write("data: \(line)\n\n") }
        default:
            try await self.writeAnswer(to: writer)
        }
    }

    @Net private func writeAnswer(to writer: ResponseWriter) async throws {
        var filter = self.chunk(choices: [])
        filter["created"] = 0
        filter["id"] = ""
        filter["prompt_filter_results"] = [["prompt_index": 0, "content_filter_results": [:]]]
        try await self.send(filter, to: writer)
        try await self.send(delta: ["role": "assistant", "content": ""], to: writer)
        if case .answer(_, _, _, let delay) = self.behavior, delay > .zero {
            try await EventLoop.shared.sleep(for: delay)
        }
        if case .reasoning(let thought, _) = self.behavior {
            try await self.send(delta: ["reasoning_text": .string(thought)], to: writer)
        }
        if case .toolCall(let name, let arguments) = self.behavior {
            try await self.sendToolCall(name, arguments, to: writer)
        }
        try await AnswerPieces(self.behavior, text: self.chat.text(of: self.behavior)).forEach { piece in
            try await self.send(delta: ["content": .string(piece)], to: writer)
        }
        switch self.behavior {
        case .stall: try await EventLoop.shared.sleep(for: .seconds(86_400))
        case .drop: throw Drop()
        case .errorInStream(_, let message):
            let error: JSON = ["error": ["message": .string(message), "code": "server_error"]]
            try await writer.write("data: \(error.text)\n\n")
        default: try await self.sendEnd(to: writer)
        }
    }

    @Net private func sendToolCall(_ name: String, _ arguments: String, to writer: ResponseWriter) async throws {
        let function: JSON = ["name": .string(name), "arguments": ""]
        let first: JSON = ["index": 0, "id": "call_\(self.number)", "type": "function", "function": function]
        try await self.send(delta: ["content": .null, "tool_calls": [first]], to: writer)
        var rest = arguments[...]
        while !rest.isEmpty {
            let fragment: JSON = ["index": 0, "function": ["arguments": .string(String(rest.prefix(5)))]]
            rest = rest.dropFirst(5)
            try await self.send(delta: ["tool_calls": [fragment]], to: writer)
        }
    }

    @Net private func sendEnd(to writer: ResponseWriter) async throws {
        try await self.send(delta: [:], finishReason: .string(self.finishReason), to: writer)
        var last = self.chunk(choices: [])
        last["usage"] = self.chat.usage(of: self.behavior)
        if case .withoutUsage = self.behavior {} else { try await self.send(last, to: writer) }
        if case .withoutDoneMark = self.behavior { return }
        try await writer.write("data: [DONE]\n\n")
    }

    @Net private func send(delta: JSON, finishReason: JSON = .null, to writer: ResponseWriter) async throws {
        let choice: JSON = [
            "index": 0, "content_filter_offsets": ["check_offset": 0], "delta": delta, "finish_reason": finishReason,
        ]
        try await self.send(self.chunk(choices: [choice]), to: writer)
    }

    @Net private func send(_ chunk: JSONObject, to writer: ResponseWriter) async throws {
        try await writer.write("data: \(JSON.object(chunk).text)\n\n")
    }

    private func chunk(choices: [JSON]) -> JSONObject {
        [
            "id": "chatcmpl-\(self.number)", "object": "chat.completion.chunk", "created": 1_790_000_000,
            "model": .string(self.chat.model), "choices": .array(choices),
        ]
    }

    private var finishReason: String {
        switch self.behavior {
        case .finish(_, let reason): reason
        case .toolCall: "tool_calls"
        default: "stop"
        }
    }

    /// An answer in one piece. With a tool call, text and call come in two choices, as some models do it.
    private var whole: JSON {
        let message: JSON = ["role": "assistant", "content": .string(self.chat.text(of: self.behavior))]
        var choices: [JSON] = [["index": 0, "message": message, "finish_reason": .string(self.finishReason)]]
        if case .toolCall(let name, let arguments) = self.behavior {
            let function: JSON = ["name": .string(name), "arguments": .string(arguments)]
            let call: JSON = ["id": "call_\(self.number)", "type": "function", "function": function]
            let message: JSON = ["role": "assistant", "content": .null, "tool_calls": [call]]
            choices.append(["index": 1, "message": message, "finish_reason": "tool_calls"])
        }
        return [
            "id": "chatcmpl-\(self.number)", "object": "chat.completion", "created": 1_790_000_000,
            "model": .string(self.chat.model), "choices": .array(choices), "usage": self.chat.usage(of: self.behavior),
        ]
    }
}
