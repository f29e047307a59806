import Database
import HTTP
import Primitives
import TestSupport
import Testing

@testable import Gateway
@testable import Host

@Suite("Configuration: hooks", .timeLimit(.minutes(1)))
struct HookConfigurationTests {
    private static let environment = ["S": "0123456789abcdef", "SHORT": "abc"]

    @Test("hooks have defaults, and the name of their host")
    func defaults() throws {
        let loaded = load(
            """
            hooks:
              - {url: "https://ci.example.org/in", secret: {env: S}}
              - {name: board, url: "http://127.0.0.1:9/", secret: {env: S}, events: [task, commit], allow_private: true}
            """, environment: Self.environment)
        let hooks = try #require(loaded.configuration, "\(loaded.issues)").hooks
        expectEqual(
            hooks,
            [
                Webhook(
                    name: "ci.example.org", url: try HTTPURL("https://ci.example.org/in"),
                    secret: Secret("0123456789abcdef")),
                Webhook(
                    name: "board", url: try HTTPURL("http://127.0.0.1:9/"), secret: Secret("0123456789abcdef"),
                    events: ["task", "commit"], allowsPrivate: true),
            ])
        expectEqual(hooks[0].events.sorted(), ["ask", "commit", "document", "operation", "task", "thread"])
        expectEqual(load("{}").configuration?.hooks, [])
    }

    @Test(
        "mistakes are named",
        arguments: [
            ("{secret: {env: S}}", "'url' is missing"),
            ("{url: \"https://a.example/\"}", "'secret' is missing"),
            ("{url: \"ftp://a.example/\", secret: {env: S}}", "http"),
            ("{url: \"https://a.example/\", secret: {env: SHORT}}", "too short"),
            ("{url: \"https://a.example/\", secret: {env: S}, events: [comit]}", "commit"),
            ("{url: \"https://a.example/\", secret: {env: S}, name: \"a b\"}", "1 to 64 letters"),
            (
                "{url: \"https://a.example/\", secret: {env: S}}, {url: \"https://a.example/b\", secret: {env: S}}",
                "two hooks"
            ),
        ])
    func mistakes(_ hooks: String, _ message: String) {
        let loaded = load("hooks: [\(hooks)]", environment: Self.environment)
        #expect(loaded.errors.contains { "\($0)".contains(message) }, "\(loaded.issues)")
    }

    @Test("the doctor says which hook fails, and which address is not encrypted")
    func doctor() throws {
        func finding(_ url: String, _ change: (inout WebhookDelivery) -> Void = { _ in }, givenUp: Int64 = 0) throws
            -> Finding
        {
            var last = WebhookDelivery(
                id: "ci-1", hook: "ci", change: nil, session: nil, event: "ping", body: "{}", createdAt: 0)
            change(&last)
            return HookFindings.finding(
                Webhook(name: "ci", url: try HTTPURL(url), secret: Secret("0123456789abcdef")),
                WebhookSummary(waiting: 2, givenUp: givenUp, last: last, nextAt: nil))
        }
        try expectEqual(finding("https://a.example/x").state, .ok)
        #expect(try finding("http://a.example/x").detail.contains("http://a.example can be read on the way"))
        try expectEqual(finding("http://127.0.0.1:9/x").state, .ok)
        try expectEqual(finding("https://a.example/x", givenUp: 3).state, .warning)
        let failed = try finding("https://a.example/secret") {
            $0.error = "it answered 500"
            $0.triedAt = 0
        }
        #expect(failed.state == .failed && failed.detail.contains("1970-01-01") && !failed.detail.contains("secret"))
    }
}
