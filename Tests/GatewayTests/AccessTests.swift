import HTTP
import JSON
import Sessions
import Testing

@testable import Gateway

@Suite("Who may do what", .timeLimit(.minutes(1)))
struct AccessTests {
    static let closed = [
        "/api/v1/threads", "/api/v1/threads/t_1", "/api/v1/threads/t_1/messages", "/api/v1/operations/op_1",
        "/api/v1/models", "/api/v1/usage", "/api/v1/sessions", "/api/v1/repositories", "/api/v1/commands", "/api/v1/me",
        "/api/v1/live", "/r/notes", "/r/notes/commit/4f9c2b7", "/r/notes/blob/main/readme.md", "/r/notes/tree/main",
        "/r/notes/raw/main/readme.md", "/a/1",
    ]

    @Test("nothing under /api, /r and /a answers without a credential")
    func closedPaths() async throws {
        try await GatewayHarness.run { harness in
            for caller in [
                harness.anybody, harness.anybody.with("Authorization", "Bearer nonsense"),
                harness.anybody.with("Authorization", "Basic YTpi"),
                harness.anybody.with("Cookie", "jetbridge_session=guess"),
            ] {
                for path in Self.closed {
                    let answer = try await caller.send(.get, path)
                    #expect(answer.status == 401, "\(path)")
                    #expect(answer.headers["content-type"] == "application/problem+json", "\(path)")
                    #expect(answer.json["status"] == 401)
                }
            }
        }
    }

    @Test("a browser is sent to the sign-in, and back to a local path only")
    func redirect() async throws {
        try await GatewayHarness.run { harness in
            let browser = harness.anybody.with("Accept", "text/html,application/xhtml+xml;q=0.9")
            let answer = try await browser.send(.get, "/r/notes/blob/main/a%20b.md?view=source&x=%22")
            #expect(answer.status == 303)
            #expect(
                answer.headers["location"]
                    == "/?next=%2Fr%2Fnotes%2Fblob%2Fmain%2Fa%2520b.md%3Fview%3Dsource%26x%3D%2522")
            #expect(try await browser.send(.get, "/api/v1/threads").status == 401)
        }
    }

    @Test(
        "a token does what its scopes say",
        arguments: [
            (Scope.chat, "GET", "/api/v1/threads", 200), (.chat, "POST", "/api/v1/threads", 201),
            (.read, "GET", "/api/v1/threads", 200),
            (.read, "POST", "/api/v1/threads", 403), (.admin, "POST", "/api/v1/threads", 201),
            (.read, "GET", "/r/notes/tree/main", 200),
            (.proxy, "GET", "/api/v1/threads", 403), (.proxy, "GET", "/api/v1/me", 200),
            (.chat, "GET", "/api/v1/usage", 200),
        ])
    func scopes(scope: Scope, method: String, path: String, status: Int) async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.token(scope)
            let answer = try await caller.send(HTTPMethod(rawValue: method), path, json: method == "POST" ? [:] : nil)
            #expect(answer.status == status)
        }
    }

    @Test("a wrong token is not made good by a cookie")
    func tokenBeforeCookie() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn().with("Authorization", "Bearer nonsense")
            #expect(try await caller.send(.get, "/api/v1/me").status == 401)
        }
    }

    @Test("a revoked token ends at once")
    func revoked() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.token(.chat)
            #expect(try await caller.send(.get, "/api/v1/me").status == 200)
            try await harness.bridge.store.write { ledger in
                for record in try ledger.credentials(kind: .token) { _ = try ledger.revokeCredential(id: record.id) }
            }
            #expect(try await caller.send(.get, "/api/v1/me").status == 401)
        }
    }

    @Test("a member sees the own threads and nobody else's")
    func visibility() async throws {
        try await GatewayHarness.run { harness in
            let (member, other) = (try await harness.signedIn(.member), try await harness.signedIn(.member))
            let owner = try await harness.signedIn(.owner)
            let thread = try await member.newThread()
            let operation = try await member.write("hello", to: thread)
            _ = try await member.ended(operation)
            for path in [
                "/api/v1/threads/\(thread)", "/api/v1/threads/\(thread)/messages", "/api/v1/operations/\(operation)",
            ] {
                #expect(try await member.send(.get, path).status == 200)
                #expect(try await other.send(.get, path).status == 404)
                #expect(try await owner.send(.get, path).status == 200)
            }
            #expect(
                try await other.send(.post, "/api/v1/threads/\(thread)/messages", json: ["text": "hi"]).status == 404)
            #expect(try await other.send(.get, "/api/v1/threads").json["items"] == [])
            #expect(try await owner.send(.get, "/api/v1/threads").json["items"]?.arrayValue?.count == 1)
            #expect(try await other.send(.get, "/api/v1/sessions").json["items"] == [])
        }
    }

    @Test(
        "a page of another site cannot use a browser's cookie",
        arguments: [
            ("https://evil.example", nil), ("null", nil), ("http://bot.example:81", nil), (nil, "cross-site"),
            (nil, "same-site"),
            ("http://bot.example", "cross-site"),
        ] as [(String?, String?)])
    func crossSite(origin: String?, site: String?) async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn().with("Origin", origin).with("Sec-Fetch-Site", site)
            #expect(try await caller.send(.post, "/api/v1/threads", json: [:]).status == 403)
            let socket = caller.with("Upgrade", "websocket").with("Sec-WebSocket-Version", "13")
            #expect(try await socket.send(.get, "/api/v1/live").status == 403)
        }
    }

    @Test(
        "the own page may: by the public URL or by the address that it was opened under",
        arguments: [
            ("http://bot.example", "bot.example"), ("HTTP://BOT.example", "bot.example"),
            ("http://10.0.0.5:8787", "10.0.0.5:8787"),
            ("https://chat.example", "chat.example"), (nil, "bot.example"),
        ] as [(String?, String)])
    func ownOrigin(origin: String?, host: String) async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn().with("Origin", origin).with("Host", host)
            #expect(try await caller.send(.post, "/api/v1/threads", json: [:]).status == 201)
        }
    }

    @Test("a token needs no origin: no browser sends it by itself")
    func tokenOrigin() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.token(.chat).with("Origin", "https://other.example")
            #expect(try await caller.send(.post, "/api/v1/threads", json: [:]).status == 201)
        }
    }

    @Test("a credential that asks too much is told when to come back")
    func rate() async throws {
        try await GatewayHarness.run(settings: {
            $0.requestBurst = 3
            $0.requestsPerSecond = 1
        }) { harness in
            let (caller, other) = (try await harness.token(.chat), try await harness.token(.read))
            for _ in 1...3 { #expect(try await caller.send(.get, "/api/v1/me").status == 200) }
            let refused = try await caller.send(.get, "/api/v1/me")
            #expect(refused.status == 429)
            #expect(refused.headers["retry-after"] == "1")
            #expect(try await other.send(.get, "/api/v1/me").status == 200)
            harness.advance(by: 1000)
            #expect(try await caller.send(.get, "/api/v1/me").status == 200)
        }
    }
}
