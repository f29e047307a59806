import Chat
import Copilot
import Crypto
import HTTP
import HTTPClient
import JSON
import People
import Primitives
import Sessions
import TestSupport
import Testing

@testable import Gateway

@Suite("Sign-in with GitHub", .timeLimit(.minutes(1)))
struct GitHubSignInTests {
    @Test("the way to GitHub and back signs a browser in, as the person, with a new session and the token out of sight")
    func wholeWay() async throws {
        try await SignInScene.run { scene in
            try await expectEqual(
                scene.harness.anybody.send(.get, "/api/v1/signin").json, ["methods": ["code", "github"]])
            let browser = scene.browser()
            browser.set("jetbridge_session", "planted")
            let there = try await browser.get("/api/v1/signin/github?next=/r/notes")
            expectEqual(there.status, 302)
            let page = try HTTPURL(try #require(there.headers["location"]))
            #expect(page.origin == scene.github.url && page.path == "/login/oauth/authorize")
            let query = HTTPQuery(parsing: page.query ?? "")
            #expect(query["client_id"] == SignInScene.clientID && query["redirect_uri"] == SignInScene.callback)
            #expect(query["scope"] == "read:org repo" && query["code_challenge_method"] == "S256")
            #expect(query["code_challenge"]?.count == 43 && query["state"]?.count == 43)
            let pending = try #require(there.headers["set-cookie"])
            #expect(pending.contains("HttpOnly; SameSite=Lax; Max-Age=600") && pending.contains("Path=/"))

            let back = try HTTPURL(try await SignInScene.location(at: page.description)).target
            let answer = try await browser.get(back)
            #expect(answer.status == 302 && answer.headers["location"] == "/r/notes", "\(answer.text)")
            expectEqual(answer.headers.values(of: "set-cookie").count, 2)
            let session = try #require(browser.cookies["jetbridge_session"])
            #expect(session != "planted" && browser.cookies["jetbridge_signin"] == nil)
            let me = try await browser.get("/api/v1/me").expect(200)
            #expect(me["identity"] == "github:octocat" && me["role"] == "owner" && me["name"] == "octocat")

            let token = try #require(await scene.tokens.kept["github:octocat"]?.value.reveal())
            let people = try await browser.get("/api/v1/people")
            let row = try #require(people.json["items"]?.arrayValue?.first { $0["identity"] == "github:octocat" })
            #expect(row["way"] == "sign-in" && row["network"] == "github" && row["key"] == "access.owners[0]")
            for text in [there, answer, people].map({ "\($0.headers) \($0.text)" }) { #expect(!text.contains(token)) }

            // Everything works once.
            browser.set("jetbridge_signin", try #require(pending.firstMatch(of: /=([^;]+)/)).1.description)
            try await expectEqual(browser.get(back).status, 400)
        }
    }

    @Test("signing in again replaces the browser's session, and other browsers keep theirs")
    func again() async throws {
        try await SignInScene.run { scene in
            let (one, other) = (scene.browser(), scene.browser())
            try await scene.signIn(one)
            try await scene.signIn(other)
            let first = try #require(one.cookies["jetbridge_session"])
            try await scene.signIn(one)
            try await expectEqual(one.get("/api/v1/me").status, 200)
            try await expectEqual(other.get("/api/v1/me").status, 200)
            one.set("jetbridge_session", first)
            try await expectEqual(one.get("/api/v1/me").status, 401)
        }
    }

    @Test("behind HTTPS both cookies have the prefix that other hosts cannot set")
    func secureCookies() async throws {
        try await SignInScene.run(settings: { $0.publicURL = "https://bot.example" }) { scene in
            scene.github.addWebApp(
                SignInScene.clientID, secret: SignInScene.secret, callback: "https://bot.example/api/v1/signin/github")
            let browser = scene.browser()
            let answer = try await scene.signIn(browser)
            expectEqual(answer.status, 302)
            expectEqual(browser.cookies.keys.sorted(), ["__Host-jetbridge_session"])
        }
    }

    @Test("behind HTTPS, sign-ins in two tabs of one browser do not disturb each other")
    func twoTabs() async throws {
        try await SignInScene.run(settings: { $0.publicURL = "https://bot.example" }) { scene in
            scene.github.addWebApp(
                SignInScene.clientID, secret: SignInScene.secret, callback: "https://bot.example/api/v1/signin/github")
            let browser = scene.browser()
            let name = "__Host-jetbridge_signin"
            let first = try await scene.wayBack(browser, next: "/one")
            let secret = try #require(browser.cookies[name])
            #expect(try await scene.wayBack(browser, next: "/two") != first)
            expectEqual(browser.cookies[name], secret)
            let answer = try await browser.get(first)
            #expect(answer.status == 302 && answer.headers["location"] == "/one", "\(answer.text)")
            // A sign-in ends it, and what cannot be a secret is never kept.
            for earlier in [nil, "guessable"] {
                browser.set(name, earlier)
                _ = try await scene.wayBack(browser)
                #expect(browser.cookies[name]?.count == 43 && browser.cookies[name] != secret)
            }
        }
    }

    @Test("without HTTPS, a cookie that another page may have planted does not become a sign-in's secret")
    func planted() async throws {
        try await SignInScene.run { scene in
            let browser = scene.browser()
            let planted = base64URL(randomBytes(32))
            browser.set("jetbridge_signin", planted)
            _ = try await scene.wayBack(browser)
            #expect(browser.cookies["jetbridge_signin"]?.count == 43 && browser.cookies["jetbridge_signin"] != planted)
        }
    }

    enum Spoiling: CaseIterable {
        case wrongState, noState, otherBrowser, noCookie, wrongCookie, expired
    }

    @Test("a state that is wrong, expired or another browser's is refused with a page", arguments: Spoiling.allCases)
    func spoiled(_ spoiling: Spoiling) async throws {
        try await SignInScene.run { scene in
            var browser = scene.browser()
            var back = try await scene.wayBack(browser)
            let state = try #require(HTTPQuery(parsing: back.drop { $0 != "?" }.dropFirst())["state"])
            switch spoiling {
            case .wrongState: back = back.replacing(state, with: base64URL(randomBytes(32)))
            case .noState: back = back.replacing("&state=\(state)", with: "")
            case .otherBrowser:
                browser = scene.browser()
                _ = try await scene.wayBack(browser)
            case .noCookie: browser.set("jetbridge_signin", nil)
            case .wrongCookie: browser.set("jetbridge_signin", base64URL(randomBytes(32)))
            case .expired: scene.harness.advance(by: 600_000)
            }
            let answer = try await browser.get(back)
            #expect(answer.status == 400 && answer.headers["content-type"]?.hasPrefix("text/html") == true)
            #expect(answer.headers["set-cookie"] == nil && answer.text.contains("Sign in with GitHub again"))
            #expect(await scene.tokens.kept.isEmpty)
        }
    }

    @Test("somebody else's try does not use up a sign-in")
    func foreignTry() async throws {
        try await SignInScene.run { scene in
            let browser = scene.browser()
            let back = try await scene.wayBack(browser)
            let other = scene.browser()
            _ = try await scene.wayBack(other)
            try await expectEqual(other.get(back).status, 400)
            try await expectEqual(browser.get(back).status, 302)
        }
    }

    @Test("another host over the same store completes a sign-in, once")
    func otherHost() async throws {
        try await SignInScene.run { scene in
            let other = try await scene.anotherGateway()
            async let running: Void = other.run()
            let browser = scene.browser()
            let back = try await scene.wayBack(browser)
            let there = Browser(caller: Caller(gateway: other, headers: [:]))
            for (name, value) in browser.cookies { there.set(name, value) }
            try await expectEqual(there.get(back).status, 302)
            try await expectEqual(browser.get(back).status, 400)
            browser.set("jetbridge_session", there.cookies["jetbridge_session"])
            try await expectEqual(browser.get("/api/v1/me").json["identity"], "github:octocat")
            await other.stop()
            try await running
        }
    }

    @Test("two callbacks at once sign in once")
    func race() async throws {
        try await SignInScene.run { scene in
            let browser = scene.browser()
            let back = try await scene.wayBack(browser)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<6 { group.addTask { try await browser.get(back).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 302 }.count == 1 && statuses.filter { $0 == 400 }.count == 5)
        }
    }

    @Test("somebody on no list gets a page that says whom to ask, and leaves nothing behind")
    func unlisted() async throws {
        try await SignInScene.run { scene in
            let browser = scene.browser()
            let answer = try await scene.signIn(browser, as: "mallory")
            #expect(answer.status == 403 && answer.headers["set-cookie"] == nil)
            #expect(answer.text.contains("You are mallory at GitHub") && answer.text.contains("Ask one of its owners"))
            #expect(await scene.tokens.kept.isEmpty)
            try await expectEqual(browser.get("/api/v1/me").status, 401)
            #expect(try await scene.harness.bridge.access.signedInPeople().isEmpty)
        }
    }

    @Test("a cancelled sign-in and an unknown code are 403")
    func cancelled() async throws {
        try await SignInScene.run { scene in
            let browser = scene.browser()
            scene.github.setVisitor(.cancelling)
            let cancelled = try await browser.get(try await scene.wayBack(browser))
            #expect(cancelled.status == 403 && cancelled.text.contains("cancelled at GitHub"))
            scene.github.setVisitor(.known("octocat"))
            let back = try await scene.wayBack(browser)
            let unknown = try await browser.get(back.replacing(#/code=[^&]+/#, with: "code=123456"))
            #expect(unknown.status == 403 && unknown.headers["set-cookie"] == nil)
            try await expectEqual(browser.get("/api/v1/me").status, 401)
        }
    }

    @Test("a GitHub that fails, or refuses this host, is 502")
    func failing() async throws {
        try await SignInScene.run { scene in
            let browser = scene.browser()
            for fault in [GitHubFault.webPage, .cut, .answer(status: 200, body: "<html>maintenance</html>")] {
                scene.github.inject(fault, at: .accessToken)
                try await expectEqual(scene.signIn(browser).status, 502, "\(fault)")
            }
            await scene.github.inject(.answer(status: 503, body: "{}"), route: "GET /user")
            try await expectEqual(scene.signIn(browser).status, 502)
            scene.github.addWebApp(
                SignInScene.clientID, secret: SignInScene.secret, callback: "http://elsewhere.example/callback")
            let there = try await browser.get("/api/v1/signin/github")
            let back = try await SignInScene.location(at: try #require(there.headers["location"]))
            #expect(back.hasPrefix("http://elsewhere.example/callback?error=redirect_uri_mismatch"))
            try await expectEqual(browser.get("/api/v1/signin/github/callback" + back.drop { $0 != "?" }).status, 502)
        }
        try await SignInScene.run(secret: "wrong") { scene in
            let answer = try await scene.signIn(scene.browser())
            #expect(answer.status == 502 && answer.text.contains("client id and secret"))
        }
    }

    @Test("without the token on disk nobody is signed in")
    func fullDisk() async throws {
        try await SignInScene.run { scene in
            await scene.tokens.fail()
            let browser = scene.browser()
            let answer = try await scene.signIn(browser)
            #expect(answer.status == 502 && answer.headers["set-cookie"] == nil)
            try await expectEqual(browser.get("/api/v1/me").status, 401)
        }
    }

    @Test(
        "`next` never leaves the site",
        arguments: [
            ("/r/notes/blob/main/a%20b?view=source#L12", "/r/notes/blob/main/a%20b?view=source#L12"), ("/", "/"),
            ("/#/t/t_1", "/#/t/t_1"), ("//evil.example", "/"), ("/\\evil.example", "/"), ("https://evil.example/", "/"),
            ("javascript:alert(1)", "/"), ("\\\\evil.example", "/"), ("/\t/evil.example", "/"),
            ("/\r\nSet-Cookie: a=b", "/"),
            ("///evil.example", "/"), ("evil", "/"), ("", "/"), ("/a b", "/"), ("/é", "/"), ("/a\\b", "/"),
            ("/" + String(repeating: "a", count: 2_001), "/"),
        ])
    func next(_ given: String, _ used: String) async throws {
        try await SignInScene.run { scene in
            let answer = try await scene.signIn(scene.browser(), next: given)
            #expect(answer.status == 302 && answer.headers["location"] == used)
        }
    }

    @Test("a sign-in that is not configured does not exist, and codes work as before")
    func unconfigured() async throws {
        try await GatewayHarness.run { harness in
            let methods = try await harness.anybody.send(.get, "/api/v1/signin").json
            expectEqual(methods, ["methods": ["code"]])
            for target in ["github", "github/callback?state=a&code=b", "oidc", "oidc/callback", "gitlab"] {
                try await expectEqual(harness.anybody.send(.get, "/api/v1/signin/\(target)").status, 404, "\(target)")
            }
        }
        try await SignInScene.run { scene in
            let caller = try await scene.harness.signedIn()
            try await expectEqual(caller.send(.get, "/api/v1/me").json["role"], "owner")
        }
    }

    @Test("beginnings are limited for each address")
    func flood() async throws {
        try await SignInScene.run { scene in
            let flooding = scene.harness.anybody.with("X-Forwarded-For", "203.0.113.7")
            var statuses: [Int] = []
            for _ in 0..<61 { statuses.append(try await flooding.send(.get, "/api/v1/signin/github").status) }
            #expect(statuses.count { $0 == 302 } == 60 && statuses.last == 429)
            try await expectEqual(scene.harness.anybody.send(.get, "/api/v1/signin/github").status, 302)
        }
    }

    @Test("a link on another site leads to the page, which leaves a session alone")
    func foreignLink() async throws {
        try await SignInScene.run { scene in
            let foreign = scene.harness.anybody.with("Sec-Fetch-Site", "cross-site").with("Sec-Fetch-Mode", "navigate")
            let answer = try await foreign.send(.get, "/api/v1/signin/github?next=/r/notes")
            #expect(answer.status == 302 && answer.headers["location"] == "/?next=%2Fr%2Fnotes")
            expectEqual(answer.headers["set-cookie"], nil)
        }
    }

    @Test("under a foreign name, nothing begins")
    func foreignHost() async throws {
        try await SignInScene.run { scene in
            let answer = try await scene.harness.anybody.with("Host", "evil.example")
                .send(.get, "/api/v1/signin/github")
            #expect(answer.status == 421 && answer.headers["set-cookie"] == nil)
        }
    }
}
