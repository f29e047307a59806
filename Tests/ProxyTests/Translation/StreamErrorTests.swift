import JSON
import TestSupport
import Testing

@testable import Proxy

@Suite("Translation: errors and special cases in streams")
struct StreamErrorTests {
    private func stream(
        _ client: ModelAPI, _ upstream: ModelAPI, _ text: String, ask: String = StreamSamples.ask
    ) throws -> [String] {
        try outline(run(try translate(ask, client, upstream), text))
    }

    private static func chunk(_ choice: String) -> String { "data: {\"id\":\"1\",\"choices\":[\(choice)]}\n\n" }

    static let failures: [(ModelAPI, String)] = [
        (.chat, "data: {\"error\":{\"message\":\"boom\",\"code\":\"c\"}}\n\n"),
        (.chat, "data: {\"error\":\"boom\"}\n\n"),
        (
            .messages,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"boom\"}}\n\n"
        ),
        (.responses, "data: {\"type\":\"error\",\"code\":\"c\",\"message\":\"boom\"}\n\n"),
        (.responses, "data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"message\":\"boom\"}}}\n\n"),
        (.responses, "data: {\"error\":{\"message\":\"boom\"}}\n\n"),
    ]

    @Test("an error in the middle of a stream comes in the client's form and ends it", arguments: failures)
    func failure(_ upstream: ModelAPI, _ event: String) throws {
        let complete = StreamSamples.complete(upstream)
        for client in ModelAPI.allCases where client != upstream {
            let wanted =
                switch client {
                case .chat: "error boom"
                case .messages: "error boom"
                case .responses: "response.failed boom"
                }
            let early = try self.stream(client, upstream, event + complete)
            expectEqual(early.last, wanted)
            // What follows the error is ignored.
            let begun = complete.components(around: upstream == .chat ? "\n\n" : "\r\n\r\n")[..<4]
                .map { $0 + "\n\n" }.joined()
            let late = try self.stream(client, upstream, begun + event + complete)
            #expect(late.last == wanted && late.count > early.count)
        }
    }

    @Test("an answer with more calls than any model makes ends with an error", arguments: ModelAPI.allCases)
    func manyCalls(_ upstream: ModelAPI) throws {
        func event(_ number: Int) -> JSON {
            let index = JSON.integer(Int64(number))
            switch upstream {
            case .chat:
                let call: JSON = ["index": index, "id": .string("c\(number)"), "function": ["name": "f"]]
                return ["choices": [["delta": ["tool_calls": [call]]]]]
            case .messages:
                let block: JSON = ["type": "tool_use", "id": "c", "name": "f"]
                return ["type": "content_block_start", "index": index, "content_block": block]
            case .responses:
                let item: JSON = ["type": "function_call", "call_id": "c", "name": "f"]
                return ["type": "response.output_item.added", "output_index": index, "item": item]
            }
        }
        for client in ModelAPI.allCases where client != upstream {
            for (count, isFault) in [(256, false), (257, true)] {
                let text = (0..<count).map { "data: \(event($0).text)\n\n" }.joined()
                let last = try self.stream(client, upstream, text).last
                expectEqual(last?.contains("more than 256 tool calls"), isFault)
            }
        }
    }

    @Test("an answer with more items than any model makes ends with an error", arguments: [ModelAPI.chat, .responses])
    func manyItems(_ upstream: ModelAPI) throws {
        func event(_ number: Int) -> JSON {
            if upstream == .chat {
                let kind = number % 2 == 0 ? "reasoning_content" : "content"
                return ["choices": [["delta": [kind: "a"]]]]
            }
            return [
                "type": "response.output_text.delta", "output_index": .integer(Int64(number)), "delta": "a",
            ]
        }
        let client = upstream == .chat ? ModelAPI.responses : .chat
        for (count, isFault) in [(1_024, false), (1_025, true)] {
            let text = (0..<count).map { "data: \(event($0).text)\n\n" }.joined()
            let last = try self.stream(client, upstream, text).last
            expectEqual(last?.contains("more than 1024 items"), isFault)
        }
    }

    @Test("an id or name that every event would repeat is cut")
    func longID() throws {
        let long = String(repeating: "x", count: 100_000)
        let chunk = "data: {\"id\":\"\(long)\",\"model\":\"\(long)\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"
        let text = run(try translate(StreamSamples.ask, .responses, .chat), chunk + "data: [DONE]\n\n")
        #expect(text.utf8.count < 100_000 && text.contains("xxx"))
    }

    @Test("an event that is not JSON ends the stream with an error; other words keep it alive")
    func malformed() throws {
        let text = Self.chunk(#"{"delta":{"content":"a"}}"#)
        let broken = try self.stream(.messages, .chat, text + "data: {\"choices\":\n\n" + text)
        expectEqual(broken.suffix(2).first, "content_block_delta 0 a")
        expectEqual(broken.last?.contains("not valid JSON"), true)
        let alive = try self.stream(.messages, .chat, text + "data: ping\n\ndata:\n\n" + text + "data: [DONE]\n\n")
        #expect(alive.filter { $0 == "content_block_delta 0 a" }.count == 2 && alive.last == "message_stop")
        let scalars = try self.stream(.messages, .chat, "data: 5\n\ndata: [1]\n\n" + text + "data: [DONE]\n\n")
        expectEqual(scalars.last, "message_stop")
    }

    @Test("an event that is too long ends the stream with an error, however it is split")
    func tooLong() throws {
        let translation = try translate(StreamSamples.ask, .messages, .chat)
        let text = Self.chunk(#"{"delta":{"content":"a"}}"#)
        let bytes = Array((text + "data: \"").utf8) + [UInt8](repeating: 0x61, count: AnswerStream.eventLimit + 10)
        let whole = run(translation, [bytes])
        try expectEqual(outline(whole).last?.contains("more than 1048576 bytes"), true)
        #expect(try outline(whole).contains("content_block_delta 0 a"))
        for size in [1_000, 40_000, 700_000] {
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min(bytes.count, $0 + size)])
            }
            expectEqual(run(translation, pieces), whole)
        }
    }

    @Test("the last event of a response, which repeats the answer, may be as long as the answer")
    func longResponse() throws {
        let text = String(repeating: "a", count: 900_000)
        let delta = #"data: {"type":"response.output_text.delta","delta":"\#(text)"}"# + "\n\n"
        let end =
            #"data: {"type":"response.completed","response":{"id":"1","output":[{"type":"message","content":["#
            + #"{"type":"output_text","text":"\#(text)\#(text)"}]}]}}"# + "\n\n"
        let bytes = Array((delta + delta + end).utf8)
        let translation = try translate(StreamSamples.ask, .chat, .responses)
        let whole = run(translation, [bytes])
        try expectEqual(outline(whole).suffix(2), ["finish stop", "[DONE]"])
        let pieces = stride(from: 0, to: bytes.count, by: 9_000).map { Array(bytes[$0..<min(bytes.count, $0 + 9_000)]) }
        expectEqual(run(translation, pieces), whole)
    }

    static let silences: [(ModelAPI, String, String)] = [
        (
            .responses, #"{"type":"response.created","response":{"id":"1"}}"#,
            #"{"type":"keepalive","sequence_number":3}"#
        ),
        (
            .responses, #"{"type":"response.created","response":{"id":"1"}}"#,
            #"{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","summary":[]}}"#
        ),
        (.messages, #"{"type":"message_start","message":{"id":"1"}}"#, #"{"type":"news"}"#),
        (.messages, #"{"type":"message_start","message":{"id":"1"}}"#, "wait"),
        (.chat, #"{"id":"1","choices":[{"delta":{"role":"assistant"}}]}"#, #"{"id":"1","choices":[{"delta":{}}]}"#),
        (.chat, #"{"id":"1","choices":[{"delta":{"role":"assistant"}}]}"#, "wait"),
    ]

    @Test(
        "events without a counterpart keep the client's connection alive once the answer has begun", arguments: silences
    )
    func alive(_ upstream: ModelAPI, _ begin: String, _ silence: String) throws {
        for client in ModelAPI.allCases where client != upstream {
            var stream = try translate(StreamSamples.ask, client, upstream).makeStream()
            #expect(stream.feed(Array("data: \(silence)\n\n".utf8)).isEmpty || silence.contains("choices"))
            _ = stream.feed(Array("data: \(begin)\n\n".utf8))
            let output = String(decoding: stream.feed(Array("data: \(silence)\n\n".utf8)), as: UTF8.self)
            expectEqual(output, client == .messages ? "event: ping\ndata: {\"type\":\"ping\"}\n\n" : ": keep-alive\n\n")
        }
    }

    @Test("a chat client that did not ask for usage does not get it")
    func usage() throws {
        let ask = #"{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}"#
        for upstream in [ModelAPI.messages, .responses] {
            let stream = try self.stream(.chat, upstream, StreamSamples.complete(upstream), ask: ask)
            expectEqual(stream.suffix(2), ["finish tool_calls", "[DONE]"])
        }
    }

    @Test("a messages client gets pings for thoughts, which lack the signature that Anthropic would demand")
    func thinking() throws {
        let stream = try self.stream(.messages, .chat, StreamSamples.complete(.chat))
        expectEqual(stream[..<3], ["message_start", "ping", "content_block_start 0 text"])
    }

    @Test("usage and ids arrive in the client's form")
    func documents() throws {
        let messages = try events(
            run(try translate(StreamSamples.ask, .messages, .chat), StreamSamples.complete(.chat)))
        #expect(messages.first?["message"]?["id"] == "msg_9" && messages.first?["message"]?["model"] == "m")
        expectEqual(
            messages.dropLast().last?["usage"],
            [
                "input_tokens": 6, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 4, "output_tokens": 5,
            ])
        let chat = try events(
            run(try translate(StreamSamples.ask, .chat, .messages), StreamSamples.complete(.messages)))
        #expect(chat.first?["id"] == "chatcmpl-9" && chat.first?["created"] == 1_700_000_000)
        expectEqual(chat.dropLast().last?["usage"]?["prompt_tokens"], 10)

        for upstream in [ModelAPI.chat, .messages] {
            let stream = try events(
                run(try translate(StreamSamples.ask, .responses, upstream), StreamSamples.complete(upstream)))
            expectEqual(stream.compactMap { $0["sequence_number"]?.intValue }, Array(stream.indices))
            let last = try #require(stream.last?["response"])
            #expect(last["id"] == "resp_9" && last["usage"]?["input_tokens"] == 10)
            // The last event repeats the items that came before.
            let items = stream.filter { $0["type"] == "response.output_item.done" }.compactMap { $0["item"] }
            #expect(last["output"] == .array(items) && items.count == 4)
            #expect(items[1]["content"]?[0]?["text"] == "Grüße 🎉 \"x\"\n" && items[3]["arguments"] == "{}")
        }
    }

    @Test("interleaved calls keep their arguments apart")
    func interleaved() throws {
        func fragment(_ index: Int, _ rest: String) -> String {
            Self.chunk(#"{"delta":{"tool_calls":[{"index":\#(index),\#(rest)}]}}"#)
        }
        let text =
            fragment(0, #""id":"a","function":{"name":"f","arguments":"{\"x\""}"#)
            + fragment(1, #""id":"b","function":{"name":"g","arguments":"{"}"#)
            + fragment(0, #""function":{"arguments":":1}"}"#) + fragment(1, #""function":{"arguments":"}"}"#)
            + Self.chunk(#"{"delta":{},"finish_reason":"stop"}"#) + "data: [DONE]\n\n"
        try expectEqual(
            self.stream(.messages, .chat, text).filter { $0 != "ping" },
            [
                "message_start", "content_block_start 0 tool_use", #"content_block_delta 0 {"x""#,
                "content_block_start 1 tool_use", "content_block_delta 1 {", "content_block_delta 0 :1}",
                "content_block_delta 1 }", "content_block_stop 0", "content_block_stop 1", "message_delta tool_use",
                "message_stop",
            ])
        let response = try events(run(try translate(StreamSamples.ask, .responses, .chat), text)).last?["response"]
        expectEqual(response?["output"]?.arrayValue?.map { $0["arguments"] }, [#"{"x":1}"#, "{}"])
    }

    @Test(
        "calls without index, with one index for all, or without ids are not mixed up",
        arguments: [
            [#"{"id":"a","function":{"name":"f","arguments":"{}"}}"#, #"{"id":"b","function":{"name":"g"}}"#],
            [
                #"{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}"#,
                #"{"index":0,"function":{"arguments":"}"}}"#,
                #"{"index":0,"id":"b","function":{"name":"g"}}"#,
            ],
            [
                #"{"index":0,"id":"a","function":{"name":"f"}}"#,
                #"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#,
                #"{"index":1,"id":"b"}"#, #"{"index":1,"function":{"name":"g","arguments":{}}}"#,
            ],
        ])
    func fragments(_ fragments: [String]) throws {
        let text =
            fragments.map { Self.chunk(#"{"delta":{"tool_calls":[\#($0)]}}"#) }.joined()
            + Self.chunk(#"{"delta":{},"finish_reason":"tool_calls"}"#) + "data: [DONE]\n\n"
        let response = try events(run(try translate(StreamSamples.ask, .responses, .chat), text)).last?["response"]
        let output = try #require(response?["output"]?.arrayValue)
        #expect(output.map { $0["name"] } == ["f", "g"] && output.map { $0["call_id"] } == ["a", "b"])
        expectEqual(output.map { $0["arguments"] }, ["{}", "{}"])
    }

    @Test(
        "whole calls without ids stay apart, and a name that is repeated begins no call",
        arguments: [
            [
                #"{"index":0,"function":{"name":"f","arguments":"{\"a\":\"}\"}"}}"#,
                #"{"index":0,"function":{"name":"f","arguments":"{}"}}"#,
                #"{"index":0,"function":{"name":"g","arguments":"{}"}}"#,
            ],
            [
                #"{"function":{"name":"f","arguments":"{\"a\""}}"#,
                #"{"function":{"name":"f","arguments":":\"}\"}"}}"#, #"{"function":{"name":"f","arguments":""}}"#,
                #"{"function":{"name":"f","arguments":{}}}"#, #"{"function":{"name":"g"}}"#,
            ],
        ])
    func wholeCalls(_ fragments: [String]) throws {
        let text =
            fragments.map { Self.chunk(#"{"delta":{"tool_calls":[\#($0)]}}"#) }.joined() + "data: [DONE]\n\n"
        let response = try events(run(try translate(StreamSamples.ask, .responses, .chat), text)).last?["response"]
        let output = try #require(response?["output"]?.arrayValue)
        #expect(
            output.map { $0["name"] } == ["f", "f", "g"] && Set(output.map { $0["call_id"]?.stringValue }).count == 3)
        expectEqual(output.map { $0["arguments"] }, [#"{"a":"}"}"#, "{}", "{}"])
    }

    @Test("a custom tool's input comes as its text")
    func customTool() throws {
        let ask = #"{"model":"m","stream":true,"input":"x","tools":[{"type":"custom","name":"patch"}]}"#
        let text =
            Self.chunk(
                #"{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"patch","arguments":"{\"inp"}}]}}"#)
            + Self.chunk(#"{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"ut\":\"a\\nb\"}"}}]}}"#)
            + Self.chunk(#"{"delta":{},"finish_reason":"tool_calls"}"#) + "data: [DONE]\n\n"
        let stream = try events(run(try translate(ask, .responses, .chat), text))
        expectEqual(
            stream.dropFirst(2).compactMap { $0["type"]?.stringValue },
            [
                "response.output_item.added", "response.custom_tool_call_input.delta",
                "response.custom_tool_call_input.done", "response.output_item.done", "response.completed",
            ])
        expectEqual(stream.last?["response"]?["output"]?[0]?["input"], "a\nb")
    }

    @Test("a chat stream may lack its mark or its reason, but not both")
    func endings() throws {
        let text = Self.chunk(#"{"delta":{"content":"a"}}"#)
        let reason = Self.chunk(#"{"delta":{},"finish_reason":"length"}"#)
        try expectEqual(
            self.stream(.messages, .chat, text + reason).suffix(2), ["message_delta max_tokens", "message_stop"])
        try expectEqual(
            self.stream(.messages, .chat, text + "data: [DONE]").suffix(2),
            [
                "message_delta end_turn", "message_stop",
            ])
        try expectEqual(self.stream(.messages, .chat, "data: [DONE]\n\n").last?.hasPrefix("error"), true)
        try expectEqual(self.stream(.messages, .chat, text).last?.hasPrefix("error"), true)
        try expectEqual(self.stream(.messages, .chat, "").last?.hasPrefix("error"), true)
        let cut = try self.stream(.messages, .chat, text + "data: {\"choi")
        expectEqual(cut.last, "error \(AnswerFault.unfinished.message)")
    }

    @Test("a truncated answer is marked as incomplete")
    func incomplete() throws {
        let text = Self.chunk(#"{"delta":{"content":"a"},"finish_reason":"length"}"#) + "data: [DONE]\n\n"
        let last = try #require(try events(run(try translate(StreamSamples.ask, .responses, .chat), text)).last)
        #expect(last["type"] == "response.incomplete" && last["response"]?["output"]?[0]?["status"] == "incomplete")
        let response =
            "data: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n\ndata: {\"type\":\"response.incomplete\","
            + "\"response\":{\"incomplete_details\":{\"reason\":\"content_filter\"}}}\n\n"
        try expectEqual(self.stream(.chat, .responses, response).suffix(2), ["finish content_filter", "[DONE]"])
    }

    @Test("items that come only whole are not lost, and not repeated")
    func wholeItems() throws {
        let text =
            #"data: {"type":"response.completed","response":{"id":"resp_1","output":[{"type":"message","content":["#
            + #"{"type":"output_text","text":"a"}]},{"type":"function_call","call_id":"c","name":"f","#
            + #""arguments":"{\"b\":1}"}]}}"# + "\n\n"
        try expectEqual(
            self.stream(.chat, .responses, text),
            [
                #"{"role":"assistant","content":""}"#, #"{"content":"a"}"#,
                #"{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":""}}]}"#,
                #"{"tool_calls":[{"index":0,"function":{"arguments":"{\"b\":1}"}}]}"#, "finish tool_calls", "[DONE]",
            ])
    }
}
