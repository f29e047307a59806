import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import JSON
import Primitives
import TestSupport
import Testing

@testable import Proxy

@Suite("The list of models", .serialized, .timeLimit(.minutes(1)))
@Net
struct ModelListTests {
    private static let keys: [String: ClientKeyFinding] = [
        "jb_two": .valid(ClientKey(id: "two", models: ["a", "org/b"]), until: nil)
    ]
    private static let list = #"{"object":"list","data":[{"id":"c"},{"id":"a","x":1},{"name":"a"},{"id":"org/b"}]}"#
    private static let reduced = #"{"object":"list","data":[{"id":"a","x":1},{"id":"org/b"}]}"#
    private static let two: HTTPHeaders = ["Authorization": "Bearer jb_two"]

    private func text(_ body: [UInt8]) -> String { String(decoding: body, as: UTF8.self) }

    @Test("only lists of a known form are reduced")
    func forms() {
        func reduced(_ text: String) -> String? {
            ModelList(models: ["a", "org/b"], aliases: [:]).shown(Array(text.utf8)).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
        expectEqual(reduced(Self.list), Self.reduced)
        expectEqual(
            reduced(#"{"data":[{"id":"x"},{"id":"a"},{"id":"y"}],"first_id":"x","last_id":"y","has_more":false}"#),
            #"{"data":[{"id":"a"}],"first_id":"a","last_id":"a","has_more":false}"#)
        expectEqual(reduced(#"{"data":[{"id":"x"}],"first_id":"x"}"#), #"{"data":[],"first_id":null}"#)
        expectEqual(reduced(#"{"data":[]}"#), #"{"data":[]}"#)
        for text in ["", "[]", #"["a"]"#, #"{"models":[{"id":"c"}]}"#, #"{"data":{"id":"c"}}"#, "{", "data: x"] {
            expectEqual(reduced(text), nil, "\(text)")
        }
    }

    @Test("aliases are listed like the models behind them, to keys that may use either")
    func aliases() {
        let list = #"{"data":[{"id":"a","name":"A","x":1},{"id":"b"},{"id":"old","y":1}]}"#
        func shown(_ models: Set<String>?) -> String? {
            ModelList(models: models, aliases: ["fast": "a", "new": "unlisted", "old": "b"]).shown(Array(list.utf8))
                .map { String(decoding: $0, as: UTF8.self) }
        }
        let fast = #"{"id":"fast","name":"fast (A)","x":1}"#
        expectEqual(
            shown(nil),
            #"{"data":[{"id":"a","name":"A","x":1},{"id":"b"},"# + fast
                + #",{"object":"model","owned_by":"proxy","id":"new"},{"id":"old"}]}"#)
        expectEqual(shown(["a"]), #"{"data":[{"id":"a","name":"A","x":1},"# + fast + "]}")
        expectEqual(shown(["fast"]), #"{"data":["# + fast + "]}")
        expectEqual(shown(["c"]), #"{"data":[]}"#)
    }

    @Test("one model is found in a list by its exact name, or under an alias")
    func find() async {
        let list = ModelList(models: nil, aliases: ["fast": "a"])
        let body = Array(Self.list.utf8)
        await expectEqual(list.find("a", in: body), .entry(["id": "a", "x": 1]))
        await expectEqual(list.find("fast", in: body), .entry(["id": "fast", "x": 1]))
        await expectEqual(list.find("b", in: body), .missing)
        await expectEqual(list.find("a", in: Array("[]".utf8)), .unreadable)
    }

    @Test("clients that need no key see the aliases, fresh and cached; a list of another form passes as it is")
    func aliasesForAll() async throws {
        let scene = try await ProxyScene(change: { $0.aliases = ["fast": "a"] }) { request in
            let body = request.target == "/models" ? Self.list : #"{"models":[]}"#
            return HTTPServerResponse(.ok, headers: ["Cache-Control": "max-age=60"], body: .bytes(Array(body.utf8)))
        }
        for _ in 0..<2 {
            let answer = try await scene.ask(.get, "/v1/models")
            #expect(self.text(answer.body).hasSuffix(#"{"id":"org/b"},{"id":"fast","x":1}]}"#))
            expectEqual(answer.headers["cache-control"], "no-store")
        }
        try await expectEqual(self.text(scene.ask(.get, "/v1/models?x=1").body), #"{"models":[]}"#)
        try await expectEqual(self.text(scene.ask(.get, "/other/models").body), #"{"models":[]}"#)
        await scene.stop()
    }

    @Test("the list is reduced whole or in pieces, fresh, cached or revalidated, and the cache keeps the whole list")
    func list() async throws {
        let served = KeepingTests.Counter()
        let scene = try await ProxyScene(keys: Self.keys) { request in
            expectEqual(request.headers["range"], nil)
            served.count += 1
            let headers: HTTPHeaders = [
                "Content-Type": "application/json", "Cache-Control": "max-age=60", "ETag": "\"1\"",
                "Last-Modified": "Mon, 01 Jun 2026 00:00:00 GMT",
            ]
            if request.headers["if-none-match"] != nil { return HTTPServerResponse(.notModified, headers: headers) }
            return HTTPServerResponse(
                .ok, headers: headers,
                body: .streamOnLoop { writer in
                    try await writer.write(String(Self.list.prefix(30)))
                    try await EventLoop.shared.sleep(for: .milliseconds(5))
                    try await writer.write(String(Self.list.dropFirst(30)))
                })
        }
        func expectReduced(_ headers: HTTPHeaders = [:]) async throws {
            var all = Self.two
            for (name, value) in headers { all.append(name, value) }
            let answer = try await scene.ask(.get, "/v1/models", all)
            #expect(answer.status == 200 && self.text(answer.body) == Self.reduced)
            expectEqual(answer.headers["content-length"], "\(Self.reduced.utf8.count)")
            expectEqual(answer.headers["cache-control"], "no-store")
            for name in ["etag", "last-modified", "content-encoding"] { expectEqual(answer.headers[name], nil) }
        }
        // Fresh, with conditions that must not hide the list.
        try await expectReduced(["If-None-Match": "\"1\"", "Range": "bytes=0-5", "Accept-Encoding": "gzip"])
        expectEqual(served.count, 1)
        // Cached for all keys, whole.
        let whole = try await scene.ask(.get, "/v1/models")
        #expect(self.text(whole.body) == Self.list && whole.headers["etag"] == "\"1\"")
        expectEqual(whole.headers["cache-status"], "jetbridge; hit")
        try await expectReduced()
        try await expectReduced(["If-None-Match": "\"1\"", "If-Modified-Since": "Tue, 02 Jun 2026 00:00:00 GMT"])
        expectEqual(served.count, 1)
        // Revalidated.
        scene.clock.withLock { $0 += 61_000 }
        try await expectReduced()
        expectEqual(served.count, 2)
        // Without the cache.
        try await expectReduced(["Cache-Control": "no-store"])
        expectEqual(served.count, 3)
        await scene.stop()
    }

    @Test("one model: a foreign one is 404 without asking the upstream")
    func one() async throws {
        let asked = KeepingTests.Counter()
        let scene = try await ProxyScene(keys: Self.keys) { request in
            asked.count += 1
            return .json(["id": .string(request.target)])
        }
        for path in ["/v1/models/a", "/models/org/b", "/v1/models/org%2Fb"] {
            try await expectEqual(scene.ask(.get, path, Self.two).status, 200, "\(path)")
        }
        expectEqual(asked.count, 3)
        for path in ["/v1/models/c", "/models/a/..", "/models/..%2Fx", "/v1/models/A"] {
            let answer = try await scene.ask(.get, path, Self.two)
            expectEqual(answer.status, 404, "\(path)")
            try expectEqual(JSON.parse(answer.body)["error"]?["code"]?.stringValue, "model_not_found")
        }
        expectEqual(asked.count, 3)
        try await expectEqual(scene.ask(.get, "/v1/models/c").status, 200)
        await scene.stop()
    }

    @Test("a list that cannot be read is not shown; the upstream's own error is")
    func failures() async throws {
        let scene = try await ProxyScene(keys: Self.keys, change: { $0.cacheBytes = 0 }) { request in
            switch request.headers["x-case"] {
            case "form": .json(["models": ["c"]])
            case "packed":
                HTTPServerResponse(.ok, headers: ["Content-Encoding": "gzip"], body: .bytes([0x1F, 0x8B, 0, 1]))
            case "long":
                HTTPServerResponse(.ok, .json, bytes: [UInt8](repeating: 0x20, count: ModelList.limit + 1))
            default: .json(["error": "busy"], .serviceUnavailable)
            }
        }
        for name in ["form", "packed", "long"] {
            var headers = Self.two
            headers.append("X-Case", name)
            let answer = try await scene.ask(.get, "/v1/models", headers)
            expectEqual(answer.status, 502, "\(name)")
            try expectEqual(JSON.parse(answer.body)["error"]?["code"]?.stringValue, "models_unreadable")
        }
        let busy = try await scene.ask(.get, "/v1/models", Self.two)
        #expect(busy.status == 503 && self.text(busy.body) == #"{"error":"busy"}"#)
        await scene.stop()
    }

    @Test("below the gateway's path the same")
    func mounted() async throws {
        let scene = try await ProxyScene(prefix: "/proxy", keys: Self.keys) { _ in
            HTTPServerResponse(.ok, .json, bytes: Array(Self.list.utf8))
        }
        let answer = try await scene.ask(.get, "/proxy/v1/models", Self.two)
        expectEqual(self.text(answer.body), Self.reduced)
        expectEqual(answer.headers["content-security-policy"]?.hasPrefix("sandbox"), true)
        try await expectEqual(scene.ask(.get, "/proxy/models/c", Self.two).status, 404)
        await scene.stop()
    }
}
