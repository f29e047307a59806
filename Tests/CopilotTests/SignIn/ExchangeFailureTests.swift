import HTTP
import HTTPClient
import Primitives
import TestSupport
import Testing

@testable import Copilot
@testable import Models

@Suite("Sign-in: the exchange")
struct ExchangeFailureTests {
    private static let source = SignInSource(.environment, "GH_TOKEN")

    struct Case: Sendable, CustomTestStringConvertible {
        let status: Int
        var headers: HTTPHeaders = [:]
        let body: String
        let kind: ExchangeFailure.Kind
        let code: ModelError.Code
        let words: [String]

        var testDescription: String { "\(self.status) \(self.body.prefix(40))" }
    }

    @Test(
        "every response becomes one sentence that says what to do",
        arguments: [
            Case(
                status: 401, body: #"{"message":"Bad credentials"}"#, kind: .signIn, code: .unauthorized,
                words: ["GH_TOKEN", "(401)", "put a valid token there or unset it"]),
            Case(
                status: 401, body: "unauthorized: token expired", kind: .signIn, code: .unauthorized,
                words: ["no longer accepts"]),
            Case(
                status: 403,
                body: """
                    {"error_details":{"message":"Sign up for it.","notification_id":"no_copilot_access","title":"No access",\
                    "url":"https://github.com/settings/copilot"},"message":"Resource not accessible by integration"}
                    """, kind: .signIn, code: .unauthorized,
                words: ["No access: Sign up for it", "see https://github.com/settings/copilot"]),
            Case(
                status: 403, body: #"{"message":"Resource not accessible by personal access token"}"#, kind: .signIn,
                code: .unauthorized, words: ["Resource not accessible by personal access token", "another account"]),
            Case(
                status: 403, body: "access denied", kind: .signIn, code: .unauthorized, words: ["“access denied”"]),
            Case(
                status: 403, body: #"{"message":"API rate limit exceeded for user ID 1.","status":"403"}"#,
                kind: .rateLimited(.seconds(60)), code: .rateLimited, words: ["rate limit", "60 s"]),
            Case(
                status: 403, headers: ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "1030"], body: "",
                kind: .rateLimited(.seconds(30)), code: .rateLimited, words: ["30 s"]),
            Case(
                status: 403, headers: ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "nan"], body: "",
                kind: .rateLimited(.seconds(60)), code: .rateLimited, words: ["60 s"]),
            Case(
                status: 429, headers: ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "inf"], body: "",
                kind: .rateLimited(.seconds(60)), code: .rateLimited, words: ["60 s"]),
            Case(
                status: 429, headers: ["retry-after": "7"], body: "", kind: .rateLimited(.seconds(7)),
                code: .rateLimited, words: ["7 s"]),
            Case(
                status: 404, body: #"{"message":"Not Found"}"#, kind: .signIn, code: .unauthorized,
                words: ["(404)", "gh auth login", "copilot.api_url"]),
            Case(
                status: 502, body: "<html><body>Bad Gateway</body></html>", kind: .passing, code: .unavailable,
                words: ["(502)", "Jetbridge will retry"]),
            Case(
                status: 200, body: "hello", kind: .passing, code: .invalidResponse,
                words: ["“hello”", "check copilot.api_url"]),
            Case(
                status: 301, body: "", kind: .passing, code: .invalidResponse, words: ["check copilot.api_url"]),
        ])
    func answers(_ sample: Case) {
        let failure = ExchangeFailure(
            status: sample.status, headers: sample.headers, body: Array(sample.body.utf8), source: Self.source,
            now: 1_000)
        expectEqual(failure.kind, sample.kind)
        expectEqual(failure.error.code, sample.code)
        let message = failure.error.message
        for words in sample.words { #expect(message.contains(words), "\(message)") }
        #expect(message.hasSuffix(".") && !message.contains("\n"))
    }

    @Test("secrets in a response are removed, and long responses are cut")
    func quotation() {
        let body = "ghu_SECRET00000000000000000000000000 " + String(repeating: "word ", count: 100)
        let failure = ExchangeFailure(
            status: 403, headers: [:], body: Array(body.utf8), source: Self.source, now: 0)
        #expect(!failure.error.message.contains("ghu_SECRET"))
        #expect(failure.error.message.count < 420)
    }

    @Test("a failed connection is reported with the host and what to check")
    func connection() {
        let failure = ExchangeFailure(
            HTTPClientError(.connect, "api.github.com: connection refused"), host: "api.github.com")
        expectEqual(failure.kind, .passing)
        expectEqual(
            failure.error.message,
            "api.github.com cannot be reached for a Copilot token (connection refused); check the network and "
                + "copilot.api_url.")
    }

    @Test(
        "tokens go only to Copilot's hosts, subdomains of the configured GitHub, and this machine",
        arguments: [
            ("https://api.githubcopilot.com", true), ("https://api.individual.githubcopilot.com/", true),
            ("http://127.0.0.1:8080", true), ("http://localhost:1", true),
            ("http://api.githubcopilot.com", false), ("https://githubcopilot.com.evil.example", false),
            ("https://evilgithubcopilot.com", false), ("https://example.org", false),
            ("https://copilot-api.tenant.ghe.com", false), ("https://x.github.com", false),
        ])
    func trust(_ address: String, isTrusted: Bool) throws {
        let settings = try Accounts(signIn: nil).settings()
        expectEqual(CopilotEndpoint.isTrusted(try HTTPURL(address), for: settings), isTrusted)
    }

    @Test("a tenant's hosts are trusted when it is configured")
    func tenant() throws {
        var settings = try Accounts(signIn: nil).settings()
        settings.githubURL = try HTTPURL("https://tenant.ghe.com")
        #expect(CopilotEndpoint.isTrusted(try HTTPURL("https://copilot-api.tenant.ghe.com"), for: settings))
        #expect(!CopilotEndpoint.isTrusted(try HTTPURL("https://copilot-api.other.ghe.com"), for: settings))
        try expectEqual(CopilotEndpoint.standard(for: settings).host, "copilot-api.tenant.ghe.com")
    }

    @Test("no token is sent to another host that a response names", .timeLimit(.minutes(1)))
    func foreignEndpoint() async throws {
        var options = LoopbackGitHub.Settings()
        options.apiURL = "https://evil.example"
        let github = LoopbackGitHub(options)
        github.addAccount(Accounts.signIn)
        let account = try Accounts().account(github, .system)
        let error = await #expect(throws: ModelError.self) { try await account.token() }
        expectEqual(error?.message.contains("copilot.github_url"), true)
    }

    @Test(
        "an address of thousands of bytes is refused, and slashes at the end of a shorter one are dropped",
        .timeLimit(.minutes(1)))
    func longEndpoint() async throws {
        var options = LoopbackGitHub.Settings()
        options.apiURL = "http://127.0.0.1:9/v1" + String(repeating: "/", count: 3_000)
        let refused = LoopbackGitHub(options)
        refused.addAccount(Accounts.signIn)
        let error = await #expect(throws: ModelError.self) { try await Accounts().account(refused, .system).token() }
        expectEqual(error?.message.contains("an API address of more than 2048 bytes"), true)
        options.apiURL = "http://127.0.0.1:9/v1" + String(repeating: "/", count: 1_000)
        let github = LoopbackGitHub(options)
        github.addAccount(Accounts.signIn)
        let account = try Accounts().account(github, .system)
        try await expectEqual(account.token().apiURL.description, "http://127.0.0.1:9/v1")
        await account.close()
    }

    @Test("the stand-in's refusal becomes a readable message", .timeLimit(.minutes(1)))
    func noPlan() async throws {
        let github = LoopbackGitHub()
        github.addAccount(Accounts.signIn)
        github.inject(.noPlan, at: .copilotToken)
        let account = try Accounts().account(github, .system)
        let error = await #expect(throws: ModelError.self) { try await account.token() }
        expectEqual(error?.message.contains("No access to GitHub Copilot found: Sign up for GitHub Copilot"), true)
    }
}
