import JSON
import TestSupport
import Testing

@testable import Proxy

@Suite("Translation: chat completions to responses")
struct ChatToResponsesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let body: String
        let responses: String
        var testDescription: String { self.name }
    }

    static let cases: [Case] = [
        Case(
            name: "the first system messages are instructions, later ones items",
            body: #"{"model":"m","messages":[{"role":"system","content":"a"},{"role":"developer","content":"b"},"#
                + #"{"role":"user","content":"hi"},{"role":"system","content":"c"}],"max_tokens":5,"#
                + #""temperature":0.3,"top_p":0.9,"user":"u","seed":1,"stream":true,"#
                + #""stream_options":{"include_usage":true},"reasoning_effort":"low","verbosity":"high"}"#,
            responses: #"{"model":"m","store":false,"instructions":"a\n\nb","input":["#
                + #"{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]},"#
                + #"{"type":"message","role":"system","content":[{"type":"input_text","text":"c"}]}],"#
                + #""max_output_tokens":16,"temperature":0.3,"top_p":0.9,"user":"u","stream":true,"#
                + #""reasoning":{"effort":"low"},"text":{"verbosity":"high"}}"#),
        Case(
            name: "images, files, calls and results",
            body: #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"look"},"#
                + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ==","detail":"high"}},"#
                + #"{"type":"file","file":{"file_id":"file-1"}}]},{"role":"assistant","content":"I look.","#
                + #""tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}},"#
                + #"{"id":"c2","type":"function","function":{"name":"g","arguments":""}}]},"#
                + #"{"role":"tool","tool_call_id":"c1","content":"one"},"#
                + #"{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"two"},"#
                + #"{"type":"image_url","image_url":{"url":"https://x.test/a"}}]}]}"#,
            responses: #"{"model":"m","store":false,"input":[{"type":"message","role":"user","content":["#
                + #"{"type":"input_text","text":"look"},"#
                + #"{"type":"input_image","image_url":"data:image/png;base64,QQ==","detail":"high"},"#
                + #"{"type":"input_file","file_id":"file-1"}]},{"type":"message","role":"assistant","content":"I look."},"#
                + #"{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},"#
                + #"{"type":"function_call","call_id":"c2","name":"g","arguments":"{}"},"#
                + #"{"type":"function_call_output","call_id":"c1","output":"one"},"#
                + #"{"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"two"},"#
                + #"{"type":"input_image","image_url":"https://x.test/a","detail":"auto"}]}]}"#),
        Case(
            name: "tools are flat, and not strict unless they say so",
            body: #"{"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","#
                + #""function":{"name":"f","description":"d","parameters":{"type":"object"}}},{"type":"function","#
                + #""function":{"name":"g","strict":true}}],"#
                + #""tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false}"#,
            responses: #"{"model":"m","store":false,"input":[{"type":"message","role":"user","content":["#
                + #"{"type":"input_text","text":"hi"}]}],"tools":[{"type":"function","name":"f","description":"d","#
                + #""parameters":{"type":"object","properties":{}},"strict":false},{"type":"function","name":"g","#
                + #""parameters":{"type":"object","properties":{}},"strict":true}],"#
                + #""tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":false}"#),
        Case(
            name: "the answer's form",
            body: #"{"model":"m","messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_schema","#
                + #""json_schema":{"name":"n","schema":{"type":"object"},"strict":true}}}"#,
            responses: #"{"model":"m","store":false,"input":[{"type":"message","role":"user","content":["#
                + #"{"type":"input_text","text":"hi"}]}],"text":{"format":{"type":"json_schema","name":"n","#
                + #""schema":{"type":"object"},"strict":true}}}"#),
        Case(
            name: "only instructions",
            body: #"{"model":"m","messages":[{"role":"system","content":"a"}],"response_format":{"type":"text"}}"#,
            responses: #"{"model":"m","store":false,"instructions":"a","input":[{"type":"message","role":"user","#
                + #""content":[{"type":"input_text","text":""}]}],"text":{"format":{"type":"text"}}}"#),
    ]

    @Test("translates requests", arguments: cases)
    func request(_ sample: Case) throws {
        let translation = try translate(sample.body, .chat, .responses)
        try expectEqual(translation.request, JSON.parse(sample.responses))
    }

    @Test(
        "settings that the model refuses are dropped",
        arguments: [
            ("m", true, true), ("gpt-5.1-codex", false, true), ("o3-pro", false, true), ("gpt-4.1", true, false),
            ("claude-sonnet-4.5", true, false), ("grok-4", true, false), ("gemini-2.5-pro", true, false),
        ])
    func settings(_ model: String, _ samples: Bool, _ reasons: Bool) throws {
        let body =
            #"{"model":"\#(model)","messages":[],"temperature":0.5,"top_p":0.5,"reasoning_effort":"low"}"#
        let request = try translate(body, .chat, .responses).request
        #expect((request["temperature"] != nil) == samples && (request["top_p"] != nil) == samples)
        expectEqual(request["reasoning"] != nil, reasons)
    }

    @Test("a choice in one word stays", arguments: ["auto", "none", "required"])
    func choice(_ word: String) throws {
        let body =
            #"{"model":"m","messages":[],"tool_choice":"\#(word)","tools":[{"type":"function","function":{"name":"f"}}]}"#
        try expectEqual(translate(body, .chat, .responses).request["tool_choice"]?.stringValue, word)
    }

    @Test(
        "refuses what has no counterpart, and says what to do",
        arguments: [
            (#"{"messages":[],"n":3}"#, "send several requests"),
            (#"{"messages":[],"stop":["END"]}"#, "stop sequences"),
            (#"{"messages":[{"role":"user","content":[{"type":"input_audio"}]}]}"#, "input_audio"),
            (#"{"messages":[],"tools":[{"type":"custom","custom":{"name":"c"}}]}"#, "custom"),
            (
                #"{"messages":[],"tools":[{"type":"function","function":{"name":"c"}}],"tool_choice":"maybe"}"#,
                "tool_choice"
            ),
            (#"{"messages":[{"role":"tool","content":"x"}]}"#, "tool_call_id"),
        ])
    func refuses(_ body: String, _ words: String) throws {
        let message = try #require(try refusal(body, .chat, .responses))
        #expect(message.contains(words))
    }
}
