internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON

/// Writes one answer of the responses endpoint: named events with a sequence number, the complete response at the end.
struct CopilotResponsesWriter: Sendable {
    let chat: CopilotChat
    let behavior: ModelBehavior
    /// The request's number, used in ids.
    let number: Int
    /// Called at the beginning (true) and the end of a streamed answer.
    let note: @Sendable (Bool) -> Void

    var response: HTTPServerResponse {
        guard self.chat.isStreamed else { return .json(self.document(status: self.status, output: self.output)) }
        return HTTPServerResponse(
            .ok, headers: ["Content-Type": "text/event-stream", "Cache-Control": "no-cache"],
            body: .streamOnLoop { writer in
                var stream = EventSequence(writer: writer)
                try await self.write(to: &stream)
            })
    }

    /// Numbers the events that it sends.
    private struct EventSequence {
        let writer: ResponseWriter
        var next = 0

        @Net mutating func send(_ type: String, _ members: JSONObject) async throws {
            var event: JSONObject = ["type": .string(type), "sequence_number": JSON(self.next)]
            event.merge(members)
            self.next += 1
            try await self.writer.write("event: \(type)\ndata: \(JSON.object(event).text)\n\n")
        }
    }

    @Net private func write(to stream: inout EventSequence) async throws {
        self.note(true)
        defer { self.note(false) }
        if case .events(let lines) = self.behavior {
            for line in lines { try await stream.writer.write("data: \(line)\n\n") }
            return
        }
        try await stream.send("response.created", ["response": self.document(status: "in_progress", output: [])])
        if case .answer(_, _, _, let delay) = self.behavior, delay > .zero {
            try await EventLoop.shared.sleep(for: delay)
        }
        if case .reasoning(let thought, _) = self.behavior {
            try await stream.send(
                "response.reasoning_summary_text.delta",
                ["item_id": "rs_1", "output_index": 0, "summary_index": 0, "delta": .string(thought)])
        }
        if case .toolCall(let name, let arguments) = self.behavior {
            try await self.writeCall(name, arguments, to: &stream)
        } else {
            try await self.writeText(to: &stream)
        }
        try await self.writeEnd(to: &stream)
    }

    @Net private func writeText(to stream: inout EventSequence) async throws {
        let item: JSON = [
            "id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": [],
        ]
        try await stream.send("response.output_item.added", ["output_index": 0, "item": item])
        var sequence = stream
        try await AnswerPieces(self.behavior, text: self.chat.text(of: self.behavior)).forEach { piece in
            try await sequence.send(
                "response.output_text.delta",
                ["item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": .string(piece), "logprobs": []])
        }
        stream = sequence
    }

    /// The item's id differs between its first and last event, as in the real API.
    @Net private func writeCall(
        _ name: String, _ arguments: String, to stream: inout EventSequence
    ) async throws {
        let begun: JSON = [
            "id": "fc_begun", "type": "function_call", "call_id": "call_\(self.number)", "name": .string(name),
            "arguments": "", "status": "in_progress",
        ]
        try await stream.send("response.output_item.added", ["output_index": 0, "item": begun])
        var rest = arguments[...]
        while !rest.isEmpty {
            try await stream.send(
                "response.function_call_arguments.delta",
                ["item_id": "fc_begun", "output_index": 0, "delta": .string(String(rest.prefix(5)))])
            rest = rest.dropFirst(5)
        }
        try await stream.send(
            "response.function_call_arguments.done",
            ["item_id": "fc_begun", "output_index": 0, "name": .string(name), "arguments": .string(arguments)])
        try await stream.send("response.output_item.done", ["output_index": 0, "item": self.output[0]])
    }

    @Net private func writeEnd(to stream: inout EventSequence) async throws {
        switch self.behavior {
        case .stall: try await EventLoop.shared.sleep(for: .seconds(86_400))
        case .drop: throw CopilotChatWriter.Drop()
        case .withoutDoneMark: return  // the final event is missing
        case .errorInStream(_, let message):
            var document = self.document(status: "failed", output: []).objectValue ?? [:]
            document["error"] = ["code": "server_error", "message": .string(message)]
            try await stream.send("response.failed", ["response": .object(document)])
        default:
            let status = self.status
            try await stream.send(
                "response.\(status)", ["response": self.document(status: status, output: self.output)])
        }
    }

    private var status: String {
        if case .finish = self.behavior { "incomplete" } else { "completed" }
    }

    private var output: [JSON] {
        if case .toolCall(let name, let arguments) = self.behavior {
            return [
                [
                    "id": "fc_ended", "type": "function_call", "call_id": "call_\(self.number)", "name": .string(name),
                    "arguments": .string(arguments), "status": "completed",
                ]
            ]
        }
        let text: JSON = [
            "type": "output_text", "text": .string(self.chat.text(of: self.behavior)), "annotations": [],
            "logprobs": [],
        ]
        return [["id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [text]]]
    }

    private func document(status: String, output: [JSON]) -> JSON {
        var document: JSONObject = [
            "id": "resp_\(self.number)", "object": "response", "created_at": 1_790_000_000, "status": .string(status),
            "model": .string(self.chat.model), "output": .array(output), "error": .null, "incomplete_details": .null,
            "instructions": .null, "metadata": [:], "parallel_tool_calls": true, "temperature": 1,
            "tool_choice": "auto",
            "tools": [], "top_p": 1, "store": false,
        ]
        if case .finish(_, let reason) = self.behavior, status == "incomplete" {
            document["incomplete_details"] = ["reason": .string(reason == "length" ? "max_output_tokens" : reason)]
        }
        if status != "in_progress" {
            let usage = self.chat.usage(of: self.behavior)
            let input = usage["prompt_tokens"] ?? 0, output = usage["completion_tokens"] ?? 0
            document["usage"] = [
                "input_tokens": input, "input_tokens_details": ["cached_tokens": 0], "output_tokens": output,
                "output_tokens_details": ["reasoning_tokens": 0], "total_tokens": usage["total_tokens"] ?? 0,
            ]
        }
        return .object(document)
    }
}
