import Chat
import HTTP
import JSON
import People
import Sessions
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite("Access control", .timeLimit(.minutes(1)))
struct AccessTests {
    static let closed = [
        "/api/v1/threads", "/api/v1/threads/t_1", "/api/v1/threads/t_1/messages", "/api/v1/operations/op_1",
        "/api/v1/models", "/api/v1/personas", "/api/v1/usage", "/api/v1/sessions", "/api/v1/repositories",
        "/api/v1/commands", "/api/v1/me",
        "/api/v1/live", "/api/v1/audit",
        "/r/notes", "/r/notes/commit/4f9c2b7", "/r/notes/commits/main", "/r/notes/blob/main/readme.md",
        "/r/notes/tree/main",
        "/r/notes/raw/main/readme.md", "/a/1",
    ]

    @Test("paths under /api, /r and /a need a credential")
    func closedPaths() async throws {
        try await GatewayHarness.run { harness in
            for caller in [
                harness.anybody, harness.anybody.with("Authorization", "Bearer nonsense"),
                harness.anybody.with("Authorization", "Basic YTpi"),
                harness.anybody.with("Cookie", "jetbridge_session=guess"),
            ] {
                for path in Self.closed {
                    let answer = try await caller.send(.get, path)
                    expectEqual(answer.status, 401, "\(path)")
                    expectEqual(answer.headers["content-type"], "application/problem+json", "\(path)")
                    expectEqual(answer.json["status"], 401)
                }
            }
        }
    }

    @Test("a browser is redirected to the sign-in, with a local path to return to")
    func redirect() async throws {
        try await GatewayHarness.run { harness in
            let browser = harness.anybody.with("Accept", "text/html,application/xhtml+xml;q=0.9")
            let answer = try await browser.send(.get, "/r/notes/blob/main/a%20b.md?view=source&x=%22")
            expectEqual(answer.status, 303)
            expectEqual(
                answer.headers["location"], "/?next=%2Fr%2Fnotes%2Fblob%2Fmain%2Fa%2520b.md%3Fview%3Dsource%26x%3D%2522"
            )
            try await expectEqual(browser.send(.get, "/api/v1/threads").status, 401)
        }
    }

    @Test(
        "a token can do only what its scopes allow",
        arguments: [
            (Scope.chat, "GET", "/api/v1/threads", 200), (.chat, "POST", "/api/v1/threads", 201),
            (.read, "GET", "/api/v1/threads", 200),
            (.read, "POST", "/api/v1/threads", 403), (.admin, "POST", "/api/v1/threads", 201),
            (.read, "GET", "/r/notes/tree/main", 200),
            (.proxy, "GET", "/api/v1/threads", 403), (.proxy, "GET", "/api/v1/me", 200),
            (.chat, "GET", "/api/v1/usage", 200),
            (.chat, "GET", "/api/v1/audit", 403), (.read, "GET", "/api/v1/audit", 403),
            (.admin, "GET", "/api/v1/audit", 200),
        ])
    func scopes(scope: Scope, method: String, path: String, status: Int) async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.token(scope)
            let answer = try await caller.send(HTTPMethod(rawValue: method), path, json: method == "POST" ? [:] : nil)
            expectEqual(answer.status, status)
        }
    }

    @Test("an invalid token is refused even with a valid cookie")
    func tokenBeforeCookie() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn().with("Authorization", "Bearer nonsense")
            try await expectEqual(caller.send(.get, "/api/v1/me").status, 401)
        }
    }

    @Test("a revoked token is refused at once")
    func revoked() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.token(.chat)
            try await expectEqual(caller.send(.get, "/api/v1/me").status, 200)
            try await harness.bridge.store.write { ledger in
                for record in try ledger.credentials(kind: .token) { _ = try ledger.revokeCredential(id: record.id) }
            }
            try await expectEqual(caller.send(.get, "/api/v1/me").status, 401)
        }
    }

    @Test("members and guests see only their own threads; owners see all", arguments: [Role.member, .guest])
    func visibility(role: Role) async throws {
        try await GatewayHarness.run { harness in
            let (member, other) = (try await harness.signedIn(role), try await harness.signedIn(role))
            let owner = try await harness.signedIn(.owner)
            let thread = try await member.newThread()
            let operation = try await member.write("hello", to: thread)
            _ = try await member.ended(operation)
            for path in [
                "/api/v1/threads/\(thread)", "/api/v1/threads/\(thread)/messages", "/api/v1/operations/\(operation)",
            ] {
                try await expectEqual(member.send(.get, path).status, 200)
                try await expectEqual(other.send(.get, path).status, 404)
                try await expectEqual(owner.send(.get, path).status, 200)
            }
            try await expectEqual(
                other.send(.post, "/api/v1/threads/\(thread)/messages", json: ["text": "hi"]).status, 404)
            try await expectEqual(other.send(.get, "/api/v1/threads").json["items"], [])
            try await expectEqual(owner.send(.get, "/api/v1/threads").json["items"]?.arrayValue?.count, 1)
            try await expectEqual(other.send(.get, "/api/v1/sessions").json["items"], [])
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
            try await expectEqual(caller.send(.post, "/api/v1/threads", json: [:]).status, 403)
            let socket = caller.with("Upgrade", "websocket").with("Sec-WebSocket-Version", "13")
            try await expectEqual(socket.send(.get, "/api/v1/live").status, 403)
        }
    }

    @Test(
        "the gateway's page can use it, under the public URL or the address it was opened with",
        arguments: [
            ("http://bot.example", "bot.example"), ("HTTP://BOT.example", "bot.example"),
            ("http://10.0.0.5:8787", "10.0.0.5:8787"), ("http://localhost:9000", "localhost:9000"),
            ("https://bot.example:8443", "bot.example:8443"), (nil, "bot.example"),
        ] as [(String?, String)])
    func ownOrigin(origin: String?, host: String) async throws {
        try await GatewayHarness.run(settings: { $0.address = "0.0.0.0" }) { harness in
            let caller = try await harness.signedIn().with("Origin", origin).with("Host", host)
            try await expectEqual(caller.send(.post, "/api/v1/threads", json: [:]).status, 201)
        }
    }

    @Test("a page whose name was rebound to this machine reaches nothing, and is told the right address")
    func reboundHost() async throws {
        try await GatewayHarness.run { harness in
            let owner = try await harness.signedIn()
            let code = try await AccessControl.makeCode(for: .owner, in: harness.bridge.store, at: GatewayHarness.start)
                .code
            let foreign = [
                "evil.example", "evil.example:8787", "10.0.0.5", "bot.example.evil.example", "localhost.evil",
            ]
            for host in foreign {
                let caller = owner.with("Host", host).with("Origin", "http://\(host)")
                for path in ["/", "/readyz", "/metrics", "/api/v1/me", "/api/v1/openapi.json", "/r/notes", "/nothing"] {
                    let answer = try await caller.send(.get, path)
                    expectEqual(answer.status, 421, "\(host) \(path)")
                    expectEqual(answer.json["detail"]?.stringValue?.contains("gateway.public_url"), true)
                }
                let signIn = try await caller.send(.post, "/api/v1/signin", json: ["code": .string(code)])
                #expect(signIn.status == 421 && signIn.headers["set-cookie"] == nil)
                try await expectEqual(caller.send(.get, "/healthz").status, 200)
            }
            let page = try await owner.with("Host", "evil.example").with("Accept", "text/html").send(.get, "/")
            #expect(page.status == 421 && page.text.contains("href=\"http://bot.example\""))
            for host in ["localhost", "localhost:1", "127.0.0.1:8787", "[::1]:8787", "a.localhost", "BOT.example."] {
                try await expectEqual(owner.with("Host", host).send(.get, "/api/v1/me").status, 200, "\(host)")
            }
        }
    }

    @Test("another site's page cannot make a browser read with its cookie, but its links open pages")
    func crossSiteReading() async throws {
        try await GatewayHarness.run { harness in
            let browser = try await harness.signedIn().with("Origin", nil)
            for site in ["cross-site", "same-site"] {
                let foreign = browser.with("Sec-Fetch-Site", site)
                for path in ["/api/v1/models", "/api/v1/usage", "/r/notes/tree/main"] {
                    try await expectEqual(foreign.send(.get, path).status, 403, "\(site) \(path)")
                }
                let link = foreign.with("Sec-Fetch-Mode", "navigate")
                try await expectEqual(link.send(.get, "/r/notes/tree/main").status, 200)
                try await expectEqual(link.send(.get, "/api/v1/models").status, 403)
            }
            for site in ["same-origin", "none"] {
                try await expectEqual(browser.with("Sec-Fetch-Site", site).send(.get, "/api/v1/models").status, 200)
            }
        }
    }

    @Test("a token works with any origin, because browsers do not send it by themselves")
    func tokenOrigin() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.token(.chat).with("Origin", "https://other.example")
            try await expectEqual(caller.send(.post, "/api/v1/threads", json: [:]).status, 201)
        }
    }

    @Test("a credential over its rate limit gets 429 with Retry-After")
    func rate() async throws {
        try await GatewayHarness.run(settings: {
            $0.requestBurst = 3
            $0.requestsPerSecond = 1
        }) { harness in
            let (caller, other) = (try await harness.token(.chat), try await harness.token(.read))
            for _ in 1...3 { try await expectEqual(caller.send(.get, "/api/v1/me").status, 200) }
            let refused = try await caller.send(.get, "/api/v1/me")
            expectEqual(refused.status, 429)
            expectEqual(refused.headers["retry-after"], "1")
            try await expectEqual(other.send(.get, "/api/v1/me").status, 200)
            harness.advance(by: 1000)
            try await expectEqual(caller.send(.get, "/api/v1/me").status, 200)
        }
    }
}
