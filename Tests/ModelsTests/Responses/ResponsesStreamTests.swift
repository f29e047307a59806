import JSON
import Models
import TestSupport
import Testing

/// Each case is one stream of an endpoint, with the data of one event per entry.
@Suite("Reading a stream of the responses endpoint")
struct ResponsesStreamTests {
    private func read(_ lines: [String]) throws -> [ModelEvent] {
        var stream = ResponsesStream()
        var events: [ModelEvent] = []
        for line in lines { events += try stream.receive(Array(line.utf8)) }
        return events + (try stream.end())
    }

    private func text(_ text: String) -> String {
        #"{"type":"response.output_text.delta","item_id":"m","output_index":0,"content_index":0,"delta":"\#(text)"}"#
    }

    private let completed =
        #"{"type":"response.completed","response":{"status":"completed","output":[],"usage":{"input_tokens":9,"output_tokens":2}}}"#

    @Test("the usual stream: created, item, text, completed")
    func usual() throws {
        let events = try self.read([
            #"{"type":"response.created","response":{"status":"in_progress"}}"#,
            #"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","content":[]}}"#,
            self.text("Hel"), self.text("lo"),
            #"{"type":"response.output_text.done","output_index":0,"text":"Hello"}"#,
            #"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"Hello"}]}}"#,
            #"{"type":"response.completed","response":{"output":[{"type":"message","content":[{"text":"Hello"}]}],"usage":{"input_tokens":9,"output_tokens":2}}}"#,
        ])
        expectEqual(events, [.delta("Hel"), .delta("lo"), .usage(TokenUsage(input: 9, output: 2)), .finished(.stop)])
    }

    @Test("reasoning is kept apart from the answer")
    func reasoning() throws {
        let events = try self.read([
            #"{"type":"response.reasoning_summary_text.delta","output_index":0,"delta":"hm"}"#, self.text("a"),
            self.completed,
        ])
        expectEqual(events.prefix(2), [.reasoning("hm"), .delta("a")])
    }

    @Test("calls are assembled by their index, whatever their ids")
    func calls() throws {
        let events = try self.read([
            #"{"type":"response.output_item.added","output_index":1,"item":{"id":"x1","type":"function_call","call_id":"c1","name":"f","arguments":""}}"#,
            #"{"type":"response.output_item.added","output_index":2,"item":{"id":"x2","type":"function_call","call_id":"c2","name":"g","arguments":""}}"#,
            #"{"type":"response.function_call_arguments.delta","output_index":1,"item_id":"y1","delta":"{\"a\""}"#,
            #"{"type":"response.function_call_arguments.delta","output_index":1,"item_id":"y1","delta":":1}"}"#,
            #"{"type":"response.output_item.done","output_index":1,"item":{"id":"y1","type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"}}"#,
            self.completed,
        ])
        expectEqual(
            events,
            [
                .toolCall(ToolCall(id: "c1", name: "f", arguments: #"{"a":1}"#)),
                .toolCall(ToolCall(id: "c2", name: "g", arguments: "{}")),
                .usage(TokenUsage(input: 9, output: 2)), .finished(.toolCalls),
            ])
    }

    @Test("an answer that arrives only at the end is complete")
    func onlyAtTheEnd() throws {
        let events = try self.read([
            #"{"type":"response.completed","response":{"output":[{"type":"message","content":[{"type":"output_text","text":"all"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]}}"#
        ])
        expectEqual(
            events, [.delta("all"), .toolCall(ToolCall(id: "c", name: "f", arguments: "{}")), .finished(.toolCalls)])
    }

    @Test("a response in one piece is read the same way")
    func whole() throws {
        let events = try self.read([
            #"{"object":"response","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"all"}]}],"usage":{"input_tokens":1,"output_tokens":1}}"#
        ])
        expectEqual(events, [.delta("all"), .usage(TokenUsage(input: 1, output: 1)), .finished(.stop)])
    }

    @Test(
        "an incomplete response says why, and its pending calls are not run",
        arguments: [
            ("max_output_tokens", FinishReason.length), ("content_filter", .contentFilter), ("odd", .other("odd")),
        ])
    func incomplete(reason: String, expected: FinishReason) throws {
        let events = try self.read([
            self.text("a"),
            #"{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","call_id":"c","name":"f"}}"#,
            #"{"type":"response.incomplete","response":{"incomplete_details":{"reason":"\#(reason)"}}}"#,
        ])
        expectEqual(events, [.delta("a"), .finished(expected)])
    }

    @Test(
        "failures and errors fail the stream, before and after a piece of the answer",
        arguments: [
            #"{"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"Slow down"}}}"#,
            #"{"type":"error","code":"rate_limit_exceeded","message":"Slow down"}"#,
            #"{"type":"error","error":{"code":"rate_limit_exceeded","message":"Slow down"}}"#,
            #"{"error":{"code":"rate_limit_exceeded","message":"Slow down"}}"#,
        ])
    func failures(line: String) throws {
        expectEqual(#expect(throws: ModelError.self) { try self.read([line]) }?.code, .rateLimited)
        let cut = #expect(throws: ModelError.self) { try self.read([self.text("a"), line]) }
        #expect(cut?.code == .interrupted && cut?.cause == "Slow down")
    }

    @Test("a stream without an end event counts as interrupted, even after text", arguments: [[], ["a"], ["a", "b"]])
    func cut(pieces: [String]) throws {
        let error = #expect(throws: ModelError.self) { try self.read(pieces.map { self.text($0) } + ["[DONE]"]) }
        expectEqual(error?.code, .interrupted)
    }

    @Test(
        "events without new content are skipped",
        arguments: [
            "", "null", "7", "[]", "{}", #"{"type":7}"#, #"{"type":"response.new_thing","delta":[]}"#,
            #"{"type":"response.output_item.added","item":null}"#, #"{"type":"response.output_text.delta","delta":5}"#,
            #"{"type":"response.function_call_arguments.delta","output_index":9,"delta":"x"}"#, "keep-alive",
        ])
    func noise(line: String) throws {
        try expectEqual(self.read([line, self.text("a"), self.completed]).first, .delta("a"))
    }

    @Test("an answer with a malformed event has lost parts, and says so")
    func brokenEvent() {
        let lines = [self.text("a"), #"{"type":"response.output_text.delta","del"#, self.completed]
        let error = #expect(throws: ModelError.self) { try self.read(lines) }
        #expect(error?.code == .malformed && error?.message.contains("malformed event") == true)
    }

    @Test("garbage is not a response")
    func rubbish() {
        let error = #expect(throws: ModelError.self) { try self.read(["<html>", "{no"]) }
        expectEqual(error?.code, .invalidResponse)
    }

    @Test("an answer with encrypted thoughts comes as a whole as well, thoughts before their call")
    func items() throws {
        let thought = #"{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"gAAA"}"#
        let call = #"{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":"{}"}"#
        let events = try self.read([
            #"{"type":"response.output_item.done","output_index":0,"item":\#(thought)}"#,
            #"{"type":"response.output_item.done","output_index":1,"item":\#(call)}"#, self.completed,
        ])
        let items = [try JSON.parse(thought), try JSON.parse(call)]
        #expect(events.contains(.items(items)))
        let atTheEnd = try self.read([
            #"{"type":"response.completed","response":{"output":[\#(thought),\#(call)]}}"#
        ])
        #expect(atTheEnd.contains(.items(items)))
    }

    @Test("an answer without encrypted thoughts, and one that is cut, has no items")
    func noItems() throws {
        let thought = #"{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"gAAA"}"#
        let plain = try self.read([
            #"{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","summary":[]}}"#,
            self.completed,
        ])
        let cut = try self.read([
            #"{"type":"response.output_item.done","output_index":0,"item":\#(thought)}"#, self.text("a"),
            #"{"type":"response.incomplete","response":{"incomplete_details":{"reason":"max_output_tokens"}}}"#,
        ])
        for events in [plain, cut] {
            #expect(!events.contains { if case .items = $0 { true } else { false } })
        }
    }
}
