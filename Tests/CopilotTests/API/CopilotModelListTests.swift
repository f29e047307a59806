import Copilot
import HTTP
import JSON
import Logging
import Models
import TestSupport
import Testing

@Suite("The models of the Copilot API", .timeLimit(.minutes(1)))
struct CopilotModelListTests {
    private typealias Answer = ScriptedTransport.Answer

    private func client(
        _ transport: RoutedTransport, _ source: FakeTokenSource, clock: ManualClock = ManualClock()
    ) throws -> CopilotClient {
        CopilotClient(
            CopilotSettings(gitHubAPIURL: try HTTPURL("https://api.example.org"), defaultModel: "gpt-4.1"),
            source: source, transport: transport, clock: ModelClock(clock), logger: Logger(label: "test"))
    }

    private func models(_ entries: JSON...) async throws -> [ModelInfo] {
        let body = JSON(["data": .array(entries)]).text
        return try await self.client(RoutedTransport(["/models": [.refusal(200, body)]]), FakeTokenSource()).models()
    }

    @Test("only models that the account may use are listed, the default first")
    func offered() async throws {
        let transport = RoutedTransport(["/models": [.refusal(200, CopilotModelFixtures.list.text)]])
        let models = try await self.client(transport, FakeTokenSource()).models()
        expectEqual(models.map(\.id), ["gpt-4.1", "claude-sonnet-4.5", "gemini-3-pro", "gpt-5-codex", "gpt-5-mini"])
        let mini = try #require(models.last)
        #expect(mini.name == "GPT-5 mini" && mini.tokenizer == "o200k_base" && mini.version == "gpt-5-mini-2025-08-07")
        #expect(mini.inputLimit == 64_000 && mini.outputLimit == 16_384 && mini.multiplier == 0.25)
        #expect(mini.vendor == "Azure OpenAI" && !mini.isPreview && mini.supportedEndpoints.isEmpty)
        #expect(models[2].isPreview && models[3].supportedEndpoints == ["/responses"])
        expectEqual(mini.detail, "GPT-5 mini, 64000 tokens in, 16384 out, o200k_base, 0.25×")
        #expect(models[2].detail.hasSuffix("1×, preview"))
    }

    @Test("names are cut at 200 bytes and compared by their bytes")
    func names() async throws {
        let marks = String(repeating: "\u{308}\u{301}", count: 400)
        let models = try await self.models(
            CopilotModelFixtures.model("a", name: "e\u{301}", version: "1", multiplier: 0),
            CopilotModelFixtures.model("b", name: "\u{E9}", version: "1", multiplier: 0),
            CopilotModelFixtures.model("c", name: "c" + marks, version: "1", multiplier: 0))
        expectEqual(models.map(\.id).sorted(), ["a", "b", "c"])
        #expect(models.allSatisfy { $0.name.utf8.count <= 200 })
    }

    @Test(
        "each entry is omitted for one reason",
        arguments: [
            (CopilotModelFixtures.model("x-paygo", name: "X", version: "1", multiplier: 0), false),
            (CopilotModelFixtures.model("x", name: "X", version: "1", multiplier: 0, policy: "disabled"), false),
            (CopilotModelFixtures.model("x", name: "X", version: "1", multiplier: 0, policy: "unconfigured"), false),
            (CopilotModelFixtures.model("x", name: "X", version: "1", multiplier: 0, policy: "enabled"), true),
            (CopilotModelFixtures.model("x", name: "X", version: "1", multiplier: 0, isPicked: false), false),
            (CopilotModelFixtures.model("x", name: "X", version: "1", multiplier: 0, type: "embeddings"), false),
            (
                CopilotModelFixtures.model("x", name: "X", version: "1", multiplier: 0, endpoints: ["ws:/responses"]),
                false
            ),
            (["id": "x", "capabilities": ["type": "chat"]], true), (["id": "x"], false), (["name": "x"], false),
            (
                ["id": "x", "capabilities": ["type": "chat", "limits": ["max_prompt_tokens": "many"]], "billing": 7],
                true
            ),
        ] as [(JSON, Bool)])
    func filter(entry: JSON, isListed: Bool) async throws {
        let other = CopilotModelFixtures.model("other", name: "Other", version: "1", multiplier: 0)
        try await expectEqual(self.models(entry, other).contains { $0.id == "x" || $0.id == "x-paygo" }, isListed)
    }

    @Test("of releases with one name the newest is kept")
    func newest() async throws {
        let old = CopilotModelFixtures.model("m-old", name: "M", version: "m-2025-01-01", multiplier: 0)
        let new = CopilotModelFixtures.model("m-new", name: "M", version: "m-2025-06-01", multiplier: 0)
        try await expectEqual(self.models(old, new).map(\.id), ["m-new"])
        try await expectEqual(self.models(new, old).map(\.id), ["m-new"])
    }

    @Test("of a list that is too long the beginning counts")
    func long() async throws {
        let entries = (0..<1_010).map { number in
            CopilotModelFixtures.model("m\(number)", name: "M \(number)", version: "1", multiplier: 0)
        }
        let body = JSON(["data": .array(entries)]).text
        let transport = RoutedTransport(["/models": [.refusal(200, body)]])
        let models = try await self.client(transport, FakeTokenSource()).models()
        #expect(models.count == 1_000 && models.contains { $0.id == "m999" })
    }

    @Test("the list's ETag is sent back, and an unchanged list is not read again")
    func etag() async throws {
        let clock = ManualClock()
        let transport = RoutedTransport([
            "/models": [
                .refusal(200, CopilotModelFixtures.list.text, headers: ["ETag": "\"one\""]), .refusal(304, ""),
            ]
        ])
        let client = try self.client(transport, FakeTokenSource(), clock: clock)
        let first = try await client.models()
        clock.advance(by: .seconds(700))
        try await expectEqual(client.models(), first)
        expectEqual(transport.requests(to: "/models").map { $0.headers["if-none-match"] }, [nil, "\"one\""])
    }

    @Test("the old list survives a failure to load; an empty list counts as one", arguments: [429, 500, 200])
    func failure(status: Int) async throws {
        let clock = ManualClock()
        let transport = RoutedTransport([
            "/models": [.refusal(200, CopilotModelFixtures.list.text), .refusal(status, #"{"data":[]}"#)]
        ])
        let client = try self.client(transport, FakeTokenSource(), clock: clock)
        _ = try await client.models()
        clock.advance(by: .seconds(700))
        try await expectEqual(client.models().count, 5)
        let empty = try self.client(
            RoutedTransport(["/models": [.refusal(status, #"{"data":[]}"#)]]), FakeTokenSource())
        await #expect(throws: ModelError.self) { try await empty.models() }
    }

    @Test("an expired token is replaced once for the list as well")
    func replacesToken() async throws {
        let transport = RoutedTransport([
            "/models": [.refusal(401, "token expired"), .refusal(200, CopilotModelFixtures.list.text)]
        ])
        let source = try FakeTokenSource()
        try await expectEqual(self.client(transport, source).models().count, 5)
        expectEqual(source.rejected, ["token-1"])
        let refused = try self.client(RoutedTransport(["/models": [.refusal(401, "")]]), source)
        let error = await #expect(throws: ModelError.self) { try await refused.models() }
        expectEqual(error?.code, .unauthorized)
    }

    @Test("a chat does not fail without a list, and requests it once a minute at most")
    func chatWithoutList() async throws {
        let transport = RoutedTransport(["/models": [.refusal(500, "")], "/chat/completions": [.ok]])
        let client = try self.client(transport, FakeTokenSource())
        for _ in 0..<3 {
            for try await _ in client.stream(ModelRequest(messages: [ModelMessage(.user, "Hi")])) {}
        }
        expectEqual(transport.requests(to: "/models").count, 1)
    }
}
