import JSON
import Models
import TestSupport
import Testing

/// Each case is one stream of an endpoint, with one data line per entry.
@Suite("Reading a chat completion stream")
struct ChatCompletionStreamTests {
    private func read(_ lines: [String]) throws -> [ModelEvent] {
        var stream = ChatCompletionStream()
        var events: [ModelEvent] = []
        for line in lines { events += try stream.receive(Array(line.utf8)) }
        return events + (try stream.end())
    }

    private func text(_ text: String) -> String { #"{"choices":[{"index":0,"delta":{"content":"\#(text)"}}]}"# }

    private let stop = #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#

    @Test("the usual stream: filter results, role, text, finish, usage, done")
    func usual() throws {
        let events = try self.read([
            #"{"choices":[],"created":0,"prompt_filter_results":[{"prompt_index":0}]}"#,
            #"{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#,
            #"{"choices":[{"index":0,"delta":{"role":"assistant","content":null}}]}"#,
            self.text("Hel"), self.text("lo"), self.stop,
            #"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}"#, "[DONE]",
        ])
        expectEqual(
            events,
            [
                .delta("Hel"), .delta("lo"), .usage(TokenUsage(input: 9, output: 2)), .finished(.stop),
            ])
    }

    @Test("usage may come with the finish reason, and the last one counts")
    func usageInFinishChunk() throws {
        let events = try self.read([
            #"{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":9,"completion_tokens":1}}"#,
            #"{"choices":[{"delta":{},"finish_reason":"STOP"}],"usage":{"prompt_tokens":9,"completion_tokens":5}}"#,
        ])
        expectEqual(events, [.delta("a"), .usage(TokenUsage(input: 9, output: 5)), .finished(.stop)])
    }

    @Test(
        "finish reasons",
        arguments: [
            ("stop", FinishReason.stop), ("length", .length), ("MAX_TOKENS", .length),
            ("content_filter", .contentFilter), ("tool_calls", .toolCalls), ("function_call", .toolCalls),
            ("odd", .other("odd")),
        ])
    func finish(reason: String, expected: FinishReason) throws {
        let events = try self.read([self.text("a"), #"{"choices":[{"delta":{},"finish_reason":"\#(reason)"}]}"#])
        expectEqual(events.last, .finished(expected))
    }

    @Test("a stream with an answer and the end mark is complete without a finish reason")
    func doneWithoutFinish() throws {
        try expectEqual(self.read([self.text("a"), "[DONE]"]), [.delta("a"), .finished(.stop)])
    }

    @Test("everything after the end mark is ignored")
    func afterDone() throws {
        try expectEqual(self.read([self.text("a"), self.stop, " [DONE] ", self.text("b")]).count, 2)
    }

    @Test("a stream without finish reason and end mark counts as interrupted", arguments: [[], ["a"], ["a", "b"]])
    func endWithoutFinish(pieces: [String]) throws {
        var stream = ChatCompletionStream()
        for piece in pieces { _ = try stream.receive(Array(self.text(piece).utf8)) }
        let error = #expect(throws: ModelError.self) { try stream.end() }
        expectEqual(error?.code, .interrupted)
        expectEqual(stream.hasAnswer, !pieces.isEmpty)
    }

    @Test("the end mark alone is not an answer")
    func doneAlone() {
        #expect(throws: ModelError.self) { try self.read(["[DONE]"]) }
    }

    @Test("an empty answer with a finish reason is complete")
    func emptyAnswer() throws {
        try expectEqual(self.read([self.stop, "[DONE]"]), [.finished(.stop)])
    }

    @Test("lines that are not chunks are skipped", arguments: ["keep-alive", ": ping", "", " ", "null", "[]", "7"])
    func noise(line: String) throws {
        try expectEqual(self.read([self.text("a"), line, self.stop]), [.delta("a"), .finished(.stop)])
    }

    @Test("an answer with an invalid chunk has lost parts, and says so")
    func brokenChunk() {
        let error = #expect(throws: ModelError.self) {
            try self.read([self.text("a"), #"{"choices":[{"delta":{"cont"#, self.stop])
        }
        expectEqual(error?.code, .malformed)
        expectEqual(
            error?.message,
            "Parts of the answer were lost: the stream of The model endpoint contained a malformed event (not "
                + "valid JSON); try again.")
    }

    @Test("malformed events without an answer are said as what they are")
    func onlyBrokenChunks() {
        let broken = #"{"choices":[{"delta":{"cont"#
        let error = #expect(throws: ModelError.self) { try self.read([broken, broken, "[DONE]"]) }
        expectEqual(error?.code, .invalidResponse)
        expectEqual(error?.message.contains("contained 2 malformed events (not valid JSON), and no answer"), true)
    }

    @Test("a stream of garbage is not a chat completion", arguments: ["<html>", "{not json}", "\u{1}\u{2}", "{]"])
    func rubbish(line: String) {
        let error = #expect(throws: ModelError.self) { try self.read([line, line]) }
        expectEqual(error?.code, .invalidResponse)
    }

    @Test(
        "reasoning has several names and is reported once",
        arguments: [
            #"{"reasoning_content":"hm"}"#, #"{"reasoning":"hm"}"#, #"{"reasoning_text":"hm"}"#,
            #"{"reasoning":"hm","reasoning_content":"hm"}"#,
            #"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]}"#,
        ])
    func reasoning(delta: String) throws {
        let events = try self.read([#"{"choices":[{"delta":\#(delta)}]}"#, self.text("a"), self.stop])
        expectEqual(events, [.reasoning("hm"), .delta("a"), .finished(.stop)])
    }

    @Test("content in parts, refusals and whole messages are text")
    func otherText() throws {
        let events = try self.read([
            #"{"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}"#,
            #"{"choices":[{"delta":{"refusal":"no"}}]}"#,
            #"{"choices":[{"message":{"role":"assistant","content":"whole"},"finish_reason":"stop"}]}"#,
        ])
        expectEqual(events, [.delta("a"), .delta("b"), .delta("no"), .delta("whole"), .finished(.stop)])
    }

    @Test("an error object in the stream: its status and message count")
    func errorObject() {
        let rate = #"{"error":{"message":"Slow down","code":"rate_limit_exceeded","type":"requests","status":429}}"#
        let error = #expect(throws: ModelError.self) { try self.read([rate]) }
        expectEqual(error?.code, .rateLimited)
        let overloaded = #"{"error":{"message":"Overloaded","code":529}}"#
        expectEqual(#expect(throws: ModelError.self) { try self.read([overloaded]) }?.code, .unavailable)
        let cut = #expect(throws: ModelError.self) { try self.read([self.text("a"), overloaded]) }
        expectEqual(cut?.code, .interrupted)
        expectEqual(cut?.message.contains("Overloaded"), true)
        expectEqual(#expect(throws: ModelError.self) { try self.read([#"{"error":"oops"}"#]) }?.code, .unavailable)
    }

    @Test("a null error is ignored")
    func nullError() throws {
        try expectEqual(
            self.read([#"{"error":null,"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#]),
            [.delta("a"), .finished(.stop)])
    }

    private func calls(_ fragments: [String], finish: String = "tool_calls") throws -> [ToolCall] {
        let lines = fragments.map { #"{"choices":[{"index":0,"delta":{"tool_calls":[\#($0)]}}]}"# }
        let events = try self.read(lines + [#"{"choices":[{"delta":{},"finish_reason":"\#(finish)"}]}"#])
        return events.compactMap { if case .toolCall(let call) = $0 { call } else { nil } }
    }

    @Test("tool calls in fragments, by index")
    func toolCalls() throws {
        let calls = try self.calls([
            #"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}"#,
            #"{"index":0,"function":{"arguments":"{\"x\""}}"#,
            #"{"index":1,"id":"b","function":{"name":"g"}}"#,
            #"{"index":0,"function":{"arguments":":1}"}}"#,
        ])
        expectEqual(
            calls,
            [
                ToolCall(id: "a", name: "f", arguments: #"{"x":1}"#), ToolCall(id: "b", name: "g", arguments: "{}"),
            ])
    }

    @Test("tool calls without index, with index 0 for all, with repeated names, and with finish reason stop")
    func oddToolCalls() throws {
        let withoutIndex = try self.calls([
            #"{"id":"a","function":{"name":"f","arguments":"{"}}"#, #"{"function":{"arguments":"}"}}"#,
            #"{"id":"b","function":{"name":"g","arguments":"{}"}}"#,
        ])
        expectEqual(withoutIndex.map(\.name), ["f", "g"])
        let allZero = try self.calls(
            [
                #"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}"#,
                #"{"index":0,"id":"a","function":{"name":"f","arguments":"1}"}}"#,
                #"{"index":0,"id":"b","function":{"name":"g","arguments":"{}"}}"#,
            ], finish: "stop")
        expectEqual(
            allZero,
            [
                ToolCall(id: "a", name: "f", arguments: #"{"x":1}"#), ToolCall(id: "b", name: "g", arguments: "{}"),
            ])
    }

    @Test("complete tool calls with neither id nor index are separate calls, and get ids")
    func anonymousToolCalls() throws {
        let calls = try self.calls([
            #"{"function":{"name":"f","arguments":"{\"x\":1}"}}"#, #"{"function":{"name":"f","arguments":{"x":2}}}"#,
        ])
        expectEqual(calls.map(\.arguments), [#"{"x":1}"#, #"{"x":2}"#])
        expectEqual(calls.map(\.id), ["call_1", "call_2"])
    }

    @Test("arguments that look complete again and again are not parsed each time", .timeLimit(.minutes(1)))
    func looksComplete() throws {
        var stream = ChatCompletionStream()
        func take(_ calls: [JSON]) throws {
            _ = try stream.receive(["choices": [["index": 0, "delta": ["tool_calls": .array(calls)]]]])
        }
        let start = "{\"a\":\"" + String(repeating: "x", count: 900_000)
        try take([["index": 0, "function": ["name": "f", "arguments": .string(start)]]])
        // Parsed each time, the arguments would take half an hour.
        try take([JSON](repeating: ["index": 0, "function": ["name": "f", "arguments": "}"]], count: 20_000))
        _ = try stream.receive(["choices": [["index": 0, "delta": [:], "finish_reason": "tool_calls"]]])
        var lengths: [Int] = []
        for event in try stream.end() {
            if case .toolCall(let call) = event { lengths.append(call.arguments.utf8.count) }
        }
        expectEqual(lengths, [start.utf8.count + 20_000])
    }

    @Test("ids are compared by their bytes")
    func equivalentIDs() throws {
        let calls = try self.calls(
            ["e\u{301}", "\u{E9}"].map { #"{"id":"\#($0)","function":{"name":"f","arguments":"{}"}}"# })
        expectEqual(calls.map { Array($0.id.utf8) }, [[0x65, 0xCC, 0x81], [0xC3, 0xA9]])
    }

    @Test("ids that are equal only as Unicode sees it take no longer than others", .timeLimit(.minutes(1)))
    func longIDs() throws {
        var stream = ChatCompletionStream()
        func take(_ text: String, _ numbers: Range<Int>) throws {
            for number in numbers {
                let call: JSON = ["id": .string(text + "\(number)"), "function": ["name": "f", "arguments": "{}"]]
                _ = try stream.receive(["choices": [["index": 0, "delta": ["tool_calls": [call]]]]])
            }
        }
        try take(String(repeating: "\u{E9}", count: 5_300), 0..<36)
        try take(String(repeating: "e\u{301}", count: 5_300), 36..<72)
        // Their ids together are longer than the arguments of an answer may be.
        #expect(throws: ModelError.self) { try take(String(repeating: "e", count: 16_000), 72..<90) }
    }

    @Test("the old form of a function call is a tool call")
    func functionCall() throws {
        let events = try self.read([
            #"{"choices":[{"delta":{"function_call":{"name":"f","arguments":"{\"a\""}}}]}"#,
            #"{"choices":[{"delta":{"function_call":{"arguments":":2}"}},"finish_reason":"function_call"}]}"#,
        ])
        expectEqual(
            events,
            [
                .toolCall(ToolCall(id: "call_1", name: "f", arguments: #"{"a":2}"#)), .finished(.toolCalls),
            ])
    }

    @Test("a failing stream never yields its pending tool calls")
    func pendingToolCalls() throws {
        var stream = ChatCompletionStream()
        let fragment = #"{"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"rm","arguments":"{"}}]}}]}"#
        #expect(try stream.receive(Array(fragment.utf8)).isEmpty)
        #expect(throws: ModelError.self) { try stream.end() }
    }

    @Test(
        "shapes that no endpoint should send are ignored",
        arguments: [
            #"{"choices":{}}"#, #"{"choices":[1,null,"x",[]]}"#, #"{"choices":[{"delta":"x"}]}"#, #"{"choices":[{}]}"#,
            #"{"choices":[{"delta":{"content":5}}],"usage":7}"#, #"{"choices":[{"delta":{"tool_calls":[null,3,{}]}}]}"#,
            #"{"usage":{"prompt_tokens":"many"}}"#,
        ])
    func oddShapes(line: String) throws {
        let events = try self.read([line, self.text("a"), self.stop])
        expectEqual(events.first, .delta("a"))
        expectEqual(events.last, .finished(.stop))
    }
}
