import Chat
import EventLoop
import HTTP
import HTTPClient
import JSON
import People
import Primitives
import Processes
import SignIn
import TestSupport
import Testing

@testable import Gateway

@Suite("Sign-in with OpenID Connect", .timeLimit(.minutes(1)))
struct OpenIDSignInTests {
    private struct Scene {
        let harness: GatewayHarness
        let provider: OpenIDProvider
        let issuer: String
        /// How far the provider's clock here is ahead, in milliseconds.
        let ahead: Protected<Int64>

        func control(_ settings: JSON) async throws {
            let request = HTTPClientRequest(
                .post, try HTTPURL("\(self.issuer)/control"), body: .bytes(settings.bytes))
            let response = try await HTTPClient().execute(request)
            _ = try await response.body.collect(upTo: 1_000)
            expectEqual(response.status, .ok)
        }

        func signIn(_ browser: Browser) async throws -> Caller.Answer {
            let there = try await browser.get("/api/v1/signin/oidc?next=/people")
            guard there.status == 302, let page = there.headers["location"] else { return there }
            return try await browser.get(try HTTPURL(try await SignInScene.location(at: page)).target)
        }
    }

    private static func run(
        access: AccessPolicy = AccessPolicy(owners: ["oidc:248289761001"]), secret: String = "s3cret & more",
        _ body: (Scene) async throws -> Void
    ) async throws {
        let plan = PythonClients.github.plan(script: "Tests/GatewayTests/SignIn/openid/provider.py", [])
        let process = try await Process.spawn(plan)
        var line: [UInt8] = []
        while !line.contains(0x0A), let bytes = try await process.output.read() { line += bytes }
        let ahead = Protected<Int64>(0)
        let issuer = String(decoding: line.prefix { $0 != 0x0A }, as: UTF8.self)
        let provider = OpenIDProvider(
            OpenIDClient(
                issuer: issuer, clientID: "jetbridge", clientSecret: Secret(secret), groups: "groups", name: "Example"),
            transport: HTTPClient(), userAgent: "test", now: { WallClock.now() + ahead.withLock { $0 } })
        do {
            try await GatewayHarness.run(settings: { $0.signIn = [provider] }, access: access) { harness in
                try await body(Scene(harness: harness, provider: provider, issuer: issuer, ahead: ahead))
            }
        } catch {
            _ = await process.stop()
            throw error
        }
        _ = await process.stop()
    }

    @Test("a person signs in with RS256 and ES256, and is who the subject says")
    func wholeWay() async throws {
        try await Self.run { scene in
            let methods = try await scene.harness.anybody.send(.get, "/api/v1/signin").json
            expectEqual(methods, ["methods": ["code", "oidc"], "oidc_name": "Example"])
            try await scene.control(["claims": ["sub": "248289761001", "name": "Jane Doe"]])
            for algorithm in ["RS256", "ES256"] {
                try await scene.control(["algorithm": .string(algorithm)])
                let browser = Browser(caller: scene.harness.anybody)
                let answer = try await scene.signIn(browser)
                #expect(answer.status == 302 && answer.headers["location"] == "/people", "\(answer.text)")
                #expect(answer.headers.values(of: "set-cookie").contains { $0.contains("Max-Age=43200") })
                let me = try await browser.get("/api/v1/me").expect(200)
                #expect(me["identity"] == "oidc:248289761001" && me["name"] == "Jane Doe" && me["role"] == "owner")
            }
        }
    }

    @Test("new keys of the provider are read when a token names one, but not for every token that does")
    func newKeys() async throws {
        try await Self.run { scene in
            let first = try await scene.signIn(Browser(caller: scene.harness.anybody))
            expectEqual(first.status, 302)
            try await scene.control(["key": 1])
            try await expectEqual(scene.signIn(Browser(caller: scene.harness.anybody)).status, 502)
            scene.ahead.withLock { $0 += 31_000 }
            try await expectEqual(scene.signIn(Browser(caller: scene.harness.anybody)).status, 302)
        }
    }

    @Test(
        "new keys of the provider are read after a wrong signature, where their names do not tell them apart",
        arguments: ["always the same", ""])
    func newKeysWithoutNames(name: String) async throws {
        try await Self.run { scene in
            try await scene.control(["kid": .string(name)])
            try await expectEqual(scene.signIn(Browser(caller: scene.harness.anybody)).status, 302)
            try await scene.control(["key": 1])
            try await expectEqual(scene.signIn(Browser(caller: scene.harness.anybody)).status, 502)
            scene.ahead.withLock { $0 += 31_000 }
            try await expectEqual(scene.signIn(Browser(caller: scene.harness.anybody)).status, 302)
        }
    }

    @Test("a provider that is busy is to be tried again, and a way back that nobody waits for names it")
    func busy() async throws {
        try await Self.run { scene in
            let browser = Browser(caller: scene.harness.anybody)
            for status in [429, 503] {
                try await scene.control(["answer": "/token", "status": JSON(status)])
                let answer = try await scene.signIn(browser)
                #expect(answer.status == 502 && answer.text.contains("Try again in a moment"), "\(answer.text)")
                #expect(!answer.text.contains("doctor"))
            }
            let unknown = try await browser.get("/api/v1/signin/oidc/callback?state=x&code=y")
            #expect(unknown.status == 400 && unknown.text.contains("Sign in with Example again"))
        }
    }

    @Test("the client's secret goes where the provider takes it")
    func secretInForm() async throws {
        try await Self.run { scene in
            try await scene.control(["methods": ["client_secret_post"]])
            try await expectEqual(scene.signIn(Browser(caller: scene.harness.anybody)).status, 302)
        }
    }

    @Test("groups and verified mail addresses admit, by the lists")
    func groups() async throws {
        let lists = AccessPolicy(
            owners: ["oidc:group/Ops"], members: ["oidc:jane@example.org", "oidc:mike@example.org"],
            guests: ["oidc:group/all staff"])
        try await Self.run(access: lists) { scene in
            let cases: [(JSON, String?)] = [
                (["sub": "1", "groups": ["all staff", "Ops"]], "owner"),
                (["sub": "2", "groups": "all staff"], "guest"),
                (["sub": "3", "groups": ["ops"]], nil), (["sub": "4"], nil),
                (["sub": "5", "email": "Jane@Example.org", "email_verified": true], "member"),
                (["sub": "6", "email": "jane@example.org", "email_verified": false], nil),
                (["sub": "7", "email": "jane@example.org"], nil),
                // A subject is neither a group nor somebody's mail address.
                (["sub": "jane@example.org"], nil),
                (["sub": "jane@example.org", "email": "jane@example.org", "email_verified": true], "member"),
                (["sub": "group/Ops"], nil),
                // The Kelvin sign, whose lower case is a k.
                (["sub": "8", "email": "mi\u{212A}e@example.org", "email_verified": true], nil),
                (["sub": "9", "email": "MIKE@example.org", "email_verified": true], "member"),
            ]
            for (claims, role) in cases {
                try await scene.control(["claims": claims])
                let browser = Browser(caller: scene.harness.anybody)
                let answer = try await scene.signIn(browser)
                try await expectEqual(
                    browser.get("/api/v1/me").json["role"]?.stringValue, role,
                    "\(claims.text) \(answer.text)")
                if role == nil { #expect([403, 502].contains(answer.status)) }
            }
            // In another release of the provider, the person has left the group.
            try await scene.control(["claims": ["sub": "1"]])
            let before = Browser(caller: scene.harness.anybody)
            try await expectEqual(scene.signIn(before).status, 403)
        }
    }

    private static let faults = [
        "signature", "none", "shared secret", "public key as secret", "audience", "two audiences", "party", "issuer",
        "expired",
        "future", "nonce", "no nonce", "no subject", "critical", "key",
    ]

    @Test("a token that is not for this sign-in, or that the provider has not signed, is refused")
    func wrongTokens() async throws {
        try await Self.run { scene in
            let browser = Browser(caller: scene.harness.anybody)
            for fault in Self.faults {
                try await scene.control(["fault": .string(fault)])
                let answer = try await scene.signIn(browser)
                #expect(answer.status == 502 && answer.headers["set-cookie"] == nil, "\(fault): \(answer.text)")
                try await expectEqual(browser.get("/api/v1/me").status, 401)
            }
            try await scene.control(["fault": ""])
            try await expectEqual(scene.signIn(browser).status, 302)
        }
    }

    @Test("an answer of another issuer is refused, and one of nobody where the provider always names itself")
    func issuer() async throws {
        try await Self.run { scene in
            try await scene.control(["back": ""])
            try await expectEqual(scene.signIn(Browser(caller: scene.harness.anybody)).status, 302)
            for fault in ["", "denied"] {
                try await scene.control(["back": .string("\(scene.issuer)/"), "fault": .string(fault)])
                let browser = Browser(caller: scene.harness.anybody)
                let answer = try await scene.signIn(browser)
                #expect(answer.status == 403 && answer.text.contains("it names another issuer"), "\(answer.text)")
                try await expectEqual(browser.get("/api/v1/me").status, 401)
            }
        }
        try await Self.run { scene in
            try await scene.control(["names": true])
            let browser = Browser(caller: scene.harness.anybody)
            try await expectEqual(scene.signIn(browser).status, 302)
            try await scene.control(["back": ""])
            let other = Browser(caller: scene.harness.anybody)
            let answer = try await scene.signIn(other)
            #expect(answer.status == 403 && answer.text.contains("it names no issuer"), "\(answer.text)")
            try await expectEqual(other.get("/api/v1/me").status, 401)
        }
    }

    @Test("a provider that denies is 403, one that fails or refuses this host is 502")
    func failures() async throws {
        try await Self.run { scene in
            let browser = Browser(caller: scene.harness.anybody)
            try await scene.control(["issuer": "http://127.0.0.1:1"])
            try await expectEqual(browser.get("/api/v1/signin/oidc").status, 502)
            try await scene.control(["issuer": "", "answer": "/.well-known/openid-configuration"])
            try await expectEqual(browser.get("/api/v1/signin/oidc").status, 502)
            for path in ["/token", "/keys"] {
                try await scene.control(["answer": .string(path)])
                try await expectEqual(scene.signIn(browser).status, 502)
            }
            try await scene.control(["answer": "", "fault": "denied"])
            let denied = try await scene.signIn(browser)
            #expect(denied.status == 403 && denied.text.contains("cancelled at Example"))
        }
        try await Self.run(secret: "wrong") { scene in
            let answer = try await scene.signIn(Browser(caller: scene.harness.anybody))
            expectEqual(answer.status, 502)
        }
    }

    @Test("a sign-in that began with one provider cannot end with another")
    func mixedUp() async throws {
        try await SignInScene.run { scene in
            let browser = scene.browser()
            let back = try await scene.wayBack(browser)
            let other = back.replacing("/github/", with: "/oidc/")
            try await expectEqual(browser.get(other).status, 404)
        }
    }
}
