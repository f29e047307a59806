import JSON
import TestSupport
import Testing

@testable import Models

/// What endpoints want back with calls: thoughts and signatures.
@Suite("Thoughts and signatures in chat completions")
struct ChatFieldsTests {
    private func items(_ deltas: [JSON]) throws -> [JSON] {
        var stream = ChatCompletionStream()
        for delta in deltas { _ = try stream.receive(["choices": [["index": 0, "delta": delta]]]) }
        _ = try stream.receive(["choices": [["index": 0, "delta": [:], "finish_reason": "tool_calls"]]])
        for event in try stream.end() { if case .items(let items) = event { return items } }
        return []
    }

    private static let call: JSON = [
        "tool_calls": [["index": 0, "id": "c1", "type": "function", "function": ["name": "read", "arguments": "{}"]]]
    ]

    private func message(_ items: [JSON], _ dialect: OpenAIDialect = OpenAIDialect(host: "h")) throws -> JSON {
        let request = ModelRequest(messages: [
            ModelMessage(.user, "Do it."),
            ModelMessage(
                .assistant, "", toolCalls: [ToolCall(id: "c1", name: "read", arguments: "{}")], items: items),
            ModelMessage(.tool, "a text", toolCallID: "c1"),
        ])
        return try JSON.parse(dialect.body(request, model: "m"))["messages"]?[1] ?? .null
    }

    @Test("pieces of thoughts beyond 1 MiB are not read", .timeLimit(.minutes(1)))
    func endlessDetails() throws {
        // Joined one by one, they would copy more than a terabyte.
        let piece: JSON = ["type": "reasoning.text", "index": 0, "text": .string(String(repeating: "a", count: 30))]
        let many: JSON = ["reasoning_details": .array([JSON](repeating: piece, count: 300_000))]
        #expect(try self.items([many, Self.call]).isEmpty)
        let few: JSON = ["reasoning_details": [piece, piece]]
        let text = try self.items([few, Self.call]).first.map { try self.message([$0]) }?["reasoning_details"]
        expectEqual(text?[0]?["text"]?.stringValue?.utf8.count, 60)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let deltas: [JSON]
        let members: [String: JSON]
    }

    @Test(
        "what came with a call goes back with it under the same name",
        arguments: [
            Case(
                testDescription: "DeepSeek, Kimi, vLLM",
                deltas: [["reasoning_content": "Let "], ["reasoning_content": "me."], ChatFieldsTests.call],
                members: ["reasoning_content": "Let me."]),
            Case(
                testDescription: "an empty thought", deltas: [["reasoning_content": ""], ChatFieldsTests.call],
                members: ["reasoning_content": ""]),
            Case(
                testDescription: "Copilot",
                deltas: [["reasoning_text": "hm"], ["reasoning_opaque": "x=="], ChatFieldsTests.call],
                members: ["reasoning_text": "hm", "reasoning_opaque": "x=="]),
            Case(
                testDescription: "OpenRouter",
                deltas: [
                    [
                        "reasoning": "a", "reasoning_details": [["type": "reasoning.text", "text": "a", "index": 0]],
                    ],
                    [
                        "reasoning": "b", "reasoning_details": [["type": "reasoning.text", "text": "b", "index": 0]],
                    ],
                    ["reasoning_details": [["type": "reasoning.text", "signature": "s", "text": .null, "index": 0]]],
                    ChatFieldsTests.call,
                ],
                members: [
                    "reasoning": "ab",
                    "reasoning_details": [
                        ["type": "reasoning.text", "text": "ab", "index": 0, "signature": "s"]
                    ],
                ]),
        ])
    func members(_ example: Case) throws {
        let message = try self.message(try self.items(example.deltas))
        for (name, value) in example.members { expectEqual(message[name], value, "\(name)") }
        expectEqual(message["tool_calls"]?[0]?["id"], "c1")
    }

    @Test("signatures go back with their call")
    func signatures() throws {
        let call: JSON = [
            "index": 0, "id": "c1", "extra_content": ["google": ["thought_signature": "g"]],
            "function": ["name": "read", "arguments": "{}", "thought_signature": "f"],
        ]
        let sent = try self.message(try self.items([["tool_calls": [call]]]))["tool_calls"]?[0]
        expectEqual(sent?["extra_content"]?["google"]?["thought_signature"], "g")
        #expect(sent?["function"]?["thought_signature"] == "f" && sent?["function"]?["name"] == "read")
    }

    @Test("an answer without calls ends the turn, so nothing goes back")
    func withoutCalls() throws {
        #expect(try self.items([["reasoning_content": "hm"], ["content": "Done."]]).isEmpty)
        #expect(try self.items([Self.call]).isEmpty)
    }

    @Test("the responses endpoint does not get them, and no answer is lost for it")
    func responses() throws {
        let items = try self.items([["reasoning_text": "hm"], Self.call])
        let request = ModelRequest(messages: [
            ModelMessage(.assistant, "", toolCalls: [ToolCall(id: "c1", name: "read", arguments: "{}")], items: items)
        ])
        let body = try JSON.parse(ResponsesRequest.body(request, model: "m", hasLimit: true))
        expectEqual(body["input"]?.arrayValue?.map { $0["type"]?.stringValue ?? "" }, ["function_call"])
        expectEqual(ChatFields.kept(items + [["type": "reasoning"]], isWhole: false), items)
        expectEqual(ChatFields.kept(items, isWhole: true), items)
    }

    @Test(
        "an endpoint that misses a thought gets one with every answer",
        arguments: [
            "The `reasoning_content` in the thinking mode must be passed back to the API.",
            "Missing `reasoning_content` field in the assistant message at message index 2.",
            "thinking is enabled but reasoning_content is missing in assistant tool call message at index 2",
        ])
    func missing(refusal: String) throws {
        let memory = DialectMemory(OpenAIDialect(host: "h"))
        let answer = EndpointRefusal(status: 400, body: Array(refusal.utf8))
        #expect(memory.adapt(memory.dialect(of: "m"), of: "m", to: answer))
        try expectEqual(self.message([], memory.dialect(of: "m"))["reasoning_content"], " ")
        let items = try self.items([["reasoning_content": "hm"], Self.call])
        try expectEqual(self.message(items, memory.dialect(of: "m"))["reasoning_content"], "hm")
        #expect(!memory.adapt(memory.dialect(of: "m"), of: "m", to: answer))
    }

    @Test("an endpoint that wants no thoughts gets none")
    func unwanted() throws {
        let memory = DialectMemory(OpenAIDialect(host: "h"))
        let answer = EndpointRefusal(status: 400, body: Array("Unknown field: reasoning_content".utf8))
        #expect(memory.adapt(memory.dialect(of: "m"), of: "m", to: answer))
        let items = try self.items([["reasoning_content": "hm"], Self.call])
        try expectEqual(self.message(items, memory.dialect(of: "m"))["reasoning_content"], nil)
    }

    @Test(
        "parallel calls and summaries of thoughts are asked for until they are refused",
        arguments: [
            ("Unsupported parameter: 'parallel_tool_calls'", false, true),
            ("Unsupported parameter: 'reasoning.summary' is not supported with this model.", true, false),
            ("Your organization must be verified to generate reasoning summaries.", true, false),
        ])
    func parameters(refusal: String, isParallel: Bool, asksForSummary: Bool) throws {
        let memory = DialectMemory(OpenAIDialect(host: "h"))
        var request = ModelRequest(
            messages: [ModelMessage(.user, "Hi")], tools: [ModelTool(name: "f", description: "", parameters: [:])])
        func sent() throws -> JSON? {
            try JSON.parse(memory.dialect(of: "m").body(request, model: "m"))["parallel_tool_calls"]
        }
        try expectEqual(sent(), nil)
        request.callsInParallel = true
        #expect(try sent() == true && memory.dialect(of: "m").asksForSummary)
        let answer = EndpointRefusal(status: 400, body: Array(refusal.utf8))
        #expect(memory.adapt(memory.dialect(of: "m"), of: "m", to: answer))
        try expectEqual(sent(), isParallel ? true : nil)
        expectEqual(memory.dialect(of: "m").asksForSummary, asksForSummary)
    }
}
