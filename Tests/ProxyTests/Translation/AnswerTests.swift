import JSON
import TestSupport
import Testing

@testable import Proxy

@Suite("Translation: whole answers")
struct AnswerTests {
    static let ask =
        #"{"model":"asked","messages":[{"role":"user","content":"x"}],"input":"x","thinking":{"type":"adaptive"}}"#

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let upstream: ModelAPI
        let body: String
        let client: ModelAPI
        let answer: String
        var testDescription: String { self.name }
    }

    static let cases: [Case] = [
        Case(
            name: "chat to messages: choices are merged, cached tokens are beside the input",
            upstream: .chat,
            body: #"{"id":"chatcmpl-1","created":5,"model":"m","choices":[{"message":{"content":"a"},"#
                + #""finish_reason":"tool_calls"},{"message":{"tool_calls":[{"id":"t","function":{"name":"f","#
                + #""arguments":""}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":10,"#
                + #""completion_tokens":2,"prompt_tokens_details":{"cached_tokens":7}}}"#,
            client: .messages,
            answer: #"{"id":"msg_1","type":"message","role":"assistant","model":"m","content":["#
                + #"{"type":"text","text":"a"},{"type":"tool_use","id":"t","name":"f","input":{}}],"#
                + #""stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":3,"#
                + #""cache_creation_input_tokens":0,"cache_read_input_tokens":7,"output_tokens":2}}"#),
        Case(
            name: "messages to chat: texts are joined, encrypted thoughts dropped",
            upstream: .messages,
            body: #"{"id":"msg_1","type":"message","model":"m","content":[{"type":"redacted_thinking","data":"x"},"#
                + #"{"type":"text","text":"a"},{"type":"text","text":"b"}],"stop_reason":"stop_sequence","#
                + #""stop_sequence":"END","usage":{"input_tokens":1,"output_tokens":2,"#
                + #""cache_creation_input_tokens":3,"cache_read_input_tokens":4}}"#,
            client: .chat,
            answer: #"{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"m","choices":["#
                + #"{"index":0,"message":{"role":"assistant","content":"ab","refusal":null},"logprobs":null,"#
                + #""finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10,"#
                + #""prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":3},"#
                + #""completion_tokens_details":{"reasoning_tokens":0}}}"#),
        Case(
            name: "responses to messages: a truncated answer",
            upstream: .responses,
            body: #"{"id":"resp_1","created_at":5,"model":"m","status":"incomplete","#
                + #""incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"reasoning","summary":["#
                + #"{"type":"summary_text","text":"h"},{"type":"summary_text","text":"m"}]},{"type":"message","#
                + #""content":[{"type":"output_text","text":"cut"}]}],"usage":{"input_tokens":3,"output_tokens":4}}"#,
            client: .messages,
            answer: #"{"id":"msg_1","type":"message","role":"assistant","model":"m","content":["#
                + #"{"type":"text","text":"cut"}],"#
                + #""stop_reason":"max_tokens","stop_sequence":null,"usage":{"input_tokens":3,"#
                + #""cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":4}}"#),
    ]

    @Test("translates answers", arguments: cases)
    func answer(_ sample: Case) throws {
        let answer = try translate(Self.ask, sample.client, sample.upstream).response(try JSON.parse(sample.body))
        try expectEqual(answer, JSON.parse(sample.answer))
    }

    @Test("a response repeats no members that are very long, and the request is not kept for it")
    func longSettings() throws {
        let long = String(repeating: "x", count: 200_000)
        var translation = try translate(
            #"{"model":"m","input":"x","instructions":"\#(long)","max_output_tokens":9}"#, .responses, .chat)
        #expect(translation.takeRequest()["messages"] != nil && translation.request == .null)
        let answer = translation.response(["id": "z", "model": "n", "choices": [["message": ["content": "hi"]]]])
        #expect(answer["instructions"] == .null && answer["max_output_tokens"] == 9)
    }

    @Test("a response repeats its request's settings, and its items have ids")
    func response() throws {
        let translation = try translate(
            #"{"model":"m","input":"x","instructions":"i","max_output_tokens":9,"tools":[{"type":"function","name":"f"}],"#
                + #""metadata":{"k":"v"}}"#, .responses, .chat)
        let answer = translation.response(
            try JSON.parse(
                #"{"id":"chatcmpl-z","created":7,"model":"n","choices":[{"message":{"content":"hi","#
                    + #""reasoning_content":"hm"},"finish_reason":"length"}]}"#))
        #expect(answer["id"] == "resp_z" && answer["object"] == "response" && answer["created_at"] == 7)
        #expect(answer["status"] == "incomplete" && answer["incomplete_details"] == ["reason": "max_output_tokens"])
        #expect(answer["instructions"] == "i" && answer["max_output_tokens"] == 9 && answer["metadata"] == ["k": "v"])
        #expect(answer["tools"] == [["type": "function", "name": "f"]] && answer["model"] == "n")
        #expect(answer["output"]?[0]?["id"] == "rs_z_0" && answer["output"]?[1]?["id"] == "msg_z_1")
        #expect(answer["output"]?[0]?["status"] == "completed" && answer["output"]?[1]?["status"] == "incomplete")
        expectEqual(
            answer["output"]?[1]?["content"],
            [
                ["type": "output_text", "text": "hi", "annotations": [], "logprobs": []]
            ])
        expectEqual(answer["usage"]?["input_tokens_details"], ["cached_tokens": 0, "cache_write_tokens": 0])
    }

    @Test(
        "reasons to end are translated",
        arguments: [
            ("stop", "end_turn", "completed"), ("STOP", "end_turn", "completed"),
            ("length", "max_tokens", "incomplete"), ("tool_calls", "tool_use", "completed"),
            ("function_call", "tool_use", "completed"), ("content_filter", "refusal", "incomplete"),
            ("unheard_of", "end_turn", "completed"),
        ])
    func finish(_ chat: String, _ messages: String, _ status: String) throws {
        let body = try JSON.parse(#"{"choices":[{"message":{"content":"a"},"finish_reason":"\#(chat)"}]}"#)
        try expectEqual(translate(Self.ask, .messages, .chat).response(body)["stop_reason"]?.stringValue, messages)
        try expectEqual(translate(Self.ask, .responses, .chat).response(body)["status"]?.stringValue, status)
    }

    @Test("of the reasons of several choices, the first that says more than stop counts")
    func finishOfChoices() throws {
        let body = try JSON.parse(
            #"{"choices":[{"message":{"content":"a"},"finish_reason":"stop"},{"message":{"tool_calls":[{"id":"t","#
                + #""function":{"name":"f","arguments":"{\"a"}}]},"finish_reason":"length"}]}"#)
        try expectEqual(translate(Self.ask, .messages, .chat).response(body)["stop_reason"], "max_tokens")
    }

    @Test(
        "reasons of Anthropic to end are translated",
        arguments: [
            ("end_turn", "stop"), ("max_tokens", "length"), ("model_context_window_exceeded", "length"),
            ("stop_sequence", "stop"), ("tool_use", "tool_calls"), ("refusal", "content_filter"),
            ("pause_turn", "stop"),
        ])
    func finishOfMessages(_ messages: String, _ chat: String) throws {
        let body = try JSON.parse(#"{"content":[{"type":"text","text":"a"}],"stop_reason":"\#(messages)"}"#)
        let answer = try translate(Self.ask, .chat, .messages).response(body)
        expectEqual(answer["choices"]?[0]?["finish_reason"]?.stringValue, chat)
        #expect(answer["model"] == "asked" && answer["id"] == "chatcmpl-1700000000")
    }

    @Test("thoughts without Anthropic's signature are not shown to a messages client, which would send them back")
    func thinking() throws {
        let body = try JSON.parse(
            #"{"id":"1","choices":[{"message":{"content":"a","reasoning_text":"hm"},"finish_reason":"stop"}]}"#)
        try expectEqual(
            translate(Self.ask, .messages, .chat).response(body)["content"], [["type": "text", "text": "a"]])
        let response = try translate(Self.ask, .responses, .chat).response(body)
        expectEqual(response["output"]?[0]?["summary"]?[0]?["text"], "hm")
    }

    @Test("errors keep message, type and code, in the client's form")
    func errors() throws {
        let openAI = try JSON.parse(
            #"{"error":{"message":"no such model","type":"invalid_request_error","code":"model_not_found"}}"#)
        try expectEqual(
            translate(Self.ask, .messages, .chat).error(openAI, status: 404),
            [
                "type": "error",
                "error": ["type": "not_found_error", "message": "no such model", "code": "model_not_found"],
            ])
        let anthropic = try JSON.parse(
            #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}"#)
        try expectEqual(
            translate(Self.ask, .chat, .messages).error(anthropic, status: 529),
            [
                "error": ["message": "Overloaded", "type": "overloaded_error", "param": .null, "code": .null]
            ])
        let tooLong = try JSON.parse(#"{"message":"too long","code":"model_max_prompt_tokens_exceeded"}"#)
        try expectEqual(
            translate(Self.ask, .messages, .responses).error(tooLong, status: 400)["error"]?["message"],
            "prompt is too long: too long")
        try expectEqual(
            translate(Self.ask, .responses, .chat).error("quota", status: 402)["error"]?["message"], "quota")
        let empty = try translate(Self.ask, .messages, .chat).error(nil, status: 502)
        expectEqual(empty["error"]?["type"], "api_error")
        expectEqual(empty["error"]?["message"]?.stringValue?.contains("502"), true)
    }

    @Test(
        "statuses have types",
        arguments: [
            (400, "invalid_request_error"), (401, "authentication_error"), (402, "billing_error"),
            (403, "permission_error"), (404, "not_found_error"), (413, "request_too_large"),
            (422, "invalid_request_error"), (429, "rate_limit_error"), (500, "api_error"), (503, "overloaded_error"),
            (504, "timeout_error"), (529, "overloaded_error"),
        ])
    func types(_ status: Int, _ type: String) {
        expectEqual(AnswerFault("x", status: status).messages["error"]?["type"]?.stringValue, type)
    }

    @Test(
        "what is not an answer is an error in the client's form",
        arguments: [#"{}"#, #"[]"#, #"{"choices":[]}"#, #"{"error":{"message":"m"}}"#, #"{"status":"failed"}"#])
    func notAnAnswer(_ body: String) throws {
        for upstream in ModelAPI.allCases {
            for client in ModelAPI.allCases where client != upstream {
                let answer = try translate(Self.ask, client, upstream).response(try JSON.parse(body))
                expectEqual(answer["error"]?["message"]?.stringValue?.isEmpty, false)
                expectEqual(answer["type"] == "error", client == .messages)
                #expect(try translate(Self.ask, client, upstream).outcome(of: try JSON.parse(body)).isError)
            }
        }
    }
}
