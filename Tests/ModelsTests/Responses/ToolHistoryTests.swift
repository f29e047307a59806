import JSON
import TestSupport
import Testing

@testable import Models

/// How a conversation with calls and results is written for either endpoint.
@Suite("The history of calls in requests")
struct ToolHistoryTests {
    private let items: [JSON] = [
        ["id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gAAA"],
        ["id": "fc_1", "type": "function_call", "call_id": "c1", "name": "read", "arguments": "{}"],
    ]

    private func request(items: [JSON] = []) -> ModelRequest {
        ModelRequest(
            messages: [
                ModelMessage(.system, "You work."), ModelMessage(.user, "Do it."),
                ModelMessage(
                    .assistant, "Looking.", toolCalls: [ToolCall(id: "c1", name: "read", arguments: "{}")], items: items
                ),
                ModelMessage(.tool, "a text", toolCallID: "c1"),
            ], tools: [ModelTool(name: "read", description: "Reads.", parameters: ["type": "object"])])
    }

    @Test("chat completions: the calls in the answer, one tool message for each")
    func chat() throws {
        let body = try JSON.parse(OpenAIDialect(host: "h").body(self.request(items: self.items), model: "m"))
        let messages = try #require(body["messages"]?.arrayValue)
        let function: JSON = ["name": "read", "arguments": "{}"]
        expectEqual(
            messages.suffix(2),
            [
                [
                    "role": "assistant", "content": "Looking.",
                    "tool_calls": [["id": "c1", "type": "function", "function": function]],
                ], ["role": "tool", "content": "a text", "tool_call_id": "c1"],
            ])
    }

    @Test("responses: nothing is stored there, so thoughts are asked for and sent back unchanged before their call")
    func responses() throws {
        let body = try JSON.parse(
            ResponsesRequest.body(self.request(items: self.items), model: "m", hasLimit: true))
        #expect(body["store"] == false && body["include"] == ["reasoning.encrypted_content"])
        let output: JSON = ["type": "function_call_output", "call_id": "c1", "output": "a text"]
        expectEqual(body["input"]?.arrayValue?.suffix(3), [self.items[0], self.items[1], output])
        let plain = try JSON.parse(
            ResponsesRequest.body(
                self.request(items: self.items), model: "m", hasLimit: true, asksForReasoning: false, sendsItems: false)
        )
        expectEqual(plain["include"], nil)
        expectEqual(
            plain["input"]?.arrayValue?.suffix(3).map { $0["type"]?.stringValue ?? "" },
            [
                "message", "function_call", "function_call_output",
            ])
    }

    @Test("chat without tools asks for no thoughts")
    func chatWithoutTools() throws {
        let request = ModelRequest(messages: [ModelMessage(.user, "Hi")])
        let body = try JSON.parse(ResponsesRequest.body(request, model: "m", hasLimit: true))
        expectEqual(body["include"], nil)
    }

    @Test(
        "refusals of thoughts are learnt",
        arguments: [
            (#"{"error":{"code":"invalid_encrypted_content","message":"could not be verified"}}"#, true, false),
            (#"{"error":{"message":"Encrypted content is not supported with this model."}}"#, false, false),
        ])
    func refusals(body: String, asks: Bool, sends: Bool) {
        let memory = DialectMemory(OpenAIDialect(host: "h"))
        let refusal = EndpointRefusal(status: 400, body: Array(body.utf8))
        #expect(memory.adapt(memory.dialect(of: "m"), of: "m", to: refusal))
        #expect(memory.dialect(of: "m").asksForReasoning == asks && memory.dialect(of: "m").sendsItems == sends)
        #expect(!memory.adapt(memory.dialect(of: "m"), of: "m", to: refusal))
    }
}
