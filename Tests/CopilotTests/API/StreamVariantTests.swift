import Copilot
import HTTP
import HTTPClient
import Logging
import Models
import Primitives
import TestSupport
import Testing

/// Real streams of endpoints behind Copilot, byte for byte, through the client.
@Suite("Streams of every kind", .timeLimit(.minutes(1)))
struct StreamVariantTests {
    /// One stream: its bytes and the expected result.
    struct Variant: Sendable, CustomStringConvertible {
        let name: String
        let bytes: String
        var text = ""
        var calls: [String] = []
        var finish: FinishReason? = .stop
        var error: ModelError.Code?
        var description: String { self.name }
    }

    private static func data(_ lines: String..., end: String = "\n\n") -> String {
        lines.map { "data: \($0)\(end)" }.joined()
    }
    private static func text(_ text: String) -> String { #"{"choices":[{"index":0,"delta":{"content":"\#(text)"}}]}"# }
    private static func tool(_ fragment: String) -> String {
        #"{"choices":[{"index":0,"delta":{"tool_calls":[\#(fragment)]}}]}"#
    }
    private static func finish(_ reason: String) -> String {
        #"{"choices":[{"index":0,"delta":{},"finish_reason":"\#(reason)"}]}"#
    }

    static let variants: [Variant] = [
        Variant(name: "plain", bytes: Self.data(Self.text("a"), Self.finish("stop"), "[DONE]"), text: "a"),
        Variant(
            name: "CRLF", bytes: Self.data(Self.text("a"), Self.finish("stop"), "[DONE]", end: "\r\n\r\n"), text: "a"),
        Variant(name: "CR alone", bytes: Self.data(Self.text("a"), Self.finish("stop"), end: "\r\r"), text: "a"),
        Variant(
            name: "comments, event, id and retry lines",
            bytes: ": ping\n\nevent: message\nid: 7\nretry: 5\n"
                + Self.data(Self.text("a"), Self.finish("stop"), "[DONE]"),
            text: "a"),
        Variant(
            name: "no space behind the colon",
            bytes: "data:\(Self.text("a"))\n\ndata:\(Self.finish("stop"))\n\ndata:[DONE]\n\n",
            text: "a"),
        Variant(
            name: "one event over two lines",
            bytes: "data: {\"choices\":[{\"delta\":\ndata: {\"content\":\"a\"}}]}\n\n" + Self.data(Self.finish("stop")),
            text: "a"),
        Variant(
            name: "filter results first",
            bytes: Self.data(
                #"{"choices":[],"prompt_filter_results":[{}],"created":0,"id":""}"#, Self.text("a"),
                Self.finish("stop"),
                "[DONE]"), text: "a"),
        Variant(
            name: "counts in a chunk of their own",
            bytes: Self.data(
                Self.text("a"), Self.finish("stop"),
                #"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#,
                "[DONE]"), text: "a"),
        Variant(name: "no end mark", bytes: Self.data(Self.text("a"), Self.finish("stop")), text: "a"),
        Variant(name: "no finish reason, end mark", bytes: Self.data(Self.text("a"), "[DONE]"), text: "a"),
        Variant(
            name: "no finish reason, no end mark", bytes: Self.data(Self.text("a")), text: "a", finish: nil,
            error: .interrupted),
        Variant(
            name: "references and annotations without choices",
            bytes: Self.data(
                #"{"copilot_references":[{}]}"#, #"{"copilot_annotations":{}}"#, Self.text("a"),
                #"{"copilot_quota_snapshots":{}}"#, Self.finish("stop")), text: "a"),
        Variant(
            name: "filter results in each choice",
            bytes: Self.data(
                #"{"choices":[{"content_filter_results":{"hate":{"filtered":false}},"content_filter_offsets":{},"delta":{"content":"a","role":"function"}}]}"#,
                Self.finish("stop")), text: "a"),
        Variant(
            name: "a line that is no JSON", bytes: Self.data(Self.text("a"), "not json", Self.finish("stop"), "[DONE]"),
            text: "a"),
        Variant(
            name: "tool fragments without index",
            bytes: Self.data(
                Self.tool(#"{"id":"a","function":{"name":"f","arguments":"{"}}"#),
                Self.tool(#"{"function":{"arguments":"}"}}"#), Self.finish("tool_calls")), calls: ["f {}"],
            finish: .toolCalls),
        Variant(
            name: "two calls both at index 0",
            bytes: Self.data(
                Self.tool(#"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#),
                Self.tool(#"{"index":0,"id":"b","function":{"name":"g","arguments":"{}"}}"#), Self.finish("tool_calls")),
            calls: ["f {}", "g {}"], finish: .toolCalls),
        Variant(
            name: "the name again with a later fragment",
            bytes: Self.data(
                Self.tool(#"{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}"#),
                Self.tool(#"{"index":0,"function":{"name":"f","arguments":"}"}}"#), Self.finish("tool_calls")),
            calls: ["f {}"], finish: .toolCalls),
        Variant(
            name: "finish stop with a pending call",
            bytes: Self.data(
                Self.tool(#"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#), Self.finish("stop")),
            calls: ["f {}"]),
        Variant(
            name: "empty arguments",
            bytes: Self.data(
                Self.tool(#"{"index":0,"id":"a","function":{"name":"f","arguments":""}}"#), Self.finish("tool_calls")),
            calls: ["f {}"], finish: .toolCalls),
        Variant(
            name: "null content beside a call",
            bytes: Self.data(
                #"{"choices":[{"delta":{"content":null,"tool_calls":[{"index":0,"id":"a","function":{"name":"f"}}]}}]}"#,
                Self.finish("tool_calls")), calls: ["f {}"], finish: .toolCalls),
        Variant(
            name: "arguments that are not JSON are passed on to whatever runs the tool",
            bytes: Self.data(
                Self.tool(#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"a\":"}}"#),
                Self.finish("tool_calls")), calls: [#"f {"a":"#], finish: .toolCalls),
        Variant(
            name: "cut by length", bytes: Self.data(Self.text("a"), Self.finish("length")), text: "a", finish: .length),
        Variant(
            name: "filtered", bytes: Self.data(Self.text("a"), Self.finish("content_filter")), text: "a",
            finish: .contentFilter),
        Variant(name: "upper case", bytes: Self.data(Self.text("a"), Self.finish("STOP")), text: "a"),
        Variant(
            name: "an error object after text",
            bytes: Self.data(Self.text("a"), #"{"error":{"message":"broken","code":"server_error"}}"#), text: "a",
            finish: nil, error: .interrupted),
        Variant(
            name: "two choices in one piece",
            bytes: Self.data(
                #"{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"},{"index":1,"message":{"tool_calls":[{"id":"x","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#
            ),
            text: "a", calls: ["f {}"], finish: .toolCalls),
    ]

    @Test("each is read correctly, split anywhere", arguments: Self.variants)
    func variant(_ variant: Variant) async throws {
        for size in [1, 5, 10_000] {
            let bytes = Array(variant.bytes.utf8)
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                ScriptedTransport.Step.bytes(String(decoding: bytes[$0..<min($0 + size, bytes.count)], as: UTF8.self))
            }
            let client = CopilotClient(
                CopilotSettings(
                    gitHubAPIURL: try HTTPURL("https://h"), defaultModel: "m",
                    exchange: ExchangeSettings(retry: RetryPolicy(maximumTries: 1))),
                source: try FakeTokenSource(),
                transport: RoutedTransport(chats: [ScriptedTransport.Answer(steps: pieces)]),
                logger: Logger(label: "test"))
            var text = ""
            var calls: [String] = []
            var finish: FinishReason?
            var error: ModelError?
            do {
                for try await event in client.stream(ModelRequest(messages: [ModelMessage(.user, "Hi")])) {
                    switch event {
                    case .delta(let piece): text += piece
                    case .toolCall(let call): calls.append("\(call.name) \(call.arguments)")
                    case .finished(let reason): finish = reason
                    default: break
                    }
                }
            } catch let thrown as ModelError {
                error = thrown
            }
            #expect(
                text == variant.text && calls == variant.calls && finish == variant.finish
                    && error?.code == variant.error)
        }
    }
}
