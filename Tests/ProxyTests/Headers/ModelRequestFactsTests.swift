import TestSupport
import Testing

@testable import Proxy

@Suite("What a model request's body says")
struct ModelRequestFactsTests {
    @Test(
        "a tool's result in any form, and the model's own message, are the agent's turn",
        arguments: [
            (
                #"{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"4"}]}]}"#,
                true
            ),
            (
                #"{"messages":[{"content":[{"content":"4","type":"tool_result"},{"type":"text","text":"x"}],"role":"user"}]}"#,
                true
            ),
            (
                #"{"messages":[{"role":"user","content":[{"type":"tool_result"}]},{"role":"user","content":"hi"}]}"#,
                false
            ),
            (#"{"messages":[{"role":"user","content":[{"type":"text","text":"\"type\":\"tool_result\""}]}]}"#, false),
            (#"{"messages":[{"role":"user","content":[{"type":"text","meta":{"type":"tool_result"}}]}]}"#, false),
            (#"{"messages":[{"role":"function","name":"f","content":"4"}]}"#, true),
            (#"{"input":[{"type":"message","role":"user"},{"type":"custom_tool_call_output","output":"4"}]}"#, true),
            (#"{"input":[{"type":"local_shell_call_output"}, {"type":"message","role":"user"}]}"#, false),
            (#"{"input":[{"type":"function_call","arguments":"{}"}],"model":"m"}"#, true),
            (#"{"input":"hi"}"#, false), (#"{"messages":[]}"#, false), (#"{"messages":[{"role":"tool""#, false),
            (#"{"model":"m","messages":[ {"role" : "tool" } ] , "tools":[{"role":"user"}]}"#, true),
            (#"{"messages":[1,"x",null,[],{"role":"assistant"}]}"#, true), (#"[{"role":"tool"}]"#, false),
            (#"{"messages":"\"},{","input":[{"role":"tool"}]}"#, true),
        ])
    func agent(_ body: String, isAgentTurn: Bool) {
        expectEqual(ModelRequestFacts(body: Array(body.utf8), isWhole: true).isAgentTurn, isAgentTurn)
    }

    @Test("cut and damaged bodies are never an agent's turn by accident, and end")
    func damaged() {
        let body = Array(
            #"{"messages":[{"role":"user","content":[{"type":"text","text":"a\\\"b"}]}],"n":[1,{"a":[]}]}"#.utf8)
        for end in body.indices {
            #expect(!ModelRequestFacts(body: Array(body[..<end]), isWhole: true).isAgentTurn)
            var changed = body
            for byte in [UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "]"), UInt8(ascii: ",")] {
                changed[end] = byte
                _ = ModelRequestFacts(body: changed, isWhole: true)
            }
        }
    }

    @Test("images of each API are found")
    func images() {
        for kind in ["image_url", "input_image", "image"] {
            let body = #"{"messages":[{"role":"user","content":[{"type":"\#(kind)"}]}]}"#
            #expect(ModelRequestFacts(body: Array(body.utf8), isWhole: true).hasImage)
        }
    }
}
