import JSON
import TestSupport
import Testing

@testable import Proxy

@Suite("Translation: responses to chat completions")
struct ResponsesToChatTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let body: String
        let chat: String
        var testDescription: String { self.name }
    }

    static let cases: [Case] = [
        Case(
            name: "a text as input, instructions, limits, format",
            body: #"{"model":"m","instructions":"be brief","input":"hi","max_output_tokens":40,"temperature":0.2,"#
                + #""reasoning":{"effort":"low","summary":"auto"},"store":false,"include":["x"],"#
                + #""text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}}}"#,
            chat: #"{"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"hi"}],"#
                + #""max_tokens":40,"temperature":0.2,"reasoning_effort":"low","response_format":{"#
                + #""type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"},"strict":true}}}"#),
        Case(
            name: "items of all kinds; text and calls of one answer become one message",
            body: #"{"model":"m","input":[{"role":"developer","content":"rules"},"#
                + #"{"type":"message","role":"user","content":[{"type":"input_text","text":"look"},"#
                + #"{"type":"input_image","image_url":"data:image/png;base64,QQ==","detail":"low"}]},"#
                + #"{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"x"},"#
                + #"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"I look."}]},"#
                + #"{"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"},"#
                + #"{"type":"reasoning","id":"rs_2","summary":[]},"#
                + #"{"type":"function_call","call_id":"c2","name":"g","arguments":""},"#
                + #"{"type":"function_call_output","call_id":"c1","output":"one"},"#
                + #"{"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"two"},"#
                + #"{"type":"input_image","image_url":"https://x.test/a.png"}]}]}"#,
            chat: #"{"model":"m","messages":[{"role":"system","content":"rules"},{"role":"user","content":["#
                + #"{"type":"text","text":"look"},"#
                + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ==","detail":"low"}}]},"#
                + #"{"role":"assistant","content":"I look.","tool_calls":["#
                + #"{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},"#
                + #"{"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]},"#
                + #"{"role":"tool","tool_call_id":"c1","content":"one"},"#
                + #"{"role":"tool","tool_call_id":"c2","content":"two"},"#
                + #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.test/a.png"}}]}]}"#),
        Case(
            name: "flat tools and a named choice",
            body: #"{"model":"m","input":"hi","tools":[{"type":"function","name":"f","description":"d","strict":true,"#
                + #""parameters":{"type":"object","properties":{}}},{"type":"function","name":"g","parameters":null}],"#
                + #""tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":false}"#,
            chat: #"{"model":"m","messages":[{"role":"user","content":"hi"}],"tools":["#
                + #"{"type":"function","function":{"name":"f","description":"d","strict":true,"#
                + #""parameters":{"type":"object","properties":{}}}},"#
                + #"{"type":"function","function":{"name":"g","parameters":{"type":"object","properties":{}}}}],"#
                + #""tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false}"#),
        Case(
            name: "a choice among allowed tools keeps only those",
            body: #"{"model":"m","input":"hi","tools":[{"type":"function","name":"f"},{"type":"function","name":"g"}],"#
                + #""tool_choice":{"type":"allowed_tools","mode":"required","#
                + #""tools":[{"type":"function","name":"g"}]}}"#,
            chat: #"{"model":"m","messages":[{"role":"user","content":"hi"}],"tools":["#
                + #"{"type":"function","function":{"name":"g","parameters":{"type":"object","properties":{}}}}],"#
                + #""tool_choice":"required"}"#),
        Case(
            name: "calls of custom tools and of tools in namespaces",
            body: #"{"model":"m","input":[{"type":"custom_tool_call","call_id":"c1","name":"patch","input":"*** A"},"#
                + #"{"type":"custom_tool_call_output","call_id":"c1","output":"ok"},"#
                + #"{"type":"function_call","call_id":"c2","namespace":"mcp__git","name":"log","arguments":"{}"},"#
                + #"{"type":"function_call_output","call_id":"c2","output":"log"}]}"#,
            chat: #"{"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c1","#
                + #""type":"function","function":{"name":"patch","arguments":"{\"input\":\"*** A\"}"}}]},"#
                + #"{"role":"tool","tool_call_id":"c1","content":"ok"},"#
                + #"{"role":"assistant","content":null,"tool_calls":[{"id":"c2","type":"function","#
                + #""function":{"name":"mcp__git__log","arguments":"{}"}}]},"#
                + #"{"role":"tool","tool_call_id":"c2","content":"log"}]}"#),
        Case(
            name: "Codex's tools without a counterpart, and their calls, are left out",
            body: #"{"model":"m","input":[{"role":"user","content":"hi"},{"type":"web_search_call","id":"ws_1"},"#
                + #"{"type":"image_generation_call","id":"ig_1","result":"QQ=="},"#
                + #"{"type":"tool_search_call","call_id":"c1","arguments":{}},"#
                + #"{"type":"tool_search_output","call_id":"c1","tools":[]},{"role":"user","content":"go"}],"#
                + #""tools":[{"type":"web_search_preview"},{"type":"image_generation","output_format":"png"},"#
                + #"{"type":"tool_search"},{"type":"function","name":"f"}]}"#,
            chat: #"{"model":"m","messages":[{"role":"user","content":"hi"},{"role":"user","content":"go"}],"tools":["#
                + #"{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]}"#),
        Case(
            name: "a reasoning model's stream with verbosity",
            body:
                #"{"model":"openai/gpt-5","input":"hi","stream":true,"max_output_tokens":7,"temperature":1,"top_p":1,"#
                + #""text":{"verbosity":"low","format":{"type":"text"}}}"#,
            chat: #"{"model":"openai/gpt-5","messages":[{"role":"user","content":"hi"}],"verbosity":"low","#
                + #""max_completion_tokens":7,"stream":true,"stream_options":{"include_usage":true}}"#),
    ]

    @Test("translates requests", arguments: cases)
    func request(_ sample: Case) throws {
        let translation = try translate(sample.body, .responses, .chat)
        try expectEqual(translation.request, JSON.parse(sample.chat))
    }

    static let efforts: [(String, String, ModelAPI, String?)] = [
        ("gpt-5", "xhigh", .chat, "high"), ("o3", "max", .chat, "high"), ("m", "minimal", .chat, "minimal"),
        ("grok-code-fast-1", "low", .chat, nil), ("claude-sonnet-4.5", "low", .chat, nil),
        ("gemini-3-pro", "low", .chat, nil), ("gpt-4.1", "low", .chat, nil),
        ("claude-opus-4.7", "xhigh", .messages, "high"),
    ]

    @Test("an effort is for models that accept it, and at most high", arguments: efforts)
    func effort(_ model: String, _ effort: String, _ upstream: ModelAPI, _ wanted: String?) throws {
        let body = #"{"model":"\#(model)","input":"x","reasoning":{"effort":"\#(effort)"}}"#
        let request = try translate(body, .responses, upstream).request
        expectEqual((request["reasoning_effort"] ?? request["output_config"]?["effort"])?.stringValue, wanted)
    }

    @Test("custom tools become functions, and namespaces part of the name; answers name the client's tools")
    func customTools() throws {
        let body =
            #"{"model":"m","input":"hi","tools":[{"type":"custom","name":"patch","description":"Edits.","#
            + #""format":{"type":"grammar","syntax":"lark","definition":"start: X"}},"#
            + #"{"type":"namespace","name":"mcp__git__","tools":[{"type":"function","name":"log"}]}]}"#
        let translation = try translate(body, .responses, .chat)
        let tools = try #require(translation.request["tools"])
        #expect(tools[0]?["function"]?["name"] == "patch" && tools[1]?["function"]?["name"] == "mcp__git__log")
        expectEqual(tools[0]?["function"]?["description"]?.stringValue?.contains("start: X"), true)
        expectEqual(tools[0]?["function"]?["parameters"]?["required"], ["input"])

        let answer = translation.response(
            try JSON.parse(
                #"{"id":"chatcmpl-1","choices":[{"message":{"tool_calls":[{"id":"a","function":{"name":"patch","#
                    + #""arguments":"{\"input\":\"*** Begin\"}"}},{"id":"b","function":{"name":"mcp__git__log","#
                    + #""arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#))
        let output = try #require(answer["output"])
        expectEqual(
            output[0],
            [
                "id": "ctc_1_0", "type": "custom_tool_call", "status": "completed", "call_id": "a", "name": "patch",
                "input": "*** Begin",
            ])
        #expect(output[1]?["name"] == "log" && output[1]?["namespace"] == "mcp__git__")
    }

    @Test(
        "refuses a tool's name that would be repeated at length, wherever it is",
        arguments: [
            #"{"input":"x","tools":[{"type":"namespace","name":"LONG","tools":[{"type":"function","name":"f"}]}]}"#,
            #"{"input":"x","tools":[{"type":"function","name":"LONG"}]}"#,
            #"{"input":"x","tools":[{"type":"function","name":"f"}],"tool_choice":{"type":"function","name":"LONG"}}"#,
            #"{"input":"x","tools":[{"type":"function","name":"f"}],"#
                + #""tool_choice":{"type":"allowed_tools","tools":[{"name":"f","namespace":"LONG"}]}}"#,
            #"{"input":[{"type":"function_call","call_id":"c","name":"f","namespace":"LONG"}]}"#,
            #"{"input":[{"type":"custom_tool_call","call_id":"c","name":"LONG"}]}"#,
        ])
    func longNames(_ body: String) throws {
        // One character, of 257 bytes.
        let name = "a" + String(repeating: "\u{301}", count: 128)
        let message = try #require(try refusal(body.replacing("LONG", with: name), .responses, .chat))
        #expect(message.contains("longer than 256 bytes"))
        let longest = body.replacing("LONG", with: String(repeating: "a", count: 256))
        try expectEqual(refusal(longest, .responses, .chat), nil)
    }

    @Test("a long name is cut by its bytes, between characters")
    func shortenedNames() throws {
        let name = "\u{E9}" + String(repeating: "\u{301}", count: 100)
        // 26 of the marks fit besides the letter; half of another one would fit too.
        try expectEqual(ToolNames.chatName(name).split(separator: "_").first?.utf8.count, 54)
        try expectEqual(ToolNames.chatName(String(repeating: "a", count: 64)), String(repeating: "a", count: 64))
    }

    @Test(
        "the input of a custom tool is found whatever the model wrote",
        arguments: [
            (#"{"input":"a\nb"}"#, "a\nb"), (#"{"patch":"p"}"#, "p"), ("*** Begin", "*** Begin"), ("{}", ""),
            (#"{"a":1}"#, #"{"a":1}"#), (#"{"a":"x","b":"y"}"#, #"{"a":"x","b":"y"}"#),
        ])
    func customInput(_ arguments: String, _ input: String) {
        expectEqual(ToolArguments.customInput(arguments), input)
    }

    @Test(
        "refuses what has no counterpart, and says what to do",
        arguments: [
            (#"{"input":"x","previous_response_id":"resp_1"}"#, "Send the whole conversation as input."),
            (#"{"input":"x","conversation":"conv_1"}"#, "conversation"),
            (#"{"input":"x","background":true}"#, "background"),
            (#"{"input":"x","prompt":{"id":"p"}}"#, "prompt"),
            (#"{"input":"x","tools":[{"type":"file_search"}]}"#, "file_search"),
            (#"{"input":"x","tools":[{"type":"mcp","server_label":"s"}]}"#, "mcp"),
            (
                #"{"input":"x","tools":[{"type":"function","name":"f"}],"tool_choice":{"type":"file_search"}}"#,
                "file_search"
            ),
            (#"{"input":[{"type":"item_reference","id":"i"}]}"#, "item_reference"),
            (#"{"input":[{"role":"user","content":[{"type":"input_image","file_id":"f"}]}]}"#, "as base64"),
            (#"{"input":[{"role":"user","content":[{"type":"input_file","file_id":"f"}]}]}"#, "as base64"),
            (#"{"input":[{"role":"user","content":7}]}"#, "input[0].content must be"),
            (#"{"input":[{"role":"robot","content":"x"}]}"#, "input[0].role must be"),
            (#"{"input":[{"type":"function_call","name":"f"}]}"#, "call_id"),
            (#"{"input":[{"type":"function_call_output","output":"f"}]}"#, "call_id"),
            (#"{"input":{}}"#, "input must be a string or an array of items, but it is an object"),
            (#"{"input":"x","instructions":["y"]}"#, "instructions must be a string"),
        ])
    func refuses(_ body: String, _ words: String) throws {
        let message = try #require(try refusal(body, .responses, .chat))
        #expect(message.contains(words))
    }
}
