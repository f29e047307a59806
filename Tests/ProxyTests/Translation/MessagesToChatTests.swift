import JSON
import TestSupport
import Testing

@testable import Proxy

@Suite("Translation: messages to chat completions")
struct MessagesToChatTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let body: String
        let chat: String
        var testDescription: String { self.name }
    }

    static let cases: [Case] = [
        Case(
            name: "system text, sampling, stop sequences, user",
            body: #"{"model":"m","max_tokens":50,"system":"be brief","temperature":0.5,"top_p":0.9,"top_k":4,"#
                + #""stop_sequences":["END"],"metadata":{"user_id":"u1"},"service_tier":"auto","#
                + #""messages":[{"role":"user","content":"hi"}]}"#,
            chat: #"{"model":"m","max_tokens":50,"temperature":0.5,"top_p":0.9,"stop":["END"],"user":"u1","#
                + #""messages":[{"role":"system","content":"be brief"},{"role":"user","content":"hi"}]}"#),
        Case(
            name: "system blocks are joined, and accounting for Anthropic is dropped",
            body: #"{"model":"m","system":[{"type":"text","text":"x-anthropic-billing-header: cch=1;"},"#
                + #"{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"text","text":"b"}],"#
                + #""messages":[{"role":"user","content":[{"type":"text","text":"hi"}]},"#
                + #"{"role":"system","content":"later"}]}"#,
            chat: #"{"model":"m","messages":[{"role":"system","content":"a\n\nb"},{"role":"user","content":"hi"},"#
                + #"{"role":"system","content":"later"}]}"#),
        Case(
            name: "images as base64 and by URL",
            body: #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"what?"},"#
                + #"{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"QUI="}},"#
                + #"{"type":"image","source":{"type":"url","url":"https://x.test/a.png"}}]}]}"#,
            chat: #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"what?"},"#
                + #"{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,QUI="}},"#
                + #"{"type":"image_url","image_url":{"url":"https://x.test/a.png"}}]}]}"#),
        Case(
            name: "calls, and several results before the user's text",
            body: #"{"model":"m","messages":[{"role":"assistant","content":["#
                + #"{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"I look."},"#
                + #"{"type":"tool_use","id":"t1","name":"read","input":{"path":"a"}},"#
                + #"{"type":"tool_use","id":"t2","name":"list","input":{}}]},"#
                + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"A"},"#
                + #"{"type":"tool_result","tool_use_id":"t2","content":[{"type":"text","text":"B"},"#
                + #"{"type":"text","text":"C"}]},{"type":"text","text":"and now?"}]}]}"#,
            chat: #"{"model":"m","messages":[{"role":"assistant","content":"I look.","tool_calls":["#
                + #"{"id":"t1","type":"function","function":{"name":"read","arguments":"{\"path\":\"a\"}"}},"#
                + #"{"id":"t2","type":"function","function":{"name":"list","arguments":"{}"}}]},"#
                + #"{"role":"tool","tool_call_id":"t1","content":"A"},"#
                + #"{"role":"tool","tool_call_id":"t2","content":"B\nC"},"#
                + #"{"role":"user","content":"and now?"}]}"#),
        Case(
            name: "images of results follow the last result, and a failed result is not empty",
            body: #"{"model":"m","messages":[{"role":"assistant","content":["#
                + #"{"type":"tool_use","id":"t1","name":"shot","input":{}},"#
                + #"{"type":"tool_use","id":"t2","name":"run","input":{}}]},"#
                + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":["#
                + #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QQ=="}}]},"#
                + #"{"type":"tool_result","tool_use_id":"t2","is_error":true}]}]}"#,
            chat: #"{"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":["#
                + #"{"id":"t1","type":"function","function":{"name":"shot","arguments":"{}"}},"#
                + #"{"id":"t2","type":"function","function":{"name":"run","arguments":"{}"}}]},"#
                + #"{"role":"tool","tool_call_id":"t1","content":"The next message contains the result as an image."},"#
                + #"{"role":"tool","tool_call_id":"t2","content":"The tool failed."},"#
                + #"{"role":"user","content":["#
                + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}}]}]}"#),
        Case(
            name: "tools, a named choice, one call at a time",
            body: #"{"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"name":"f","description":"d","#
                + #""input_schema":{"type":"object","properties":{"a":{"type":"string"}}},"strict":true,"#
                + #""cache_control":{"type":"ephemeral"}},{"name":"g","type":"custom","input_schema":{"type":"object"}}],"#
                + #""tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true}}"#,
            chat: #"{"model":"m","messages":[{"role":"user","content":"hi"}],"tools":["#
                + #"{"type":"function","function":{"name":"f","description":"d","#
                + #""parameters":{"type":"object","properties":{"a":{"type":"string"}}}}},"#
                + #"{"type":"function","function":{"name":"g","parameters":{"type":"object","properties":{}}}}],"#
                + #""tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false}"#),
        Case(
            name: "a stream asks for usage; a reasoning model has other parameters",
            body: #"{"model":"gpt-5.1-codex","max_tokens":9,"temperature":1,"stream":true,"#
                + #""thinking":{"type":"enabled","budget_tokens":2000},"messages":[{"role":"user","content":"hi"}]}"#,
            chat: #"{"model":"gpt-5.1-codex","max_completion_tokens":9,"stream":true,"#
                + #""stream_options":{"include_usage":true},"reasoning_effort":"low","#
                + #""messages":[{"role":"user","content":"hi"}]}"#),
        Case(
            name: "a schema for the answer",
            body: #"{"model":"m","messages":[{"role":"user","content":"hi"}],"#
                + #""output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}}"#,
            chat: #"{"model":"m","messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_schema","#
                + #""json_schema":{"name":"response","schema":{"type":"object"},"strict":false}}}"#),
        Case(
            name: "documents",
            body: #"{"model":"m","messages":[{"role":"user","content":[{"type":"document","title":"T","#
                + #""source":{"type":"text","media_type":"text/plain","data":"body"}},{"type":"document","#
                + #""source":{"type":"base64","media_type":"application/pdf","data":"UERG"}}]}]}"#,
            chat: #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"T"},"#
                + #"{"type":"text","text":"body"},{"type":"file","file":{"filename":"document.pdf","#
                + #""file_data":"data:application/pdf;base64,UERG"}}]}]}"#),
    ]

    @Test("translates requests", arguments: cases)
    func request(_ sample: Case) throws {
        let translation = try translate(sample.body, .messages, .chat)
        try expectEqual(translation.request, JSON.parse(sample.chat))
    }

    @Test(
        "a choice of tools is translated",
        arguments: [("auto", #""auto""#), ("any", #""required""#), ("none", #""none""#)])
    func choice(_ type: String, _ wanted: String) throws {
        let body =
            #"{"model":"m","messages":[],"tools":[{"name":"f","input_schema":{}}],"tool_choice":{"type":"\#(type)"}}"#
        try expectEqual(translate(body, .messages, .chat).request["tool_choice"], JSON.parse(wanted))
    }

    @Test(
        "a thinking budget or effort becomes an effort",
        arguments: [
            (#"{"thinking":{"type":"enabled","budget_tokens":3999}}"#, "low"),
            (#"{"thinking":{"type":"enabled","budget_tokens":4000}}"#, "medium"),
            (#"{"thinking":{"type":"enabled","budget_tokens":16000}}"#, "high"),
            (#"{"thinking":{"type":"adaptive"},"output_config":{"effort":"medium"}}"#, "medium"),
            (#"{"output_config":{"effort":"max"}}"#, "high"),
            (#"{"thinking":{"type":"adaptive"}}"#, nil),
            (#"{"thinking":{"type":"disabled"},"output_config":{"effort":"low"}}"#, nil),
            // These and unknown models may refuse it.
            (#"{"model":"gpt-4.1","thinking":{"type":"enabled","budget_tokens":5000}}"#, nil),
            (#"{"model":"claude-sonnet-4.5","thinking":{"type":"enabled","budget_tokens":5000}}"#, nil),
            (#"{"model":"grok-code-fast-1","output_config":{"effort":"medium"}}"#, nil),
            (#"{"model":"gemini-2.5-pro","output_config":{"effort":"medium"}}"#, nil),
            (#"{"model":"m","output_config":{"effort":"medium"}}"#, nil),
        ])
    func effort(_ fields: String, _ wanted: String?) throws {
        var body = try #require(JSON.parse(#"{"model":"o4-mini","messages":[]}"#).objectValue)
        body.merge(try #require(JSON.parse(fields).objectValue))
        let chat = try Translation(.object(body), from: .messages, to: .chat).request
        expectEqual(chat["reasoning_effort"]?.stringValue, wanted)
    }

    @Test(
        "a schema stays strict only if all its objects are closed and all their properties required",
        arguments: [
            (#"{"type":"object","additionalProperties":false}"#, true),
            (#"{"type":"object"}"#, false),
            (#"{"type":"object","properties":{"a":{}},"additionalProperties":false}"#, false),
            (#"{"type":"object","properties":{"a":{}},"required":["a"]}"#, false),
            (#"{"type":"object","properties":{"a":{}},"required":["a"],"additionalProperties":false}"#, true),
            (#"{"additionalProperties":false,"required":["a"],"properties":{"a":{"type":["object","null"]}}}"#, false),
            (#"{"type":"array","items":{"type":"object"}}"#, false),
            (#"{"type":"array","items":{"anyOf":[{"type":"string"},{"type":"object"}]}}"#, false),
            (#"{"type":"string","$defs":{"a":{"type":"object"}}}"#, false),
            (#"{"type":"string","$defs":{"a":{"type":"string"}}}"#, true),
        ])
    func strict(_ schema: String, _ isStrict: Bool) throws {
        let tools =
            #"[{"name":"f","strict":true,"input_schema":{"type":"object","properties":{"x":\#(schema)},"#
            + #""required":["x"],"additionalProperties":false}}]"#
        let chat = try translate(
            #"{"model":"m","messages":[],"tools":\#(tools),"#
                + #""output_config":{"format":{"type":"json_schema","schema":\#(schema)}}}"#, .messages, .chat
        ).request
        expectEqual(chat["tools"]?[0]?["function"]?["strict"], isStrict ? true : nil)
        expectEqual(chat["response_format"]?["json_schema"]?["strict"], .bool(isStrict))
    }

    @Test("names that are too long for OpenAI are shortened, and come back whole")
    func longNames() throws {
        let name = "mcp__" + String(repeating: "server_", count: 12) + "tool"
        let body =
            #"{"model":"m","messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"\#(name)","#
            + #""input":{}}]}],"tools":[{"name":"\#(name)","input_schema":{}},{"name":"\#(name)2","input_schema":{}}],"#
            + #""tool_choice":{"type":"tool","name":"\#(name)"}}"#
        let translation = try translate(body, .messages, .chat)
        let chat = translation.request
        let short = try #require(chat["tools"]?[0]?["function"]?["name"]?.stringValue)
        #expect(short.count <= 64 && short.hasPrefix("mcp__server_"))
        #expect(chat["tools"]?[1]?["function"]?["name"]?.stringValue != short)
        expectEqual(chat["tool_choice"]?["function"]?["name"]?.stringValue, short)
        expectEqual(chat["messages"]?[0]?["tool_calls"]?[0]?["function"]?["name"]?.stringValue, short)

        let call = #"[{"index":0,"id":"c","function":{"name":"\#(short)","arguments":"{}"}}]"#
        let answer = translation.response(try JSON.parse(#"{"choices":[{"message":{"tool_calls":\#(call)}}]}"#))
        expectEqual(answer["content"]?[0]?["name"]?.stringValue, name)
        let stream = run(
            translation, #"data: {"choices":[{"delta":{"tool_calls":\#(call)}}]}"# + "\n\ndata: [DONE]\n\n")
        #expect(stream.contains(#""name":"\#(name)""#))
    }

    @Test(
        "refuses what has no counterpart, and says what to do",
        arguments: [
            (#"{"messages":[],"tools":[{"type":"web_search_20250305","name":"web_search"}]}"#, "web_search_20250305"),
            (#"{"messages":[],"tools":[{"type":"computer_20250124","name":"computer"}]}"#, "Remove it from tools"),
            (#"{"messages":[],"mcp_servers":[{"type":"url","url":"https://x.test"}]}"#, "mcp_servers"),
            (
                #"{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}]}"#,
                "as base64"
            ),
            (
                #"{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"url","url":"x"}}]}]}"#,
                "as base64"
            ),
            (
                #"{"messages":[{"role":"user","content":[{"type":"container_upload","file_id":"f"}]}]}"#,
                "container_upload"
            ),
            (
                #"{"messages":[{"role":"assistant","content":[{"type":"server_tool_use","id":"s"}]}]}"#,
                "server_tool_use"
            ),
            (#"{"messages":"hi"}"#, "messages must be an array, but it is a string"),
            (#"{}"#, "messages must be an array, but it is missing"),
            (#"{"messages":[{"role":"robot","content":"hi"}]}"#, "messages[0].role"),
            (#"{"messages":[{"role":"user","content":5}]}"#, "messages[0].content must be"),
            (#"{"messages":[{"role":"user","content":[{"type":"tool_result","content":"x"}]}]}"#, "tool_use_id"),
            (#"{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t"}]}]}"#, "messages[0]"),
            (#"{"messages":[],"tools":[{"input_schema":{}}]}"#, "tools[].name"),
            (#"[]"#, "The body must be an object"),
        ])
    func refuses(_ body: String, _ words: String) throws {
        let message = try #require(try refusal(body, .messages, .chat))
        #expect(message.contains(words))
    }
}
