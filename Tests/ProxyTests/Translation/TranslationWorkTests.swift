import JSON
import TestSupport
import Testing

@testable import Proxy

/// Requests that took minutes when each of their names was looked for among all others.
@Suite("The work of a translation", .timeLimit(.minutes(1)))
struct TranslationWorkTests {
    private static let names = (0..<100_000).map { "name\($0)" }

    @Test("an object's schema with many properties")
    func properties() {
        let properties = JSONObject(members: Self.names.map { ($0, ["type": "string"]) })
        let schema: JSON = [
            "type": "object", "additionalProperties": false, "properties": .object(properties),
            "required": .array(Self.names.reversed().map { .string($0) }),
        ]
        #expect(ToolSchema.canBeStrict(schema))
    }

    @Test("a choice among many tools")
    func choice() {
        var tools = Self.names.map { JSON(["function": ["name": .string($0)]]) }
        ToolSchema.keep(Self.names.reversed(), of: &tools)
        #expect(tools.count == Self.names.count)
    }

    @Test("a history with calls of many tools")
    func history() throws {
        let calls = Self.names.map { JSON(["id": "1", "function": ["name": .string($0)]]) }
        let request = try ChatToMessages.request(
            [
                "model": "m",
                "messages": [
                    ["role": "user", "content": "x"], ["role": "assistant", "tool_calls": .array(calls + calls)],
                ],
            ])
        #expect(request["tools"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == Self.names)
    }

    @Test("a request that would be more than twice as long in the other form is refused")
    func growth() async throws {
        let calls = Self.names.prefix(20_000).map { JSON(["id": "1", "function": ["name": .string($0)]]) }
        let request: JSON = ["model": "m", "messages": [["role": "assistant", "tool_calls": .array(calls)]]]
        await #expect(throws: ProxyRefusal.self) {
            try await EditedBody.make(request.bytes, model: nil, from: .chat, to: .messages, at: 0)
        }
    }

    @Test("an answer with more calls than any model makes", arguments: ModelAPI.allCases)
    func calls(_ upstream: ModelAPI) throws {
        func answer(_ count: Int) -> JSON {
            func calls(_ call: JSON) -> JSON { .array(Array(repeating: call, count: count)) }
            switch upstream {
            case .chat: return ["choices": [["message": ["tool_calls": calls(["function": ["name": "f"]])]]]]
            case .messages: return ["content": calls(["type": "tool_use", "name": "f"])]
            case .responses: return ["output": calls(["type": "function_call", "name": "f"])]
            }
        }
        try #expect(ModelAnswer(answer(256), from: upstream, AnswerContext()).pieces.count == 256)
        #expect(throws: AnswerFault.tooManyCalls) { try ModelAnswer(answer(257), from: upstream, AnswerContext()) }
    }

    @Test("an answer with more items than any model makes", arguments: ModelAPI.allCases)
    func items(_ upstream: ModelAPI) throws {
        func answer(_ count: Int) -> JSON {
            func many(_ item: JSON) -> JSON { .array(Array(repeating: item, count: count)) }
            switch upstream {
            case .chat: return ["choices": many(["message": ["content": "a"]])]
            case .messages: return ["content": many(["type": "text", "text": "a"])]
            case .responses: return ["output": [["type": "message", "content": many(["text": "a"])]]]
            }
        }
        try #expect(ModelAnswer(answer(1_024), from: upstream, AnswerContext()).pieces.count == 1_024)
        #expect(throws: AnswerFault.tooManyItems) { try ModelAnswer(answer(1_025), from: upstream, AnswerContext()) }
    }

    @Test("arguments without a name that come in many pieces")
    func earlyArguments() {
        var calls = ChatCalls()
        let fragment: JSON = ["index": 0, "function": ["arguments": "{}"]]
        // A copy of what came before at each would move some 250 GB.
        for _ in 0..<500_000 { _ = calls.take(fragment, answer: "1") }
        #expect(calls.fault == nil)
        let parts = calls.take(["index": 0, "function": ["name": "f"]], answer: "1")
        #expect(parts.count == 2)
        // All calls together have one limit.
        for number in 1..<30_000 where calls.fault == nil {
            let more: JSON = ["id": .string("c\(number % 200)"), "function": ["arguments": "{}"]]
            _ = calls.take(more, answer: "1")
        }
        #expect(calls.fault?.code == "upstream_too_long")
    }

    @Test("ids of calls are compared by their bytes, and stored ones are bounded")
    func ids() {
        /// All have equivalent characters, and different bytes.
        func call(_ number: Int, _ function: JSON) -> JSON {
            let beginning = (0..<8).map { number >> $0 & 1 == 0 ? "\u{E9}" : "e\u{301}" }.joined()
            return ["id": .string(beginning + String(repeating: "e\u{301}", count: 1_500)), "function": function]
        }
        var calls = ChatCalls()
        for number in 0..<256 { _ = calls.take(call(number, ["name": "f"]), answer: "1") }
        expectEqual(calls.missingArguments.count, 256)
        expectEqual(calls.take(call(7, ["arguments": "1"]), answer: "1"), [.arguments(7, "1")])
        // Without names they are stored until these come.
        var nameless = ChatCalls()
        for number in 0..<256 where nameless.fault == nil { _ = nameless.take(call(number, [:]), answer: "1") }
        expectEqual(nameless.fault?.code, "upstream_too_long")
    }

    @Test("an event with many pieces of one text becomes one piece", arguments: [ModelAPI.chat, .responses])
    func manyPieces(_ upstream: ModelAPI) {
        func many(_ piece: JSON) -> JSON { .array(Array(repeating: piece, count: 20_000)) }
        let event: JSON =
            switch upstream {
            case .chat: ["choices": many(["delta": ["content": "a"]])]
            case .messages, .responses:
                [
                    "type": "response.completed",
                    "response": ["output": [["type": "message", "content": many(["text": "a"])]]],
                ]
            }
        for client in ModelAPI.allCases where client != upstream {
            var stream = AnswerStream(from: upstream, to: client, AnswerContext())
            let output = stream.feed(Array("data: \(event.text)\n\n".utf8)) + stream.finish()
            #expect(output.count > 20_000 && output.count < 120_000)
        }
    }

    @Test("the pieces of an event that alternate have a limit in the client's form")
    func alternating() {
        let fragments = (0..<200).map { JSON(["index": .integer(Int64($0 % 2)), "function": ["arguments": "1"]]) }
        let begin = (0..<2).map {
            JSON(["index": .integer(Int64($0)), "id": .string("c\($0)"), "function": ["name": "f"]])
        }
        let chunk: JSON = ["choices": [["delta": ["tool_calls": .array(begin + fragments)]]]]
        let event = Array("data: \(chunk.text)\n\n".utf8)
        for (limit, isFault) in [(1 << 20, false), (10_000, true)] {
            var stream = AnswerStream(from: .chat, to: .messages, AnswerContext(), stepLimit: limit)
            let output = stream.feed(event)
            #expect(stream.hasEnded == isFault && (stream.fault != nil) == isFault)
            #expect(!isFault || output.count < 12_000)
        }
    }

    @Test("what the calls of a message have when they begin is bounded in all")
    func inputs() {
        var reader = MessagesReader(AnswerContext())
        let text = JSON.string(String(repeating: "a", count: 1 << 20))
        var parts: [AnswerPart] = []
        for index in 0..<33 {
            let block: JSON = ["type": "tool_use", "id": "c", "name": "f", "input": ["text": text]]
            parts = reader.read(
                ["type": "content_block_start", "index": .integer(Int64(index)), "content_block": block])
            if index < 31 { #expect(parts == [.call(index, id: "c", name: "f")]) }
        }
        guard case .fault(let fault)? = parts.last else {
            Issue.record("\(parts.count)")
            return
        }
        #expect(fault.code == "upstream_too_long")
    }

    @Test("usage with more members than there are kinds of tokens")
    func usage() {
        var reader = MessagesReader(AnswerContext())
        var members = JSONObject(members: Self.names.map { ($0, 1) })
        members["output_tokens"] = 7
        _ = reader.read(["type": "message_delta", "usage": .object(members)])
        #expect(reader.usage == ["output_tokens": 7])
    }

    @Test("an error that names more members than a request has")
    func refusedFields() {
        let error = Self.names.prefix(100).map { "x.\($0): Extra inputs are not permitted" }.joined(separator: "\n")
        #expect(RefusedField.all(in: Array(error.utf8)).count == 32)
    }
}
