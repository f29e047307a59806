import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import JSON
import Primitives
import TestSupport
import Testing

@testable import Proxy

@Suite("Where the upstream has its paths", .serialized, .timeLimit(.minutes(1)))
@Net
struct PathTests {
    /// An upstream with these paths; others are 404 in plain text. Records what it was asked.
    private func scene(
        _ paths: [String], change: (inout ProxySettings) -> Void = { _ in },
        answer: @escaping @Net @Sendable (HTTPServerRequest, JSON) throws -> HTTPServerResponse
    ) async throws -> (scene: ProxyScene, asked: Protected<[String]>) {
        let asked = Protected<[String]>([])
        let scene = try await ProxyScene(change: change) { request in
            let body = try await request.body.collect(upTo: 1 << 20)
            asked.withLock { $0.append(request.target) }
            guard paths.contains(String(request.path)) else { return .text("no such page", .notFound) }
            return try answer(request, (try? JSON.parse(body)) ?? .null)
        }
        return (scene, asked)
    }

    private func post(_ scene: ProxyScene, _ path: String, _ body: JSON) async throws -> (status: Int, json: JSON?) {
        let answer = try await scene.ask(.post, path, ["Content-Type": "application/json"], .bytes(body.bytes))
        return (answer.status, try? JSON.parse(answer.body))
    }

    private static let question: JSON = ["model": "m", "messages": [["role": "user", "content": "hi"]]]

    @Test("each path is found with or without /v1, and remembered by itself")
    func mapping() async throws {
        let (scene, asked) = try await self.scene(["/models", "/v1/messages", "/chat/completions", "/v1/files"]) {
            _, _ in .json(["a": 1])
        }
        for _ in 1...2 {
            try await expectEqual(scene.ask(.get, "/v1/models").status, 200)
            try await expectEqual(self.post(scene, "/v1/messages?beta=true", Self.question).status, 200)
            try await expectEqual(self.post(scene, "/v1/chat/completions", Self.question).status, 200)
            try await expectEqual(scene.ask(.get, "/v1/files").status, 200)
        }
        expectEqual(
            asked.withLock { $0 },
            [
                "/models", "/v1/messages?beta=true", "/chat/completions", "/files", "/v1/files",
                "/models", "/v1/messages?beta=true", "/chat/completions", "/v1/files",
            ])
        await scene.stop()
    }

    @Test("the upstream's own 404 is shown, and a missing model is not looked for elsewhere")
    func notFound() async throws {
        let (scene, asked) = try await self.scene(["/v1/chat/completions", "/v1/models/x"]) { _, _ in
            .json(["error": ["message": "The model 'm' does not exist", "code": "model_not_found"]], .notFound)
        }
        let answer = try await self.post(scene, "/v1/chat/completions", Self.question)
        #expect(answer.status == 404 && answer.json?["error"]?["code"] == "model_not_found")
        expectEqual(asked.withLock { $0 }, ["/chat/completions", "/v1/chat/completions"])
        let model = try await scene.ask(.get, "/v1/models/x")
        #expect(model.status == 404 && String(decoding: model.body, as: UTF8.self).contains("model_not_found"))
        let nothing = try await scene.ask(.get, "/v1/nothing")
        #expect(nothing.status == 404 && nothing.body == Array("no such page".utf8))
        await scene.stop()
    }

    @Test("the Messages API is translated where the upstream has only chat completions, and this is remembered")
    func translated() async throws {
        let (scene, asked) = try await self.scene(["/chat/completions"]) { _, body in
            .json([
                "id": "chatcmpl-1", "object": "chat.completion", "model": body["model"] ?? .null,
                "choices": [
                    ["index": 0, "message": ["role": "assistant", "content": "Hello."], "finish_reason": "stop"]
                ], "usage": ["prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5],
            ])
        }
        for _ in 1...2 {
            let answer = try await self.post(
                scene, "/v1/messages", ["model": "m", "max_tokens": 9, "messages": Self.question["messages"] ?? .null])
            #expect(answer.status == 200 && answer.json?["type"] == "message")
            expectEqual(answer.json?["content"]?[0]?["text"], "Hello.")
            expectEqual(answer.json?["usage"]?["input_tokens"], 3)
        }
        expectEqual(asked.withLock { $0 }, ["/v1/messages", "/messages", "/chat/completions", "/chat/completions"])
        expectEqual(scene.used.withLock { $0.map(\.tokens) }, [.init(input: 3, output: 2), .init(input: 3, output: 2)])
        let count = try await self.post(scene, "/v1/messages/count_tokens", Self.question)
        #expect(count.status == 200 && (count.json?["input_tokens"]?.intValue ?? 0) > 0)
        let refused = try await self.post(
            scene, "/v1/responses", ["model": "m", "input": "hi", "previous_response_id": "resp_1"])
        #expect(
            refused.status == 400
                && refused.json?["error"]?["message"]?.stringValue?.contains("previous_response_id") == true)
        await scene.stop()
    }

    private static var stopped: JSON {
        guard case .object(var members) = Self.question else { return .null }
        members["stop"] = ["END"]
        return .object(members)
    }

    @Test("what another form lacks is no reason to refuse a request while nobody knows that the upstream has it")
    func noOtherForm() async throws {
        let (scene, asked) = try await self.scene(["/models"]) { _, _ in .json(["data": []]) }
        let answer = try await scene.ask(.post, "/v1/chat/completions", [:], .bytes(Self.stopped.bytes))
        #expect(answer.status == 404 && answer.body == Array("no such page".utf8))
        // The Messages API has stop sequences.
        expectEqual(asked.withLock { $0 }, ["/chat/completions", "/v1/chat/completions", "/v1/messages", "/messages"])
        await scene.stop()
    }

    @Test("while there is no room to translate, an alias and an upstream's own error still pass")
    func busy() async throws {
        let scene = try await ProxyScene(change: { $0.aliases = ["fast": "m"] }) { request in
            let body = try JSON.parse(try await request.body.collect(upTo: 1 << 20))
            guard body["model"] != "m" else { return .json(["id": "x", "choices": []]) }
            return .json(["error": ["message": "the context is too long", "code": "context_length"]], .badRequest)
        }
        let held = try await scene.proxy.trees.reserve(64 << 20, for: "")
        try await expectEqual(self.post(scene, "/v1/chat/completions", Self.asking("fast")).status, 200)
        let refused = try await self.post(scene, "/v1/chat/completions", Self.asking("other"))
        #expect(refused.status == 400 && refused.json?["error"]?["code"] == "context_length")
        withExtendedLifetime(held) {}
        await scene.stop()
    }

    private static func asking(_ model: String) -> JSON {
        ["model": .string(model), "messages": Self.question["messages"] ?? .null]
    }

    @Test("a form that cannot carry the request is passed over for one that can, else it is named")
    func otherForms() async throws {
        let paths = Protected(["/v1/messages"])
        let scene = try await ProxyScene { request in
            guard paths.withLock({ $0.contains(String(request.path)) }) else {
                return .json(["error": ["message": "no", "code": "unsupported_api_for_model"]], .badRequest)
            }
            return .json([
                "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
                "content": [["type": "text", "text": "Hello."]], "usage": ["input_tokens": 3, "output_tokens": 2],
            ])
        }
        let answer = try await self.post(scene, "/v1/chat/completions", Self.stopped)
        expectEqual(answer.status, 200)
        expectEqual(answer.json?["choices"]?[0]?["message"]?["content"], "Hello.")
        paths.withLock { $0 = [] }
        let refused = try await self.post(scene, "/v1/chat/completions", Self.stopped)
        #expect(refused.status == 400 && refused.json?["error"]?["code"] == "untranslatable_request")
        expectEqual(refused.json?["error"]?["message"]?.stringValue?.contains("stop sequences"), true)
        await scene.stop()
    }

    @Test("a model that speaks another form is asked in it, with streams, and errors keep their words")
    func form() async throws {
        let (scene, asked) = try await self.scene(["/chat/completions", "/responses"]) { request, body in
            guard request.path == "/responses" else {
                return .json(["error": ["message": "no", "code": "unsupported_api_for_model"]], .badRequest)
            }
            guard body["input"]?.arrayValue?.isEmpty == false else { return .json([:], .badRequest) }
            if body["model"] == "broken" { return .json(["error": ["message": "out of order"]], HTTPStatus(422)) }
            let events = [
                #"{"type":"response.created","response":{"id":"resp_1","model":"m"}}"#,
                #"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"msg_1","role":"assistant"}}"#,
                #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hel"}"#,
                #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"lo."}"#,
                #"{"type":"response.completed","response":{"id":"resp_1","status":"completed","usage":{"input_tokens":4,"output_tokens":2,"total_tokens":6}}}"#,
            ]
            return HTTPServerResponse(
                .ok, headers: ["Content-Type": "text/event-stream"],
                body: .streamOnLoop { writer in
                    for event in events { try await writer.write(Array("data: \(event)\n\n".utf8)) }
                })
        }
        var question = Self.question
        if case .object(var members) = question {
            members["stream"] = true
            question = .object(members)
        }
        for _ in 1...2 {
            let answer = try await scene.ask(.post, "/v1/chat/completions", [:], .bytes(question.bytes))
            let text = String(decoding: answer.body, as: UTF8.self)
            #expect(answer.status == 200 && answer.headers["content-type"] == "text/event-stream")
            #expect(text.contains(#""content":"Hel""#) && text.hasSuffix("data: [DONE]\n\n"), "\(text)")
        }
        expectEqual(asked.withLock { $0 }, ["/chat/completions", "/responses", "/responses"])
        let broken = try await self.post(
            scene, "/v1/chat/completions", ["model": "broken", "messages": Self.question["messages"] ?? .null])
        #expect(broken.status == 422 && broken.json?["error"]?["message"] == "out of order")
        await scene.stop()
    }

    @Test(
        "a timeout and a broken connection are reported, although the upstream lacks the API that was asked for",
        arguments: ["/v1/messages", "/v1/responses"], [false, true])
    func translatedFault(path: String, isStream: Bool) async throws {
        let scene = try await ProxyScene(change: { $0.idleTimeout = .milliseconds(300) }) { request in
            let body = try JSON.parse(try await request.body.collect(upTo: 1 << 20))
            guard request.path == "/chat/completions" else { return .text("no such page", .notFound) }
            if body["model"] == "broken" { throw HTTPServerError(.clientGone, "closed without an answer") }
            try await EventLoop.shared.sleep(for: .seconds(50))
            return .text("")
        }
        for (model, status, code, type) in [
            ("silent", 504, "upstream_timeout", "timeout_error"), ("broken", 502, "upstream_unreachable", "api_error"),
        ] {
            let question: JSON =
                path == "/v1/messages"
                ? [
                    "model": .string(model), "max_tokens": 9, "stream": .bool(isStream),
                    "messages": Self.question["messages"] ?? .null,
                ] : ["model": .string(model), "input": "hi", "stream": .bool(isStream)]
            let answer = try await self.post(scene, path, question)
            expectEqual(answer.status, status)
            let error = answer.json?["error"]
            if path == "/v1/messages" {
                #expect(answer.json?["type"] == "error" && error?["type"]?.stringValue == type)
            } else {
                expectEqual(error?["code"]?.stringValue, code)
            }
        }
        await scene.stop()
    }

    @Test("a body that is too long to be changed passes as it is, or is refused with the limit")
    func tooLong() async throws {
        let asked = Protected<[String]>([])
        let scene = try await ProxyScene(change: { $0.aliases = ["fast": "m"] }) { request in
            asked.withLock { $0.append(String(request.path)) }
            let body = try await request.body.collect(upTo: 64 << 20)
            guard request.path == "/chat/completions" else { return .text("no such page", .notFound) }
            return .json(["length": .integer(Int64(body.count))])
        }
        let padding = String(repeating: "x", count: 17 << 20)
        func ask(_ path: String, _ model: String) async throws -> (status: Int, json: JSON) {
            let body = Array(#"{"model":"\#(model)","x":"\#(padding)"}"#.utf8)
            let answer = try await scene.ask(.post, path, [:], .bytes(body))
            return (answer.status, try JSON.parse(answer.body))
        }
        let passed = try await ask("/v1/chat/completions", "m")
        #expect(passed.status == 200 && (passed.json["length"]?.intValue ?? 0) > 17 << 20)
        let messages = try await ask("/v1/messages", "m")
        #expect(messages.status == 413 && messages.json["type"] == "error")
        expectEqual(messages.json["error"]?["type"], "request_too_large")
        let responses = try await ask("/v1/responses", "m")
        #expect(responses.status == 413 && responses.json["error"]?["code"] == "request_too_large")
        for json in [messages.json, responses.json] {
            let message = json["error"]?["message"]?.stringValue ?? ""
            #expect(message.contains("too long to be translated") && message.contains("16 MiB"), "\(message)")
        }
        asked.withLock { $0 = [] }
        let alias = try await ask("/v1/chat/completions", "fast")
        let message = alias.json["error"]?["message"]?.stringValue ?? ""
        #expect(alias.status == 413 && alias.json["error"]?["code"] == "request_too_large")
        #expect(message.contains("'fast'") && message.contains("'m'") && message.contains("16 MiB"), "\(message)")
        #expect(asked.withLock { $0.isEmpty })
        await scene.stop()
    }

    @Test("aliases name models; others stand in for a model that fails")
    func fallbacks() async throws {
        let models = Protected<[String]>([])
        let (scene, _) = try await self.scene(
            ["/chat/completions"],
            change: {
                $0.aliases = ["fast": "a", "good": "c", "bad": "e"]
                $0.fallbacks = [
                    "a": ["b", "c"], "d": ["e"], "g": ["h", "c"], "i": ["h"], "bad": ["good"], "gone": ["h"],
                ]
            }
        ) { _, body in
            let model = body["model"]?.stringValue ?? ""
            models.withLock { $0.append(model) }
            switch model {
            case "a": return .json(["error": ["message": "slow down"]], .tooManyRequests)
            case "b", "d": return .json(["error": ["message": "down"]], .serviceUnavailable)
            case "e": return .json(["error": ["message": "worse"]], .badGateway)
            case "gone": throw HTTPServerError(.clientGone, "closed without an answer")
            case "g", "i": return .text("<html>", .serviceUnavailable)
            case "h": return .json(["error": ["message": "too long", "code": "context_length_exceeded"]], .badRequest)
            default: return .json(["model": .string(model), "temperature": body["temperature"] ?? .null])
            }
        }
        func ask(_ model: String) async throws -> (status: Int, json: JSON?) {
            models.withLock { $0 = [] }
            return try await self.post(
                scene, "/v1/chat/completions", ["temperature": 0.25, "model": .string(model), "messages": []])
        }
        let fast = try await ask("fast")
        #expect(fast.status == 200 && fast.json?["model"] == "c" && fast.json?["temperature"] == 0.25)
        expectEqual(models.withLock { $0 }, ["a", "b", "c"])
        let failed = try await ask("d")
        #expect(failed.status == 503 && failed.json?["error"]?["message"] == "down")
        expectEqual(models.withLock { $0 }, ["d", "e"])
        // A model that stands in and refuses the request is passed over; its error is not the asked model's.
        try await expectEqual(ask("g").json?["model"], "c")
        expectEqual(models.withLock { $0 }, ["g", "h", "c"])
        try await expectEqual(ask("i").status, 503)
        // Nor is it where the asked model could not be reached.
        try await expectEqual(ask("gone").status, 502)
        expectEqual(models.withLock { $0 }, ["gone", "h"])
        // Aliases are resolved on both sides.
        try await expectEqual(ask("bad").json?["model"], "c")
        expectEqual(models.withLock { $0 }, ["e", "c"])
        try await expectEqual(ask("other").json?["model"], "other")
        await scene.stop()
    }
}
