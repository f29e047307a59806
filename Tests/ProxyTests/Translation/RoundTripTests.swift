import JSON
import TestSupport
import Testing

@testable import Proxy

@Suite("Translation: there and back")
struct RoundTripTests {
    static let chat =
        #"{"model":"m","max_tokens":100,"temperature":0.5,"user":"u","messages":[{"role":"system","content":"rules"},"#
        + #"{"role":"user","content":[{"type":"text","text":"look"},"#
        + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}}]},"#
        + #"{"role":"assistant","content":"I look.","tool_calls":["#
        + #"{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},"#
        + #"{"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]},"#
        + #"{"role":"tool","tool_call_id":"c1","content":"one"},{"role":"tool","tool_call_id":"c2","content":"two"},"#
        + #"{"role":"user","content":"next"}],"#
        + #""tools":[{"type":"function","function":{"name":"f","description":"d","strict":true,"#
        + #""parameters":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"#
        + #""additionalProperties":false}}},"#
        + #"{"type":"function","function":{"name":"g","strict":true,"#
        + #""parameters":{"type":"object","properties":{},"additionalProperties":false}}}],"#
        + #""tool_choice":{"type":"function","function":{"name":"g"}},"parallel_tool_calls":false,"#
        + #""response_format":{"type":"json_schema","json_schema":{"name":"response","#
        + #""schema":{"type":"object","additionalProperties":false},"strict":true}}}"#

    @Test("a chat request is the same after a way through another form", arguments: [ModelAPI.messages, .responses])
    func chatRequest(_ other: ModelAPI) throws {
        var body = try #require(JSON.parse(Self.chat).objectValue)
        if other == .responses {
            // Responses ask for a detail.
            body["messages"] = try JSON.parse(
                (body["messages"] ?? .null).text.replacing(#"QQ=="}"#, with: #"QQ==","detail":"auto"}"#))
        }
        let there = try Translation(.object(body), from: .chat, to: other).request
        let back = try Translation(there, from: other, to: .chat).request
        expectEqual(back, .object(body))
    }

    static let messages =
        #"{"model":"m","max_tokens":100,"system":"rules","stream":true,"metadata":{"user_id":"u"},"messages":["#
        + #"{"role":"user","content":[{"type":"text","text":"look"},"#
        + #"{"type":"image","source":{"type":"url","url":"https://x.test/a"}}]},{"role":"assistant","content":["#
        + #"{"type":"text","text":"I look."},{"type":"tool_use","id":"t1","name":"f","input":{"a":[1,null]}},"#
        + #"{"type":"tool_use","id":"t2","name":"g","input":{}}]},{"role":"user","content":["#
        + #"{"type":"tool_result","tool_use_id":"t1","content":"one"},"#
        + #"{"type":"tool_result","tool_use_id":"t2","content":"two"},{"type":"text","text":"next"}]}],"#
        + #""tools":[{"name":"f","description":"d","input_schema":{"type":"object","properties":{}}}],"#
        + #""tool_choice":{"type":"any","disable_parallel_tool_use":true}}"#

    @Test("a messages request is the same after a way through another form", arguments: [ModelAPI.chat, .responses])
    func messagesRequest(_ other: ModelAPI) throws {
        let body = try JSON.parse(Self.messages)
        let there = try Translation(body, from: .messages, to: other).request
        let back = try Translation(there, from: other, to: .messages).request
        expectEqual(back, body)
    }

    static let responses =
        #"{"model":"m","store":false,"instructions":"rules","max_output_tokens":100,"stream":true,"input":["#
        + #"{"type":"message","role":"user","content":[{"type":"input_text","text":"look"},"#
        + #"{"type":"input_image","image_url":"https://x.test/a","detail":"low"}]},"#
        + #"{"type":"message","role":"assistant","content":"I look."},"#
        + #"{"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"},"#
        + #"{"type":"function_call_output","call_id":"c1","output":"one"},"#
        + #"{"type":"message","role":"user","content":[{"type":"input_text","text":"next"}]}],"#
        + #""reasoning":{"effort":"medium"},"text":{"format":{"type":"json_object"}},"#
        + #""tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":false}],"#
        + #""tool_choice":"required","parallel_tool_calls":true}"#

    @Test("a request for a response is the same after a way through chat completions")
    func responsesRequest() throws {
        let body = try JSON.parse(Self.responses)
        let there = try Translation(body, from: .responses, to: .chat).request
        try expectEqual(Translation(there, from: .chat, to: .responses).request, body)
    }

    @Test("the same form passes unchanged, in both directions", arguments: ModelAPI.allCases)
    func unchanged(_ api: ModelAPI) throws {
        let body: JSON = ["model": "m", "anything": [1, 2], "stream": true]
        let translation = try Translation(body, from: api, to: api)
        #expect(translation.request == body && translation.isStream)
        expectEqual(translation.response(["a": 1]), ["a": 1])
        expectEqual(translation.error(["a": 1], status: 400), ["a": 1])
        expectEqual(run(translation, "data: x\r\n"), "data: x\r\n")
    }

    static let answers: [(ModelAPI, String)] = [
        (
            .chat,
            #"{"id":"chatcmpl-7","object":"chat.completion","created":1700000000,"model":"m","choices":[{"index":0,"#
                + #""message":{"role":"assistant","content":"I look.","refusal":null,"reasoning_content":"hm","#
                + #""tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},"#
                + #""logprobs":null,"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":10,"#
                + #""completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4},"#
                + #""completion_tokens_details":{"reasoning_tokens":0}}}"#
        ),
        (
            .messages,
            #"{"id":"msg_7","type":"message","role":"assistant","model":"m","content":["#
                + #"{"type":"text","text":"I look."},"#
                + #"{"type":"tool_use","id":"c1","name":"f","input":{"a":1}}],"stop_reason":"tool_use","#
                + #""stop_sequence":null,"usage":{"input_tokens":6,"cache_creation_input_tokens":0,"#
                + #""cache_read_input_tokens":4,"output_tokens":5}}"#
        ),
    ]

    @Test("a whole answer is the same after a way through another form", arguments: answers)
    func answer(_ api: ModelAPI, _ text: String) throws {
        for other in ModelAPI.allCases where other != api {
            // Thoughts without a signature are not shown in messages.
            let text = other == .messages ? text.replacing(#""reasoning_content":"hm","#, with: "") : text
            let answer = try JSON.parse(text)
            let ask =
                #"{"model":"m","messages":[{"role":"user","content":"x"}],"input":"x","thinking":{"type":"adaptive"}}"#
            let there = try translate(ask, other, api).response(answer)
            let back = try translate(ask, api, other).response(there)
            expectEqual(back, answer, "through \(other)")
        }
    }
}
