import Copilot
import EventLoop
import Files
import GitHub
import HTTP
import HTTPClient
import JSON
import Logging
import People
import Primitives
import Sessions
import SignIn
import TestSupport
import Testing

@testable import Gateway

/// A gateway at which people sign in with the stand-in of GitHub.
struct SignInScene {
    static let clientID = "Iv1.jetbridge"
    static let secret = "0123456789abcdef"
    static let callback = "http://bot.example/api/v1/signin/github/callback"

    let harness: GatewayHarness
    let provider: GitHubSignInProvider
    let github: LoopbackGitHub
    let tokens: RememberedTokens
    let checks: AccountChecks

    static func run(
        access: AccessPolicy = AccessPolicy(owners: ["github:octocat"]), secret: String = Self.secret,
        scope: String = "read:org repo", settings change: (inout GatewaySettings) -> Void = { _ in },
        _ body: (SignInScene) async throws -> Void
    ) async throws {
        let github = try await LoopbackGitHub.started()
        github.addWebApp(Self.clientID, secret: Self.secret, callback: Self.callback)
        github.setVisitor(.known("octocat"))
        let tokens = RememberedTokens()
        let address = try HTTPURL(github.url)
        let provider = GitHubSignInProvider(
            GitHubSignInApp(clientID: Self.clientID, clientSecret: Secret(secret), scope: scope),
            try GitHubSettings(apiURL: address, webURL: address, userAgent: "test"), transport: HTTPClient(),
            tokens: tokens)
        try await GatewayHarness.run(
            settings: {
                $0.signIn = [provider]
                $0.signInTokens = tokens
                change(&$0)
            }, access: access
        ) { harness in
            let checks = AccountChecks(
                providers: [provider], access: harness.bridge.access, now: { harness.clock.withLock { $0 } },
                logger: .silent)
            try await body(
                SignInScene(harness: harness, provider: provider, github: github, tokens: tokens, checks: checks))
        }
        await github.stop()
    }

    /// The gateway of another host, which shares nothing but the store.
    func anotherGateway() async throws -> Gateway {
        var settings = GatewaySettings(port: 0, publicURL: "http://bot.example")
        settings.signIn = [self.provider]
        settings.signInTokens = self.tokens
        let web = WebAdapter(now: { 0 }, uploads: Uploads(directory: self.harness.directory.path + "/other", limit: 1))
        let gateway = try Gateway(
            settings: settings, bridge: self.harness.bridge, web: web, viewer: FakeViewer(),
            readiness: HostReadiness { HostReadiness.Checks() })
        try await gateway.start()
        return gateway
    }

    func browser() -> Browser { Browser(caller: self.harness.anybody) }

    /// The whole way: to GitHub, and back. Returns the answer of the callback.
    @discardableResult
    func signIn(_ browser: Browser, as login: String = "octocat", next: String? = nil) async throws -> Caller.Answer {
        self.github.setVisitor(.known(login))
        return try await browser.get(try await self.wayBack(browser, next: next))
    }

    /// Where GitHub leads the browser back to.
    func wayBack(_ browser: Browser, next: String? = nil) async throws -> String {
        let query = next.map { "?next=\(PercentEncoding.encode($0))" } ?? ""
        let there = try await browser.get("/api/v1/signin/github\(query)")
        expectEqual(there.status, 302, "\(there.text)")
        let back = try await Self.location(at: try #require(there.headers["location"]))
        return try HTTPURL(back).target
    }

    /// Where a page redirects to.
    static func location(at url: String) async throws -> String {
        let response = try await HTTPClient().execute(HTTPClientRequest(.get, try HTTPURL(url)))
        _ = try await response.body.collect(upTo: 1 << 20)
        return try #require(response.headers["location"])
    }

    /// Lets an hour pass, and checks everybody.
    func checkLater(by milliseconds: Int64 = AccountChecks.interval) async throws {
        self.harness.advance(by: milliseconds)
        _ = try await self.checks.check()
    }
}

/// A browser's cookies, at the gateway.
final class Browser: Sendable {
    private let caller: Caller
    private let jar = Protected<[String: String]>([:])

    init(caller: Caller) { self.caller = caller }

    var cookies: [String: String] { self.jar.withLock { $0 } }

    func set(_ name: String, _ value: String?) { self.jar.withLock { $0[name] = value } }

    func get(_ target: String) async throws -> Caller.Answer { try await self.send(.get, target) }

    func send(_ method: HTTPMethod, _ target: String, json: JSON? = nil) async throws -> Caller.Answer {
        let cookies = self.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
        var caller = self.caller.with("Cookie", cookies.isEmpty ? nil : cookies).with("Accept", "text/html")
        // As a browser sends it that comes from a page of GitHub.
        if target.contains("/callback") {
            caller = caller.with("Sec-Fetch-Site", "cross-site").with("Sec-Fetch-Mode", "navigate")
        }
        let answer = try await caller.send(method, target, json: json)
        for header in answer.headers.values(of: "set-cookie") {
            let pair = header.prefix { $0 != ";" }
            guard let equals = pair.firstIndex(of: "=") else { continue }
            let value = String(pair[pair.index(after: equals)...])
            self.set(String(pair[..<equals]), header.contains("Max-Age=0") ? nil : value)
        }
        return answer
    }
}

/// People's tokens in memory.
actor RememberedTokens: SignInTokens {
    private(set) var kept: [String: GitHubToken] = [:]
    private(set) var refusedTokens: [GitHubToken] = []
    private var isFull = false

    func fail() { self.isFull = true }

    func keep(_ grant: DeviceGrant, of person: String, login: String, clientID: String) throws {
        if self.isFull { throw SystemError("the disk is full", code: 28) }
        self.kept[person] = try SignInCheck.token(of: grant)
    }

    func token(of person: String) -> GitHubToken? { self.kept[person] }

    func refused(_ token: GitHubToken) -> Bool {
        self.refusedTokens.append(token)
        return true
    }
}
