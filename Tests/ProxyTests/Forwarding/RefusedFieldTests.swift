import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import JSON
import Primitives
import TestSupport
import Testing

@testable import Proxy

@Suite("Members of requests that an upstream refuses", .serialized, .timeLimit(.minutes(1)))
@Net
struct RefusedFieldTests {
    nonisolated private static let body: JSON = [
        "model": "m", "max_tokens": 5, "context_management": ["edits": []],
        "system": [
            ["type": "text", "text": "s", "cache_control": ["type": "ephemeral", "scope": "global"]],
            ["type": "text", "text": "t", "scope": "mine", "cache_control": ["type": "ephemeral", "scope": "x"]],
        ],
        "tools": [["name": "f", "input_schema": ["type": "object"], "defer_loading": true]],
        "messages": [["role": "user", "content": "hi"]],
    ]

    nonisolated private static let errors: [(text: String, names: Set<String>)] = [
        ("context_management: Extra inputs are not permitted", ["context_management"]),
        ("system.0.cache_control.ephemeral.scope: Extra inputs are not permitted", ["system.cache_control.scope"]),
        (
            "2 errors\ntools.0.custom.defer_loading: Extra inputs are not permitted\n"
                + "context_management: Extra inputs are not permitted", ["tools.defer_loading", "context_management"]
        ),
        ("Unknown parameter: 'tools[0].defer_loading'.", ["tools.defer_loading"]),
        ("Unrecognized request argument supplied: context_management", ["context_management"]),
        ("Unrecognized request arguments supplied: context_management, nothing", ["context_management"]),
        (#"json: unknown field "context_management""#, ["context_management"]),
        // Without these, it would be another request.
        ("messages: Extra inputs are not permitted", []), ("messages.0: Extra inputs are not permitted", []),
        ("Unknown parameter: 'max_tokens'.", []), ("max_tokens: must be greater than 8", []), ("no", []),
        (": Extra inputs are not permitted", []), ("Unknown parameter: '", []),
    ]

    @Test("an error names members in several ways, and only those are removed", arguments: errors)
    nonisolated func names(_ text: String, _ names: Set<String>) {
        let error: JSON = ["type": "error", "error": ["type": "invalid_request_error", "message": .string(text)]]
        for bytes in [error.bytes, Array(text.utf8)] {
            var body = Self.body
            let removed = RefusedField.all(in: bytes).reduce(into: Set()) { $0.formUnion($1.remove(from: &body)) }
            #expect(removed == names)
            #expect((body == Self.body) == names.isEmpty)
            // A member of the same name elsewhere stays.
            #expect(body["system"]?[1]?["scope"] == "mine")
            if names.contains("system.cache_control.scope") {
                #expect(body["system"]?[0]?["cache_control"] == ["type": "ephemeral"])
                #expect(body["system"]?[1]?["cache_control"] == ["type": "ephemeral"])
            }
        }
    }

    /// An upstream for messages that refuses two members, one after the other.
    nonisolated private static func answer(_ body: JSON) -> HTTPServerResponse {
        let refused =
            body["context_management"] != nil
            ? "context_management"
            : body["system"]?[0]?["cache_control"]?["scope"] != nil ? "system.0.cache_control.ephemeral.scope" : nil
        if let refused {
            let error: JSON = ["message": .string("\(refused): Extra inputs are not permitted")]
            return .json(["type": "error", "error": error], .badRequest)
        }
        return .json(["id": "1", "content": [], "usage": ["input_tokens": 1, "output_tokens": 1]])
    }

    @Test("they are left out after a 400 that names them, for that model, until a day later")
    func leaving() async throws {
        let seen = Protected<[JSON]>([])
        let scene = try await ProxyScene { request in
            let body = try JSON.parse(try await request.body.collect(upTo: 1 << 20))
            seen.withLock { $0.append(body) }
            return Self.answer(body)
        }
        func ask(_ model: JSON) async throws -> (status: Int, leftOut: String?, attempts: Int) {
            seen.withLock { $0 = [] }
            var body = Self.body.objectValue ?? [:]
            body["model"] = model
            let answer = try await scene.ask(.post, "/v1/messages", [:], .bytes(JSON.object(body).bytes))
            return (answer.status, answer.headers["x-jetbridge-left-out"], seen.withLock { $0.count })
        }
        let names = "context_management, system.cache_control.scope"
        var found = try await ask("m")
        #expect(found == (200, names, 3))
        let last = seen.withLock { $0.last }
        #expect(last?["tools"] == Self.body["tools"] && last?["messages"] == Self.body["messages"])
        found = try await ask("m")
        #expect(found == (200, names, 1))
        // Another model may take them.
        found = try await ask("n")
        #expect(found == (200, names, 3))
        let plain: JSON = ["model": "m", "max_tokens": 5, "messages": []]
        let answer = try await scene.ask(.post, "/v1/messages", [:], .bytes(plain.bytes))
        #expect(answer.status == 200 && answer.headers["x-jetbridge-left-out"] == nil)
        await scene.stop()
    }

    @Test("an error that names what the request lacks, or nothing, reaches the client after one attempt")
    func other() async throws {
        let count = Protected(0)
        let scene = try await ProxyScene { _ in
            count.withLock { $0 += 1 }
            return .json(["error": ["message": "x: Extra inputs are not permitted"]], .badRequest)
        }
        let answer = try await scene.ask(.post, "/v1/messages", [:], .bytes(Self.body.bytes))
        #expect(answer.status == 400 && count.withLock { $0 } == 1)
        #expect(String(decoding: answer.body, as: UTF8.self).contains("x: Extra inputs are not permitted"))
        await scene.stop()
    }

    @Test("what is learned of a model is bounded and forgotten")
    func memory() throws {
        let memory = UpstreamMemory()
        let fields = try (0..<100).map { try #require(RefusedField("member\($0)")) }
        #expect(!memory.hasRefusals)
        memory.learn("/messages", of: "m", refuses: [fields[0]])
        memory.learn("/messages", of: "m", refuses: [fields[0], fields[1]])
        #expect(memory.refused(at: "/messages", by: "m") == Array(fields[..<2]))
        #expect(memory.refused(at: "/messages", by: nil) == [] && memory.refused(at: "/responses", by: "m") == [])
        memory.learn("/messages", of: "m", refuses: fields)
        #expect(memory.refused(at: "/messages", by: "m").count == 32)
    }

    @Test("a translated stream of messages begins with an estimate of the input's tokens")
    nonisolated func estimate() throws {
        let ask: JSON = [
            "model": "m", "max_tokens": 5, "stream": true,
            "messages": [["role": "user", "content": .string(String(repeating: "word ", count: 800))]],
        ]
        var stream = try Translation(ask, from: .messages, to: .chat).makeStream()
        let chunk = #"data: {"id":"1","choices":[{"delta":{"content":"a"}}]}"# + "\n\n"
        let text = String(decoding: stream.feed(Array(chunk.utf8)), as: UTF8.self)
        #expect(text.contains("event: message_start") && text.contains(#""input_tokens":1004"#), "\(text)")
    }

    @Test("a model that the upstream has only in its list is answered from it, with aliases")
    func model() async throws {
        let scene = try await ProxyScene(change: { $0.aliases = ["fast": "org/b"] }) { request in
            guard request.path == "/models" else { return .text("404 page not found", .notFound) }
            return .json(["data": [["id": "a", "x": 1], ["id": "org/b", "name": "B"]]])
        }
        func ask(_ path: String) async throws -> (status: Int, json: JSON?) {
            let answer = try await scene.ask(.get, path)
            return (answer.status, try? JSON.parse(answer.body))
        }
        #expect(try await ask("/v1/models/a") == (200, ["id": "a", "x": 1]))
        #expect(try await ask("/models/org%2Fb") == (200, ["id": "org/b", "name": "B"]))
        #expect(try await ask("/v1/models/fast") == (200, ["id": "fast", "name": "fast (B)"]))
        let missing = try await ask("/v1/models/c")
        #expect(missing.status == 404 && missing.json?["error"]?["code"] == "model_not_found")
        await scene.stop()
    }
}
