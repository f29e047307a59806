import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import JSON
import Primitives
import TestSupport
import Testing

@testable import Proxy

@Suite("What a client key may do", .serialized, .timeLimit(.minutes(1)))
@Net
struct KeyLimitTests {
    private static let headers: HTTPHeaders = ["Authorization": "Bearer jb_two", "Content-Type": "application/json"]

    private static let keys: [String: ClientKeyFinding] = [
        "jb_two": .valid(ClientKey(id: "two", models: ["a", "org/b"]), until: nil),
        "jb_ten": .valid(ClientKey(id: "ten", tokensPerDay: 10), until: nil),
    ]

    /// Keeps what reached the upstream.
    @Net final class Upstream {
        private(set) var bodies: [[UInt8]] = []
        private(set) var targets: [String] = []

        nonisolated init() {}

        func answer(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
            self.targets.append(request.target)
            self.bodies.append(try await request.body.collect(upTo: 64 << 20))
            return .json(["usage": ["prompt_tokens": 4, "completion_tokens": 2]])
        }
    }

    private func scene(_ upstream: Upstream, prefix: String = "") async throws -> ProxyScene {
        try await ProxyScene(prefix: prefix, keys: Self.keys) { request in try await upstream.answer(request) }
    }

    private func code(_ body: [UInt8]) throws -> String? { try JSON.parse(body)["error"]?["code"]?.stringValue }

    private func message(_ body: [UInt8]) throws -> String {
        try JSON.parse(body)["error"]?["message"]?.stringValue ?? ""
    }

    // MARK: Expiry

    @Test("a key is refused from its expiry on, also while it is cached, and the refusal says when it expired")
    func expiry() async throws {
        let end: Int64 = 1_790_000_010_000
        let keys: [String: ClientKeyFinding] = [
            "jb_brief": .valid(ClientKey(id: "brief"), until: end), "jb_old": .expired(at: 1_700_000_000_000),
        ]
        let scene = try await ProxyScene(keys: keys) { request in .echo(request, []) }
        let brief: HTTPHeaders = ["X-Api-Key": "jb_brief"]
        try await expectEqual(scene.ask(.get, "/x", brief).status, 200)
        scene.clock.withLock { $0 = end - 1 }
        try await expectEqual(scene.ask(.get, "/x", brief).status, 200)
        scene.clock.withLock { $0 = end }
        for (headers, time) in [(brief, "2026-09-21T14:13:30Z"), (["Api-Key": "jb_old"], "2023-11-14T22:13:20Z")] {
            let answer = try await scene.ask(.get, "/x", headers)
            #expect(answer.status == 401 && answer.headers["www-authenticate"] == "Bearer")
            try expectEqual(self.code(answer.body), "expired_api_key")
            let message = try self.message(answer.body)
            #expect(message.contains(time) && message.contains("jetbridge token create --scope proxy"), "\(message)")
        }
        await scene.stop()
    }

    // MARK: Models

    @Test("the check of a model")
    func check() throws {
        let gatekeeper = Gatekeeper(
            lookup: { _ in .unknown }, requiresKey: true, requestsPerMinute: 0, pages: PagePolicy(listen: "127.0.0.1"))
        let key = ClientKey(id: "k", models: ["caf\u{E9}", "b"])
        try gatekeeper.check(model: "b", for: key)
        try gatekeeper.check(model: "anything", for: .local)
        try gatekeeper.check(model: nil, for: .local)
        // The second looks the same but has other bytes.
        for model in ["B", "cafe\u{301}", "b ", ""] {
            let error = #expect(throws: ProxyRefusal.self) { try gatekeeper.check(model: model, for: key) }
            #expect(error?.code == "model_not_allowed" && error?.status.code == 403)
            expectEqual(error?.message.contains("only b, caf\u{E9}"), true)
        }
        let error = #expect(throws: ProxyRefusal.self) { try gatekeeper.check(model: nil, for: key) }
        #expect(error?.code == "model_unreadable" && error?.status.code == 400)
    }

    @Test("a key with models reaches these and no others", arguments: ["", "/proxy"])
    func models(prefix: String) async throws {
        let upstream = Upstream()
        let scene = try await self.scene(upstream, prefix: prefix)
        for path in ["/v1/chat/completions", "/embeddings", "/v1/messages", "/v1/messages/count_tokens", "/responses"] {
            for model in ["a", "org/b"] {
                let body = Array("{\"model\":\"\(model)\"}".utf8)
                try await expectEqual(scene.ask(.post, prefix + path, Self.headers, .bytes(body)).status, 200)
                expectEqual(upstream.bodies.last, body)
            }
        }
        let asked = upstream.bodies.count
        let other = try await scene.ask(
            .post, prefix + "/v1/chat/completions", Self.headers, .bytes(Array(#"{"model":"c"}"#.utf8)))
        expectEqual(other.status, 403)
        try expectEqual(self.code(other.body), "model_not_allowed")
        try expectEqual(self.message(other.body), "This client key may not use the model 'c', only a, org/b.")
        let anthropic = try await scene.ask(
            .post, prefix + "/v1/messages", Self.headers, .bytes(Array(#"{"model":"c"}"#.utf8)))
        expectEqual(anthropic.status, 403)
        try expectEqual(JSON.parse(anthropic.body)["error"]?["type"]?.stringValue, "permission_error")
        let none = try await scene.ask(.post, prefix + "/v1/responses", Self.headers, .bytes(Array("{}".utf8)))
        expectEqual(none.status, 400)
        try expectEqual(self.code(none.body), "model_unreadable")
        expectEqual(upstream.bodies.count, asked)
        await scene.stop()
    }

    @Test("paths whose model is uncertain are closed to a key with models")
    func paths() async throws {
        let upstream = Upstream()
        let scene = try await self.scene(upstream)
        let body = HTTPClientRequest.Body.bytes(Array(#"{"model":"a"}"#.utf8))
        for path in [
            "/v1/engines/c/completions", "/v1/audio/speech", "/v1/images/generations", "/v1/chat/completions/",
            "/v1//chat/completions", "/v1/v1/chat/completions", "/v1/%63hat/completions", "/v1beta/models/c:generate",
            "/models", "/models/session", "/models/a", "/models/a/policy", "/v1/responses/r_1/cancel", "/",
        ] {
            let answer = try await scene.ask(.post, path, Self.headers, body)
            expectEqual(answer.status, 403, "\(path)")
            try expectEqual(self.code(answer.body), "model_not_allowed")
        }
        for method in [HTTPMethod.get, .put, .patch, .delete, .options] {
            let answer = try await scene.ask(method, "/v1/chat/completions", Self.headers, body)
            expectEqual(answer.status, 403, "\(method)")
        }
        for path in ["/v1/responses/r_1", "/v1/realtime?model=c", "/v1/files", "/models/"] {
            let answer = try await scene.ask(.get, path, Self.headers)
            #expect(answer.status == 403 || answer.status == 404, "\(path)")
        }
        #expect(upstream.bodies.isEmpty)
        // Other keys are not affected.
        try await expectEqual(scene.ask(.post, "/v1/audio/speech", [:], body).status, 200)
        await scene.stop()
    }

    @Test("a body in pieces is read whole before it is forwarded; one that is too long is refused")
    func bodies() async throws {
        let upstream = Upstream()
        let scene = try await self.scene(upstream)
        let path = "/v1/chat/completions"
        func padded(_ count: Int, _ end: String) -> [UInt8] {
            Array("{\"x\":\"\(String(repeating: "x", count: count))\",\(end)}".utf8)
        }
        for (body, status, statusOfPieces) in [
            (padded(700_000, #""model":"a""#), 200, 200), (padded(700_000, #""model":"c""#), 403, 403),
            (padded(2 << 20, #""model":"a""#), 200, 413), (padded(17 << 20, #""model":"a""#), 413, 413),
        ] {
            for (length, status) in [(body.count, status), (nil, statusOfPieces)] {
                let answer = try await scene.ask(
                    .post, path, Self.headers,
                    .stream(length: length) { writer in
                        for start in stride(from: 0, to: body.count, by: 100_000) {
                            try await writer.write(Array(body[start..<min(start + 100_000, body.count)]))
                        }
                    })
                expectEqual(answer.status, status)
                if status == 200 {
                    expectEqual(upstream.bodies.last, body)
                } else if status == 413 {
                    let limit = length == nil ? "up to 1 MiB if its length is not announced" : "up to 16 MiB, "
                    #expect(try self.message(answer.body).contains(limit))
                }
            }
        }
        expectEqual(upstream.bodies.count, 3)
        await scene.stop()
    }

    @Test("no spelling of a request reaches another model", arguments: ["", "/proxy"])
    func spellings(prefix: String) async throws {
        let upstream = Upstream()
        let scene = try await self.scene(upstream, prefix: prefix)
        func request(_ body: String, type: String, chunks: Bool) -> String {
            let head =
                "POST \(prefix)/v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: jb_two\r\n\(type)"
            guard chunks else { return head + "Content-Length: \(body.utf8.count)\r\n\r\n" + body }
            let pieces = body.map { "\(String(String($0).utf8.count, radix: 16))\r\n\($0)\r\n" }
            return head + "Transfer-Encoding: chunked\r\n\r\n" + pieces.joined() + "0\r\n\r\n"
        }
        let bodies = [
            #"{"model":"a"}"#, #"{"model":"c"}"#, #"{"\u006dodel":"c"}"#, #"{"model":"a","model":"c"}"#,
            #"{"model":"c","model":"a"}"#, #"{"model":"a","MODEL":"c"}"#, #"{"Model":"c"}"#,
            #"{"x":{"model":"a"},"model":"c"}"#, #"{"model":{"model":"a"}}"#, "\u{FEFF}{\"model\":\"c\"}",
            #"[{"model":"c"}]"#, #"{"model":"a"}{"model":"c"}"#, #"{"model":"a","x":"+ACI-,+ACI-model+ACI-:+ACI-c"}"#,
            #"model=c&x={"model":"a"}"#, #"{"model":"a","x":"&model=c&"}"#,
        ]
        let types = [
            "Content-Type: application/json\r\n", "", "Content-Type: application/x-www-form-urlencoded\r\n",
            "Content-Type: multipart/form-data; boundary=x\r\n", "Content-Type: text/plain\r\n",
            "Content-Type: application/json; charset=utf-7\r\n", "Content-Type: application/json; charset=UTF-8\r\n",
            "Content-Type: application/json\r\nContent-Type: text/plain\r\n",
            "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
        ]
        for chunks in [false, true] {
            for type in types {
                var client = try await scene.connection()
                // One after the other in one go, so that a body's end decides where the next request begins.
                try await client.send(bodies.map { request($0, type: type, chunks: chunks) }.joined())
                for (index, body) in bodies.enumerated() {
                    let head = try await client.receive(through: "\r\n\r\n")
                    let isPlain = type == types[0] || type.contains("UTF-8")
                    let isAllowed = isPlain && ModelName.find(in: Array(body.utf8)) == "a"
                    expectEqual(head.contains(" 200 "), isAllowed, "\(body) \(type) \(head)")
                    let length = head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }?.dropFirst(16)
                    _ = try await client.receive(count: Int(try #require(length)) ?? 0)
                    // A refused body may be unread, and then its connection ends.
                    guard head.contains("Connection: close") else { continue }
                    client.close()
                    client = try await scene.connection()
                    let rest = bodies[(index + 1)...].map { request($0, type: type, chunks: chunks) }
                    try await client.send(rest.joined())
                }
                client.close()
            }
        }
        expectEqual(upstream.bodies.count, 2 * 2 * 3)
        for body in upstream.bodies { try expectEqual(JSON.parse(body)["model"]?.stringValue, "a") }
        await scene.stop()
    }

    // MARK: Tokens

    @Test("a key that has used its tokens of the day is refused until midnight UTC; one that is below may go over")
    func tokens() async throws {
        let upstream = Upstream()
        let scene = try await self.scene(upstream)
        let headers: HTTPHeaders = ["Authorization": "Bearer jb_ten", "Accept-Encoding": "gzip"]
        for _ in 0..<2 { try await expectEqual(scene.ask(.post, "/v1/x", headers, .bytes([1])).status, 200) }
        let answer = try await scene.ask(.post, "/v1/x", headers, .bytes([1]))
        #expect(answer.status == 429 && answer.headers["retry-after"] == "35200")
        try expectEqual(self.code(answer.body), "tokens_exhausted")
        #expect(try self.message(answer.body).contains("12 of its 10 tokens"))
        expectEqual(upstream.targets.count, 2)
        try await expectEqual(scene.ask(.post, "/v1/x", [:], .bytes([1])).status, 200)
        scene.clock.withLock { $0 += 35_200_000 }
        try await expectEqual(scene.ask(.post, "/v1/x", headers, .bytes([1])).status, 200)
        await scene.stop()
    }

    @Test(
        "a stream without its last usage counts one token an event, also if the client leaves early",
        arguments: [
            (true, #"{"x":1}"#, AnswerTokens(input: 2, output: 8)),
            (false, #"{"x":1}"#, AnswerTokens(input: 2, output: 8)),
            (
                true, #"{"message":{"model":"c","usage":{"input_tokens":5,"output_tokens":1}}}"#,
                AnswerTokens(input: 5, output: 8)
            ),
        ])
    func uncounted(isCut: Bool, event: String, expected: AnswerTokens) async throws {
        // A comment is no event.
        let data = ": ping\r\n\r\ndata: \(event)\r\n\r\n"
        let scene = try await ProxyScene(keys: Self.keys) { request in
            guard request.method == .post else { return .text("") }
            _ = try await request.body.collect()
            return HTTPServerResponse(
                .ok, headers: ["Content-Type": "text/event-stream"],
                body: .streamOnLoop { writer in
                    for _ in 0..<8 { try await writer.write(data) }
                    if isCut { try await EventLoop.shared.sleep(for: .seconds(100)) }
                })
        }
        let client = try await scene.connection()
        try await client.send(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nApi-Key: jb_ten\r\nContent-Length: 8\r\n\r\n12345678"
        )
        for _ in 0..<8 { _ = try await client.receive(through: data) }
        client.close()
        while scene.used.withLock({ $0.isEmpty }) { _ = try await scene.ask(.get, "/x", ["Api-Key": "jb_ten"]) }
        expectEqual(scene.used.withLock { $0.map(\.tokens) }, [expected])
        try await expectEqual(scene.ask(.post, "/x", ["Api-Key": "jb_ten"], .bytes([1])).status, 429)
        await scene.stop()
    }

    @Test("of requests that begin together, one passes; abandoned before its answer, it counts an estimate")
    func abandoned() async throws {
        let asked = Flag()
        let scene = try await ProxyScene(keys: Self.keys) { request in
            guard request.method == .post else { return .text("") }
            _ = try await request.body.collect()
            asked.set()
            try await EventLoop.shared.sleep(for: .seconds(100))
            return .text("")
        }
        let client = try await scene.connection()
        try await client.send(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nApi-Key: jb_ten\r\nContent-Length: 8\r\n\r\n12345678"
        )
        try await asked.wait()
        let second = try await scene.ask(.post, "/v1/chat/completions", ["Api-Key": "jb_ten"], .bytes([1]))
        #expect(second.status == 429 && second.headers["retry-after"] == "5")
        // It asks for no tokens.
        try await expectEqual(scene.ask(.get, "/x", ["Api-Key": "jb_ten"]).status, 200)
        #expect(scene.used.withLock { $0.isEmpty })
        client.close()
        while scene.used.withLock({ $0.isEmpty }) { _ = try await scene.ask(.get, "/x", ["Api-Key": "jb_ten"]) }
        expectEqual(scene.used.withLock { $0.map(\.tokens) }, [AnswerTokens(input: 2, output: 1_000)])
        try await expectEqual(scene.ask(.post, "/x", ["Api-Key": "jb_ten"], .bytes([1])).status, 429)
        await scene.stop()
    }

    @Test("an abandoned error, and a request that never reached the upstream, count nothing")
    func free() async throws {
        let data = String(repeating: "x", count: 1_000)
        let scene = try await ProxyScene(keys: Self.keys) { request in
            _ = try await request.body.collect()
            guard request.target != "/files" else { return .text("") }
            return HTTPServerResponse(
                .internalServerError, headers: ["Content-Type": "application/json"],
                body: .streamOnLoop { writer in
                    try await writer.write(data)
                    try await EventLoop.shared.sleep(for: .seconds(100))
                })
        }
        let head =
            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nApi-Key: jb_ten\r\nContent-Length: 8\r\n\r\n"
        for (body, answer) in [("12345678", data), ("1", nil)] {
            let client = try await scene.connection()
            try await client.send(head + body)
            if let answer { _ = try await client.receive(through: answer) }
            client.close()
        }
        // Both have ended once the key may begin another request.
        var status = 429
        while status == 429 {
            status = try await scene.ask(.post, "/v1/files", ["Api-Key": "jb_ten"], .bytes([1])).status
        }
        expectEqual(status, 200)
        #expect(scene.used.withLock { $0.isEmpty })
        await scene.stop()
    }

    @Test("tokens that a key has used elsewhere count")
    func elsewhere() async throws {
        let scene = try await ProxyScene(
            keys: Self.keys, othersUse: { client, day in client == "ten" && day == 20_717 ? 10 : 0 }
        ) { request in
            _ = try await request.body.collect()
            return .echo(request, [])
        }
        func ask() async throws -> Int {
            try await scene.ask(.post, "/x", ["Api-Key": "jb_ten"], .bytes([1])).status
        }
        try await expectEqual(ask(), 429)
        // These ask for no tokens.
        try await expectEqual(scene.ask(.get, "/v1/models", ["Api-Key": "jb_ten"]).status, 200)
        let body = HTTPClientRequest.Body.bytes(Array(#"{"model":"a"}"#.utf8))
        try await expectEqual(scene.ask(.post, "/v1/messages/count_tokens", ["Api-Key": "jb_ten"], body).status, 200)
        scene.clock.withLock { $0 += 86_400_000 }
        try await expectEqual(ask(), 200)
        await scene.stop()
    }

    @Test("the answer for a limited key is not compressed, so that its tokens can be read")
    func compression() async throws {
        let scene = try await ProxyScene(keys: Self.keys) { request in .echo(request, []) }
        for (key, isKept) in [("jb_ten", false), (ProxyScene.key, true)] {
            let answer = try await scene.ask(.get, "/x", ["Api-Key": key, "Accept-Encoding": "gzip"])
            expectEqual(String(decoding: answer.body, as: UTF8.self).lowercased().contains("gzip"), isKept)
        }
        await scene.stop()
    }
}
