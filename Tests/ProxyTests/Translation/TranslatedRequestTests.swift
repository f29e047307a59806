import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import JSON
import Primitives
import TestSupport
import Testing

@testable import Proxy

@Suite("Translation: through the proxy", .serialized, .timeLimit(.minutes(1)))
@Net
struct TranslatedRequestTests {
    nonisolated static let endings: [(events: [String], isAborted: Bool, isComplete: Bool, reason: String?)] = [
        ([#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#, "[DONE]"], true, true, nil),
        ([#"{"error":{"message":"busy","code":"overloaded"}}"#], false, false, "overloaded"),
        ([#"{"error":{"message":"busy","code":"overloaded"}}"#], true, false, "overloaded"),
        ([], false, false, "upstream_incomplete"),
    ]

    @Test("the log says whether the answer was complete, not whether the upstream's stream was", arguments: endings)
    func ending(_ events: [String], _ isAborted: Bool, _ isComplete: Bool, _ reason: String?) async throws {
        struct Aborted: Error {}
        let begin = #"{"id":"1","choices":[{"delta":{"content":"Hello."}}]}"#
        let scene = try await ProxyScene { request in
            guard request.path == "/chat/completions" else { return .text("no such page", .notFound) }
            return HTTPServerResponse(
                .ok, headers: ["Content-Type": "text/event-stream"],
                body: .streamOnLoop { writer in
                    for event in [begin] + events { try await writer.write(Array("data: \(event)\n\n".utf8)) }
                    // The proxy must see the events first.
                    try await EventLoop.shared.sleep(for: .milliseconds(5))
                    if isAborted { throw Aborted() }
                })
        }
        let body: JSON = ["model": "m", "stream": true, "messages": [["role": "user", "content": "hi"]]]
        let answer = try await scene.ask(.post, "/v1/messages", [:], .bytes(body.bytes))
        let text = String(decoding: answer.body, as: UTF8.self)
        #expect(text.contains("Hello.") && text.contains("event: message_stop") == isComplete)
        #expect(text.contains("event: error") != isComplete)
        await scene.proxy.accessLog.flush()
        let lines = scene.log.withLock { $0.joined() }
        #expect(lines.contains(#""outcome":"\#(isComplete ? "complete" : "upstream_broke")""#), "\(lines)")
        if let reason { #expect(lines.contains(#""error":"\#(reason)""#), "\(lines)") }
        await scene.stop()
    }

    @Test(
        "events of hundreds of kilobytes come whole and in their order, also if the last one lacks its end",
        arguments: ["/v1/messages", "/v1/responses"])
    func long(_ path: String) async throws {
        let texts = ["a", String(repeating: "b", count: 600_000), "c", String(repeating: "d", count: 600_000), "e"]
        let scene = try await ProxyScene { request in
            guard request.path == "/chat/completions" else { return .text("no such page", .notFound) }
            return HTTPServerResponse(
                .ok, headers: ["Content-Type": "text/event-stream"],
                body: .streamOnLoop { writer in
                    for text in texts {
                        let event = #"{"id":"1","choices":[{"delta":{"content":"\#(text)"}}]}"#
                        try await writer.write(Array("data: \(event)\n\n".utf8))
                    }
                    let end = #"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#
                    try await writer.write(Array("data: \(end)\n\ndata: [DONE]".utf8))
                })
        }
        var body: JSONObject = ["model": "m", "stream": true]
        if path == "/v1/messages" {
            body["messages"] = [["role": "user", "content": "hi"]]
        } else {
            body["input"] = "hi"
        }
        let answer = try await scene.ask(.post, path, [:], .bytes(JSON.object(body).bytes))
        expectEqual(answer.status, 200)
        let events = try answer.body.split(separator: 0x0A).filter { $0.starts(with: "data: ".utf8) }.map {
            try JSON.parse(Array($0.dropFirst("data: ".utf8.count)))
        }
        let found = events.compactMap { event -> String? in
            switch event["type"]?.stringValue {
            case "content_block_delta": event["delta"]?["text"]?.stringValue
            case "response.output_text.delta": event["delta"]?.stringValue
            default: nil
            }
        }
        #expect(found == texts, "\(found.map(\.utf8.count))")
        let last = events.last?["type"]?.stringValue
        expectEqual(last, path == "/v1/messages" ? "message_stop" : "response.completed")
        await scene.proxy.accessLog.flush()
        #expect(scene.log.withLock { $0.joined() }.contains(#""outcome":"complete""#))
        await scene.stop()
    }

    @Test("tokens are estimated for a model that the upstream has only in another form")
    func count() async throws {
        let scene = try await ProxyScene { request in
            let body = (try? JSON.parse(try await request.body.collect(upTo: 1 << 20))) ?? .null
            let code: JSON = body["model"] == "bad" ? "invalid_request" : "unsupported_api_for_model"
            return .json(["error": ["message": "no", "code": code]], .badRequest)
        }
        func count(_ model: JSON) async throws -> (status: Int, json: JSON) {
            let body: JSON = ["model": model, "messages": [["role": "user", "content": "12345678"]]]
            let answer = try await scene.ask(.post, "/v1/messages/count_tokens", [:], .bytes(body.bytes))
            return (answer.status, try JSON.parse(answer.body))
        }
        let estimate = try await count("m")
        #expect(estimate.status == 200 && estimate.json == ["input_tokens": 6])
        let refused = try await count("bad")
        #expect(refused.status == 400 && refused.json["error"]?["code"] == "invalid_request")
        await scene.stop()
    }
}
