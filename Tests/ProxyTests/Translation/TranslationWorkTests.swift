import JSON
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
