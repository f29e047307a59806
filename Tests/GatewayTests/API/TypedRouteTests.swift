import Chat
import EventLoop
import HTTP
import HTTPServer
import JSON
import Schemas
import TestSupport
import Testing

@testable import Gateway

@Suite("Typed routes", .timeLimit(.minutes(1)))
struct TypedRouteTests {
    @Test("no two types of the API have one name, and every operation has one")
    func names() {
        let described = APITable.routes.filter { !$0.isHidden }
        expectEqual(Set(described.map(\.operation)).count, described.count)
        // Bodies and answers with the same name would have to be the same type.
        #expect(SchemaTable.name(of: API.NewMessage.self) != SchemaTable.name(of: API.Message.self))
    }

    @Test("few searches and sums of usage of a credential run at a time")
    func heavy() throws {
        let list = try #require(ThreadRoutes.routes.first { $0.operation == "listThreads" })
        expectEqual(list.answerMemory(with: HTTPQuery(parsing: "limit=2&q=")), APIRoute.pageMemory)
        expectEqual(list.answerMemory(with: HTTPQuery(parsing: "q=&q=a+b")), APIRoute.anyMemory)
        let usage = try #require(CatalogRoutes.routes.first { $0.operation == "usage" })
        expectEqual(usage.answerMemory(with: HTTPQuery()), APIRoute.anyMemory)
    }

    @Test("what is megabytes, or made from megabytes, is few of a credential at a time")
    func large() throws {
        for operation in [
            "getTask", "listTaskFeatures", "listAsks", "listWaitingAsks", "listSteps", "getFeature",
            "getFeatureDocument", "getFeatureDiff",
        ] {
            let route = try #require(APITable.routes.first { $0.operation == operation })
            expectEqual(route.answerMemory, APIRoute.anyMemory, "\(operation)")
        }
        for operation in ["createComment", "resolveComment"] {
            let route = try #require(DocumentRoutes.routes.first { $0.operation == operation })
            expectEqual(route.answerMemory, APIRoute.pageMemory, "\(operation)")
        }
    }

    private struct Aging: Fact {
        let name: String
        let title: String

        static let notes: Notes<Self> = [\.title: MemberNote("As shown.", deprecation: "Use `name`.")]
    }

    @Test("what will go is said in the headers, the document, TypeScript and GraphQL (RFC 9745, RFC 8594)")
    func deprecation() throws {
        var route = APIRoute(.get, "/api/v1/aging", "aging", "Ages.", .reading(from: .guest), success: (.ok, "It.")) {
            (_, _: PlainCall) in Aging(name: "a", title: "a")
        }
        var schemas = SchemaTable()
        expectEqual(route.documentation(&schemas)?.extensions["deprecated"], nil)
        route.deprecation = .init(since: 1_764_115_200, sunset: 1_780_000_000, link: "https://bot.example/changes")
        expectEqual(route.documentation(&schemas)?.extensions["deprecated"], true)
        var response = HTTPServerResponse(.ok)
        route.deprecation?.apply(to: &response)
        expectEqual(response.headers["deprecation"], "@1764115200")
        expectEqual(response.headers["sunset"].flatMap(HTTPDate.parse), 1_780_000_000)
        expectEqual(response.headers["link"]?.hasPrefix("<https://bot.example/changes>; rel=\"deprecation\""), true)
        expectEqual(schemas.components["Aging"]?["properties"]?["title"]?["deprecated"], true)
        #expect(schemas.typeScript.contains("/** As shown. @deprecated Use `name`. */"))
        var graph = GraphQLSchema()
        graph.add(schemas)
        #expect(graph.text.contains("title: String! @deprecated(reason: \"Use `name`.\")"))
    }

    @Test(
        "a position that no page gives is refused, whatever number it is",
        arguments: [.min, -1, 1 << 53 + 1, Int64.max])
    func absurdPositions(_ number: Int64) async throws {
        try await GatewayHarness.run { harness in
            let owner = try await harness.signedIn(.owner)
            let thread = try await owner.newThread()
            let messages = "/api/v1/threads/\(thread)/messages"
            for target in ["/api/v1/audit?cursor=", "\(messages)?before=", "\(messages)?after="] {
                try await expectEqual(owner.send(.get, "\(target)\(number)").status, 422, "\(target)")
            }
            for query in [
                "audit(after: \"\(number)\") { nodes { kind } }", "tasks(after: \"\(number)\") { nodes { id } }",
                "thread(id: \"\(thread)\") { messages(after: \"\(number)\") { nodes { id } } }",
            ] {
                let answer = try await owner.send(.post, "/api/v1/graphql", json: ["query": .string("{ \(query) }")])
                let message = answer.json["errors"]?[0]?["message"]
                expectEqual(message, "`after` must be a cursor of this list.", "\(query): \(answer.text)")
            }
        }
    }

    @Test("what is not described is refused with the nearest name, and values that cannot be used with 422")
    func refusals() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            let thread = try await caller.newThread()
            for (target, status, part) in [
                ("/api/v1/threads?limt=3", 400, "`limit`"), ("/api/v1/threads?limit=0", 422, "from 1 to 100"),
                ("/api/v1/threads?mine=yes", 422, "true or false"), ("/api/v1/threads?cursor=abc", 422, "next_cursor"),
                ("/api/v1/threads?pinned=last", 422, "`first`"), ("/api/v1/me?x=1", 400, "no parameter `x`"),
                ("/api/v1/openapi.json?zzyzx=1", 400, "no parameter `zzyzx`"),
                ("/api/v1/threads/\(thread)/steps?after=-1", 422, "from 0 to"),
                ("/api/v1/threads/\(thread)/messages?before=x", 422, "`latest`"),
            ] {
                let answer = try await caller.send(.get, target)
                let detail = answer.json["detail"]?.stringValue ?? ""
                #expect(answer.status == status && detail.contains(part), "\(target): \(answer.status) \(detail)")
            }
            for (path, method, body, status, part) in [
                ("/api/v1/threads/\(thread)/messages", HTTPMethod.post, ["txt": "a"], 400, "Did you mean `text`?"),
                ("/api/v1/threads/\(thread)/messages", .post, [:], 400, "needs a member `text`"),
                ("/api/v1/threads/\(thread)/messages", .post, ["text": 1], 422, "must be a text"),
                ("/api/v1/threads/\(thread)/messages", .post, ["text": "  "], 422, "empty"),
                ("/api/v1/threads/\(thread)", .patch, ["pined": true], 400, "Did you mean `pinned`?"),
                ("/api/v1/threads/\(thread)", .patch, ["pinned": "yes"], 422, "true or false"),
                ("/api/v1/threads/\(thread)", .patch, [:], 400, "`title`, `archived`, `pinned` or `branch`"),
                ("/api/v1/settings", .patch, ["model": 1], 422, "a text, or null"),
                ("/api/v1/threads", .post, ["title": "x"], 400, "no member `title`"),
            ] as [(String, HTTPMethod, JSON, Int, String)] {
                let answer = try await caller.send(method, path, json: body)
                let detail = answer.json["detail"]?.stringValue ?? ""
                #expect(answer.status == status && detail.contains(part), "\(path) \(body): \(answer.status) \(detail)")
            }
        }
    }

    @Test("each scope opens the routes that list it, and no others")
    func scopes() async throws {
        try await GatewayHarness.run { harness in
            let document = try await harness.anybody.send(.get, "/api/v1/openapi.json").expect(200)
            for scope in Scope.allCases {
                let caller = try await harness.token(scope)
                for (path, item) in document["paths"]?.objectValue ?? [:]
                where !path.hasSuffix("/live") && path != "/api/v1/events" {
                    for (method, operation) in item.objectValue ?? [:] {
                        guard let scopes = operation["x-scopes"]?.arrayValue else { continue }
                        #expect(operation["x-role"]?.stringValue.flatMap(Role.init(rawValue:)) != nil)
                        let target = path.split(separator: "/", omittingEmptySubsequences: false)
                            .map { $0.hasPrefix("{") ? "none" : String($0) }.joined(separator: "/")
                        let verb = HTTPMethod(rawValue: method.uppercased())
                        let answer = try await caller.send(verb, target, json: verb == .post ? [:] : nil)
                        let isOpen = scopes.contains(.string(scope.rawValue))
                        expectEqual(answer.status != 403, isOpen, "\(scope) \(method) \(path): \(answer.status)")
                    }
                }
            }
        }
    }

    @Test("with the scope run alone, commands are posted and messages are not")
    func run() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.token(.run)
            let thread = try await caller.newThread()
            let path = "/api/v1/threads/\(thread)/messages"
            try await expectEqual(caller.send(.post, path, json: ["text": "/status"]).status, 202)
            let refused = try await caller.send(.post, path, json: ["text": "hello"])
            #expect(refused.status == 403 && refused.json["detail"]?.stringValue?.contains("`chat`") == true)
            // What looks like a command and is answered by the model.
            for text in ["//hello model", "/ hello", "/\nhello", "/usr/bin", "/1"] {
                try await expectEqual(caller.send(.post, path, json: ["text": .string(text)]).status, 403, "\(text)")
            }
            try await expectEqual(caller.send(.get, path).status, 200)
            try await expectEqual(caller.send(.get, "/api/v1/settings").status, 403)
        }
    }

    @Test("commands that give rights or lift limits need the scope admin, like their routes")
    func administration() async throws {
        try await GatewayHarness.run { harness in
            let commands = ["/people", "/people set ann owner", " /PEOPLE remove ann", "/verify", "/budget lift ann"]
            for caller in [
                try await harness.token(.run), try await harness.token(.chat),
                try await harness.token(.chat, .run, .read, .documents, .tasks),
            ] {
                let path = "/api/v1/threads/\(try await caller.newThread())/messages"
                for text in commands {
                    let refused = try await caller.send(.post, path, json: ["text": .string(text)])
                    #expect(refused.status == 403 && refused.text.contains("`admin`"), "\(text): \(refused.text)")
                }
                try await expectEqual(caller.send(.post, path, json: ["text": "/budget"]).status, 202)
            }
            // A member's are answered with the role that they need.
            let member = try await harness.signedIn(.member)
            let owner = try await harness.signedIn(.owner)
            for caller in [member, owner] {
                let path = "/api/v1/threads/\(try await caller.newThread())/messages"
                for text in commands {
                    try await expectEqual(
                        caller.send(.post, path, json: ["text": .string(text)]).status, 202, "\(text)")
                }
            }
        }
    }

    @Test("an answer has an entity tag, is not sent again to who has it, and is compressed where it is long")
    func representation() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            let first = try await caller.send(.get, "/api/v1/models")
            let tag = try #require(first.headers["etag"])
            #expect(first.status == 200 && tag.hasPrefix("W/\""))
            for known in [tag, String(tag.dropFirst(2)), "\"x\", \(tag)", "*"] {
                let same = try await caller.with("If-None-Match", known).send(.get, "/api/v1/models")
                #expect(same.status == 304 && same.headers["etag"] == tag && same.text.isEmpty, "\(known)")
            }
            try await expectEqual(caller.with("If-None-Match", "\"other\"").send(.get, "/api/v1/models").status, 200)
            let long = try await caller.with("Accept-Encoding", "gzip").send(.get, "/api/v1/openapi.json")
            #expect(long.headers["content-encoding"] == "gzip" && long.headers["vary"] == "Accept-Encoding")
            let plain = try await caller.with("Accept-Encoding", "gzip;q=0").send(.get, "/api/v1/openapi.json")
            #expect(plain.headers["content-encoding"] == nil && plain.headers["etag"] == long.headers["etag"])
            try await expectEqual(caller.send(.head, "/api/v1/models").status, 200)
            #expect(try await caller.with("Accept-Encoding", "gzip").send(.get, "/api/v1/me").headers["etag"] != nil)
        }
    }

    @Test("an answer that stays the same keeps its entity tag and compressed form, which are not made again")
    func kept() throws {
        func request(_ fields: String) throws -> HTTPServerRequest {
            var parser = RequestParser()
            let head = try parser.parse(Array("GET / HTTP/1.1\r\nHost: x\r\n\(fields)\r\n".utf8).span).head
            return HTTPServerRequest(
                head: try #require(head), remoteAddress: SocketAddress(host: "127.0.0.1", port: 9))
        }
        let bytes = JSON.string(String(repeating: "a", count: 2_000)).bytes
        let kept = Representation.Kept(bytes)
        for (fields, status, encoding, body) in [
            ("", HTTPStatus.ok, nil, bytes), ("Accept-Encoding: gzip\r\n", .ok, "gzip", kept.compressed),
            ("If-None-Match: \(kept.tag)\r\n", .notModified, nil, []),
        ] as [(String, HTTPStatus, String?, [UInt8])] {
            let asked = try request(fields)
            var response = kept.response(to: asked)
            // A tag of other bytes would show that it was made again.
            response.headers["ETag"] = "\"own\""
            Representation.apply(to: &response, for: asked)
            #expect(response.status == status && response.headers["etag"] == "\"own\"", "\(fields)")
            expectEqual(response.headers["content-encoding"], encoding)
            guard case .bytes(let sent) = response.body else {
                Issue.record("the body is not in memory")
                continue
            }
            expectEqual(sent, body)
        }
    }

    @Test("pages of configured origins may call the API with a token; others may not")
    func cors() async throws {
        try await GatewayHarness.run(settings: { $0.corsOrigins = ["https://board.example"] }) { harness in
            let token = try await harness.token(.read)
            let page = token.with("Origin", "https://board.example")
            let answer = try await page.send(.get, "/api/v1/models")
            expectEqual(answer.status, 200)
            expectEqual(answer.headers["access-control-allow-origin"], "https://board.example")
            expectEqual(answer.headers["access-control-allow-credentials"], nil)
            expectEqual(answer.headers["cross-origin-resource-policy"], "cross-origin")
            let other = try await token.with("Origin", "https://evil.example").send(.get, "/api/v1/models")
            #expect(
                other.headers["access-control-allow-origin"] == nil && other.headers["vary"]?.contains("Origin") == true
            )
            let asked = try await harness.anybody.with("Origin", "https://board.example")
                .with("Access-Control-Request-Method", "PATCH").send(.options, "/api/v1/threads/none")
            #expect(asked.status == 204 && asked.headers["access-control-allow-methods"]?.contains("PATCH") == true)
            expectEqual(asked.headers["access-control-allow-headers"]?.contains("Authorization"), true)
            let foreign = try await harness.anybody.with("Origin", "https://evil.example")
                .with("Access-Control-Request-Method", "PATCH").send(.options, "/api/v1/threads/none")
            #expect(foreign.status == 204 && foreign.headers["access-control-allow-methods"] == nil)
            try await expectEqual(
                harness.anybody.send(.options, "/api/v1/threads").headers["allow"]?.contains("POST"), true)
        }
    }
}
