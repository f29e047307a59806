import JSON
import TestSupport
import Testing

@testable import Proxy

@Suite("Translation: chat completions to messages")
struct ChatToMessagesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let body: String
        let messages: String
        var testDescription: String { self.name }
    }

    static let cases: [Case] = [
        Case(
            name: "system messages move to the beginning; a limit is required",
            body: #"{"model":"m","messages":[{"role":"system","content":"a"},{"role":"user","content":"hi"},"#
                + #"{"role":"developer","content":[{"type":"text","text":"b"}]}],"stop":"END","user":"u","seed":4}"#,
            messages: #"{"model":"m","system":"a\n\nb","max_tokens":8192,"stop_sequences":["END"],"#
                + #""metadata":{"user_id":"u"},"#
                + #""messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}"#),
        Case(
            name: "images, files and limits; one answer is allowed",
            body: #"{"model":"m","max_completion_tokens":9,"n":1,"temperature":1.4,"top_p":0.5,"stream":true,"#
                + #""stream_options":{"include_usage":true},"stop":["a"," "],"messages":[{"role":"user","content":["#
                + #"{"type":"text","text":" "},{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}},"#
                + #"{"type":"image_url","image_url":{"url":"https://x.test/a"}},{"type":"file","file":{"#
                + #""filename":"a.pdf","file_data":"data:application/pdf;base64,UERG"}}]}]}"#,
            messages: #"{"model":"m","max_tokens":9,"temperature":1,"stream":true,"stop_sequences":["a"],"#
                + #""messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","#
                + #""media_type":"image/png","data":"QQ=="}},{"type":"image","source":{"type":"url","#
                + #""url":"https://x.test/a"}},{"type":"document","title":"a.pdf","source":{"type":"base64","#
                + #""media_type":"application/pdf","data":"UERG"}}]}]}"#),
        Case(
            name: "calls and results; results and the next text are one turn",
            body: #"{"model":"m","tools":[{"type":"function","function":{"name":"f"}}],"messages":["#
                + #"{"role":"user","content":"go"},{"role":"assistant","content":"","tool_calls":["#
                + #"{"id":"call:1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},"#
                + #"{"id":"c2","type":"function","function":{"name":"f","arguments":""}},"#
                + #"{"id":"c3","type":"function","function":{"name":"f","arguments":"{oops"}}]},"#
                + #"{"role":"tool","tool_call_id":"call:1","content":"one"},"#
                + #"{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"x"},"#
                + #"{"type":"text","text":"y"}]},{"role":"tool","tool_call_id":"c3","content":""},"#
                + #"{"role":"user","content":"next"},{"role":"assistant","content":"So: \n"}]}"#,
            messages: #"{"model":"m","max_tokens":8192,"#
                + #""tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"messages":["#
                + #"{"role":"user","content":[{"type":"text","text":"go"}]},{"role":"assistant","content":["#
                + #"{"type":"tool_use","id":"call_1","name":"f","input":{"a":1}},"#
                + #"{"type":"tool_use","id":"c2","name":"f","input":{}},"#
                + #"{"type":"tool_use","id":"c3","name":"f","input":{"arguments":"{oops"}}]},"#
                + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"one"},"#
                + #"{"type":"tool_result","tool_use_id":"c2","content":[{"type":"text","text":"x"},"#
                + #"{"type":"text","text":"y"}]},{"type":"tool_result","tool_use_id":"c3"},"#
                + #"{"type":"text","text":"next"}]},"#
                + #"{"role":"assistant","content":[{"type":"text","text":"So:"}]}]}"#),
        Case(
            name: "calls in a conversation without tools",
            body: #"{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"c","type":"function","#
                + #""function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"r"}]}"#,
            messages: #"{"model":"m","max_tokens":8192,"tool_choice":{"type":"none"},"#
                + #""tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"messages":["#
                + #"{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{}}]},"#
                + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"r"}]}]}"#),
        Case(
            name: "tools, strict ones, one call at a time",
            body: #"{"model":"m","messages":[{"role":"user","content":"hi"}],"parallel_tool_calls":false,"#
                + #""tools":[{"type":"function","function":{"name":"f","description":"d","strict":true,"#
                + #""parameters":{"type":"object","properties":{"a":{}}}}}]}"#,
            messages: #"{"model":"m","max_tokens":8192,"messages":[{"role":"user","content":["#
                + #"{"type":"text","text":"hi"}]}],"tools":[{"name":"f","description":"d","strict":true,"#
                + #""input_schema":{"type":"object","properties":{"a":{}}}}],"#
                + #""tool_choice":{"type":"auto","disable_parallel_tool_use":true}}"#),
        Case(
            name: "a schema for the answer",
            body: #"{"model":"m","messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_schema","#
                + #""json_schema":{"name":"n","schema":{"type":"object"},"strict":true}}}"#,
            messages: #"{"model":"m","max_tokens":8192,"messages":[{"role":"user","content":["#
                + #"{"type":"text","text":"hi"}]}],"#
                + #""output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}}"#),
    ]

    @Test("translates requests", arguments: cases)
    func request(_ sample: Case) throws {
        let translation = try translate(sample.body, .chat, .messages)
        try expectEqual(translation.request, JSON.parse(sample.messages))
    }

    @Test(
        "a choice of tools is translated",
        arguments: [
            (#""required""#, #"{"type":"any"}"#), (#""none""#, #"{"type":"none"}"#), (#""auto""#, #"{"type":"auto"}"#),
            (#"{"type":"function","function":{"name":"f"}}"#, #"{"type":"tool","name":"f"}"#),
            (
                #"{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"function":{"name":"f"}}]}}"#,
                #"{"type":"auto"}"#
            ),
        ])
    func choice(_ choice: String, _ wanted: String) throws {
        let body =
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"tool_choice":\#(choice),"tools":["#
            + #"{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}]}"#
        let request = try translate(body, .chat, .messages).request
        try expectEqual(request["tool_choice"], JSON.parse(wanted))
        expectEqual(request["tools"]?.arrayValue?.count, choice.contains("allowed") ? 1 : 2)
    }

    @Test("an effort becomes a budget for older models, and an effort for newer ones")
    func effort() throws {
        func request(_ fields: String) throws -> JSON {
            var body = try #require(JSON.parse(#"{"messages":[{"role":"user","content":"x"}]}"#).objectValue)
            body.merge(try #require(JSON.parse(fields).objectValue))
            return try Translation(.object(body), from: .chat, to: .messages).request
        }
        let older = try request(#"{"model":"claude-sonnet-4-5","reasoning_effort":"high","temperature":0}"#)
        expectEqual(older["thinking"], ["type": "enabled", "budget_tokens": 16_384])
        #expect(older["max_tokens"] == 24_576 && older["temperature"] == nil)

        let newer = try request(#"{"model":"claude-opus-4.7","reasoning_effort":"medium","top_p":0.1}"#)
        #expect(newer["thinking"] == ["type": "adaptive"] && newer["output_config"] == ["effort": "medium"])
        expectEqual(newer["top_p"], nil)

        // Too small a limit leaves no room for thoughts.
        let small = try request(#"{"model":"claude-sonnet-4-5","reasoning_effort":"high","max_tokens":100}"#)
        #expect(small["thinking"] == nil && small["max_tokens"] == 100)
    }

    @Test(
        "without the thoughts before a call, and in an answer that has begun, Anthropic refuses to think",
        arguments: [
            ("", false), (#",{"role":"user","content":"and"}"#, false),
            (#",{"role":"system","content":"rules"},{"role":"user","content":"and"}"#, false),
            (#",{"role":"assistant","content":"So"}"#, false),
            (#",{"role":"assistant","content":"So"},{"role":"system","content":"rules"}"#, false),
            (#",{"role":"assistant","content":"So"},{"role":"user","content":"next"}"#, true),
        ])
    func thoughts(_ rest: String, _ thinks: Bool) throws {
        let request = try translate(
            #"{"model":"claude-opus-4.7","reasoning_effort":"low","messages":[{"role":"user","content":"x"},"#
                + #"{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":""}}]},"#
                + #"{"role":"tool","tool_call_id":"c","content":"r"}\#(rest)]}"#, .chat, .messages
        ).request
        expectEqual(request["thinking"] != nil, thinks)
    }

    @Test("a JSON object as the answer's form becomes an instruction")
    func jsonObject() throws {
        let request = try translate(
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"}}"#,
            .chat, .messages
        ).request
        expectEqual(request["system"]?.stringValue?.contains("one JSON object"), true)
    }

    @Test(
        "refuses what has no counterpart, and says what to do",
        arguments: [
            (#"{"messages":[{"role":"user","content":"x"}],"n":2}"#, "send several requests"),
            (#"{"messages":[{"role":"user","content":"x"}],"functions":[]}"#, "Use tools"),
            (#"{"messages":[{"role":"user","content":"x"}],"modalities":["text","audio"]}"#, "audio"),
            (#"{"messages":[{"role":"user","content":"x"}],"web_search_options":{}}"#, "web_search"),
            (
                #"{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"custom","custom":{"name":"c"}}]}"#,
                "custom"
            ),
            (#"{"messages":[{"role":"user","content":[{"type":"input_audio"}]}]}"#, "input_audio"),
            (#"{"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}]}"#, "as base64"),
            (
                #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"ftp://x"}}]}]}"#,
                "neither http(s) nor base64"
            ),
            (#"{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}"#, "image_url.url"),
            (#"{"messages":[{"role":"system","content":"x"}]}"#, "no message of a user"),
            (#"{"messages":[{"role":"tool","content":"x"}]}"#, "tool_call_id"),
            (#"{"messages":[{"role":"assistant","tool_calls":[{"id":"c"}]}]}"#, "tool_calls"),
            (#"{"messages":[{"role":"function","content":"x"}]}"#, "messages[0].role"),
            (#"{"messages":[5]}"#, "messages[0].role"),
            (#"{"messages":{}}"#, "messages must be an array"),
        ])
    func refuses(_ body: String, _ words: String) throws {
        let message = try #require(try refusal(body, .chat, .messages))
        #expect(message.contains(words))
    }
}
