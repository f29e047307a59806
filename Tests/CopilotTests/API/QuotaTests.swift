import Copilot
import HTTP
import JSON
import Logging
import Models
import Primitives
import TestSupport
import Testing

@Suite("The quota of an account", .timeLimit(.minutes(1)))
struct QuotaTests {
    private func quota(_ body: String) async throws -> ModelQuota? {
        let source = try FakeTokenSource()
        let client = CopilotClient(
            CopilotSettings(gitHubAPIURL: try HTTPURL("https://api.example.org"), defaultModel: "m"), source: source,
            gitHub: source, transport: RoutedTransport(["/copilot_internal/user": [.refusal(200, body)]]),
            logger: Logger(label: "test"))
        return try await client.quota()
    }

    @Test(
        "each form is read, and every part may be missing",
        arguments: [
            ("{}", []),
            (
                #"{"quota_snapshots":{"premium_interactions":{"entitlement":1500,"percent_remaining":33.333}}}"#,
                ["credits: 500 of 1500 left (33.3 %)"]
            ),
            (#"{"quota_snapshots":{"premium_interactions":{"entitlement":-1,"remaining":0}}}"#, ["credits: unlimited"]),
            (
                #"{"quota_snapshots":{"premium_interactions":{"entitlement":300,"quota_remaining":-4.5,"percent_remaining":-1.5,"overage_count":4.5,"overage_permitted":true}}}"#,
                ["credits: 0 of 300 left (0 %), 4.5 over, more at extra cost"]
            ),
            (
                #"{"limited_user_quotas":{"chat":410,"completions":4000},"monthly_quotas":{"chat":500,"completions":4000},"limited_user_reset_date":"2026-12-11"}"#,
                ["chat messages: 410 of 500 left (82 %), resets on 2026-12-11"]
            ),
            (
                #"{"quota_snapshots":{"premium_interactions":7,"chat":null,"odd":{"remaining":"x"}},"quota_reset_date":5}"#,
                ["odd: unknown"]
            ),
            (#"{"quota_snapshots":[],"limited_user_quotas":null}"#, []),
        ])
    func forms(body: String, lines: [String]) async throws {
        try await expectEqual(self.quota(body)?.lines, lines)
    }

    @Test("twenty allowances of each form are read")
    func manyAllowances() async throws {
        let snapshots = (0..<30).map { "\"a\($0)\":{\"entitlement\":5}" }.joined(separator: ",")
        let free = (0..<30).map { "\"b\($0)\":5" }.joined(separator: ",")
        let quota = try await self.quota("{\"quota_snapshots\":{\(snapshots)},\"limited_user_quotas\":{\(free)}}")
        expectEqual(quota?.allowances.count, 40)
    }

    @Test("a refusal is reported when nothing is known")
    func refusal() async throws {
        let source = try FakeTokenSource()
        let client = CopilotClient(
            CopilotSettings(gitHubAPIURL: try HTTPURL("https://api.example.org"), defaultModel: "m"), source: source,
            gitHub: source, transport: RoutedTransport(["/copilot_internal/user": [.refusal(401, "Bad credentials")]]),
            logger: Logger(label: "test"))
        let error = await #expect(throws: ModelError.self) { try await client.quota() }
        #expect(error?.code == .unauthorized && error?.message.hasPrefix("GitHub no longer accepts") == true)
    }

    /// Answers after a time, which passes at once, or not at all.
    private final class SlowTransport: ModelTransport {
        let calls = Protected(0)
        private let clock: ManualClock
        private let answers: Bool

        init(_ clock: ManualClock, answers: Bool) {
            self.clock = clock
            self.answers = answers
        }

        func send(_ request: TransportRequest) async throws -> TransportResponse {
            self.calls.withLock { $0 += 1 }
            self.clock.advance(by: .seconds(10))
            if !self.answers { throw CancellationError() }
            return try await ScriptedTransport([.refusal(503, "later")]).send(request)
        }
    }

    @Test(
        "GitHub is not asked again for as long as it took to fail, nor after a caller's patience ended",
        arguments: [true, false])
    func slowFailure(answers: Bool) async throws {
        let clock = ManualClock()
        let (source, transport) = (try FakeTokenSource(), SlowTransport(clock, answers: answers))
        let client = CopilotClient(
            CopilotSettings(gitHubAPIURL: try HTTPURL("https://api.example.org"), defaultModel: "m"), source: source,
            gitHub: source, transport: transport, clock: ModelClock(clock), logger: Logger(label: "test"))
        for number in 0..<50 {
            if number == 0, !answers {
                await #expect(throws: CancellationError.self) { try await client.quota() }
            } else {
                await #expect(throws: ModelError.self) { try await client.quota() }
            }
        }
        expectEqual(transport.calls.withLock { $0 }, 1)
        clock.advance(by: .seconds(10))
        _ = try? await client.quota()
        expectEqual(transport.calls.withLock { $0 }, 2)
    }

    @Test("rate limits in response headers are remembered, in either form")
    func rateLimits() async throws {
        var answer = ScriptedTransport.Answer.ok
        answer.headers["x-ratelimit-limit-requests"] = "5000"
        answer.headers["x-ratelimit-remaining-requests"] = "850"
        answer.headers["x-ratelimit-reset-requests"] = "6m0s"
        answer.headers["x-ratelimit-remaining-tokens"] = "90000"
        let client = OpenAIClient(
            OpenAISettings(baseURL: try HTTPURL("http://h/v1"), apiKey: nil, defaultModel: "m"),
            transport: ScriptedTransport([answer]), logger: Logger(label: "test"))
        try await expectEqual(client.quota(), nil)
        for try await _ in client.stream(ModelRequest(messages: [ModelMessage(.user, "Hi")])) {}
        try await expectEqual(
            client.quota()?.lines, ["requests: 850 of 5000 left, resets in 6m0s", "tokens: 90000 left"])
    }
}
