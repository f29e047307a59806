import Copilot
import EventLoop
import JSON
import JetbridgeTesting
import Primitives
import Testing

/// GitHub's own binary with an account at a GitHub that is ours.
@Suite(
    "The real Copilot CLI with an account", .serialized, .timeLimit(.minutes(2)),
    .enabled(if: !RealCopilotCLI.isSkipped))
struct RealCopilotCLIAccountTests {
    private static let token = "gho_planted0account0token0000000000000000"
    private let cli: RealCopilotCLI

    init() throws {
        self.cli = try RealCopilotCLI()
    }

    private func withBench(
        token: String? = Self.token, model: String = "gpt-5-mini",
        _ body: (CopilotCLIBench, LoopbackCopilotAccount) async throws -> Void
    ) async throws {
        let account = try await LoopbackCopilotAccount.started(token: Self.token)
        let bench = try CopilotCLIBench(executable: self.cli.executable, cache: self.cli.cache, model: model) {
            $0.environment["COPILOT_DEBUG_GITHUB_API_URL"] = account.url
            $0.token = { token.map { Secret($0) } }
        }
        do {
            try await body(bench, account)
        } catch {
            await bench.client.stop()
            await account.stop()
            throw error
        }
        await bench.client.stop()
        await account.stop()
    }

    @Test("it answers, lists its models with their limits, and checks its sign-in")
    func answer() async throws {
        try await self.withBench { bench, account in
            let answer = await bench.ask("Say something unmistakable.")
            #expect(answer.error == nil)
            #expect(answer.text == "Hello from Copilot.")
            #expect(answer.usage == TokenUsage(input: 9, output: 4))
            #expect(account.chatBodies.first?.contains("unmistakable") == true)
            let models = try await bench.client.models()
            #expect(
                models.contains(ModelInfo(id: "gpt-5-mini", name: "gpt-5-mini", inputLimit: 64_000, outputLimit: 4_096))
            )
            #expect(!models.contains { $0.id == "gpt-x" })
            try await bench.client.check()
            #expect(account.tokens == [Self.token])
        }
    }

    @Test("the token is in the environment of the CLI alone: in no argument, no child, no log and no file")
    func secrets() async throws {
        try await self.withBench { bench, account in
            account.enqueue(.stall(after: "Some words"))
            let first = Protected(false)
            let task = Task {
                for try await event in bench.client.stream(bench.request("Well?")) {
                    if case .delta = event { first.withLock { $0 = true } }
                }
            }
            while !first.withLock({ $0 }) { try await EventLoop.shared.sleep(for: .milliseconds(5)) }
            let pid = try #require(await bench.client.pool.processIDs.first)
            let holding = ProcessTable.environment(of: pid).filter { $0.contains(Self.token) }
            #expect(holding == ["JETBRIDGE_COPILOT_TOKEN=\(Self.token)"])
            let children = ProcessTable.descendants(of: pid)
            for process in ProcessTable.all where process != pid {
                let texts = ProcessTable.arguments(of: process) + ProcessTable.environment(of: process)
                #expect(
                    !texts.contains { $0.contains(Self.token) },
                    "process \(process), child: \(children.contains(process))")
            }
            #expect(!ProcessTable.arguments(of: pid).contains { $0.contains(Self.token) })
            #expect(try RealGit(bench.folder.path).shell("grep -rl \(Self.token) cli || true") == "")
            task.cancel()
            _ = try? await task.value
            await bench.client.stop()
            #expect(!bench.log.contains(Self.token))
        }
    }

    @Test("a model that the account does not have is told by name")
    func unknownModel() async throws {
        try await self.withBench { bench, account in
            let answer = await bench.ask("Well?", model: "gpt-nobody")
            #expect(answer.failure?.code == .unknownModel)
            #expect(answer.failure?.message.contains("“gpt-nobody”") == true)
        }
    }

    @Test("without a token nothing is started")
    func signedOut() async throws {
        try await self.withBench(token: nil) { bench, account in
            let answer = await bench.ask("Well?")
            #expect(answer.failure?.code == .unauthorized)
            #expect(answer.failure?.message.contains("jetbridge login") == true)
            #expect(bench.log.isEmpty)
        }
    }

    @Test("a classic token is refused before anything is started, and not shown")
    func classicToken() async throws {
        let token = "ghp_" + String(repeating: "b", count: 36)
        try await self.withBench(token: token) { bench, account in
            let answer = await bench.ask("Well?")
            #expect(answer.failure?.code == .unauthorized)
            #expect(answer.failure?.message.contains("(ghp_)") == true)
            #expect(answer.failure?.message.contains(token) == false)
            #expect(bench.log.isEmpty)
        }
    }

    @Test("a token that GitHub does not know is told as such")
    func revokedToken() async throws {
        try await self.withBench(token: "gho_" + String(repeating: "c", count: 36)) { bench, account in
            let answer = await bench.ask("Well?")
            #expect(answer.failure?.code == .unauthorized)
            #expect(
                answer.failure?.message.contains("jetbridge login") == true, "\(answer.failure?.message ?? "nothing")")
        }
    }

    @Test("a newer sign-in is used as soon as the old one is refused, in the same answer")
    func newToken() async throws {
        let account = try await LoopbackCopilotAccount.started(token: Self.token)
        let tokens = Protected(["gho_" + String(repeating: "d", count: 36), Self.token])
        let bench = try CopilotCLIBench(executable: self.cli.executable, cache: self.cli.cache, model: "gpt-5-mini") {
            $0.environment["COPILOT_DEBUG_GITHUB_API_URL"] = account.url
            $0.token = { tokens.withLock { Secret($0.count > 1 ? $0.removeFirst() : $0[0]) } }
        }
        #expect(await bench.ask("Well?").text == "Hello from Copilot.")
        await bench.client.stop()
        await account.stop()
    }

    @Test(
        "refusals of the API are told in one line with what to do",
        arguments: [
            (
                402, #"{"error":{"message":"You have no quota","code":"quota_exceeded"}}"#, ModelError.Code.refused,
                "credit"
            ),
            (403, #"{"error":{"message":"not allowed"}}"#, ModelError.Code.unauthorized, "jetbridge login"),
        ])
    func refusals(status: Int, body: String, code: ModelError.Code, words: String) async throws {
        try await self.withBench { bench, account in
            account.enqueue(.refusal(status: status, body: body))
            let answer = await bench.ask("Well?")
            #expect(answer.failure?.code == code)
            #expect(answer.failure?.message.contains(words) == true, "\(answer.failure?.message ?? "nothing")")
        }
    }
}
