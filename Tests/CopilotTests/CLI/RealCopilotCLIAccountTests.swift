import Copilot
import EventLoop
import JSON
import Models
import Primitives
import TestSupport
import Testing

/// GitHub's own binary with an account at a loopback GitHub.
@Suite(
    "The real Copilot CLI with an account", .serialized, .timeLimit(.minutes(2)),
    .enabled(if: !RealCopilotCLI.isSkipped))
struct RealCopilotCLIAccountTests {
    private static let token = "gho_planted0account0token0000000000000000"
    private let cli: RealCopilotCLI

    init() throws {
        self.cli = try RealCopilotCLI()
    }

    /// Runs `body` with a loopback GitHub, its API, and a client of the real program that uses them.
    private func withBench(
        tokens: [String] = [Self.token], model: String = "gpt-5-mini", credits: Double? = nil,
        _ body: (CopilotCLIBench, LoopbackCopilot) async throws -> Void
    ) async throws {
        let copilot = try await LoopbackCopilot.started(credits: credits) { $0 == Self.token }
        // The real CLI crashes on invalid entries in the list of models.
        let models = (CopilotModelFixtures.list["data"]?.arrayValue ?? []).filter { $0["capabilities"] != nil }
        copilot.setModels(["object": "list", "data": .array(models)])
        var settings = LoopbackGitHub.Settings()
        settings.apiURL = copilot.apiURL
        let github = try await LoopbackGitHub.started(settings)
        github.addAccount(Self.token)
        let left = Protected(tokens)
        let bench = try CopilotCLIBench(executable: self.cli.executable, cache: self.cli.cache, model: model) {
            $0.environment["COPILOT_DEBUG_GITHUB_API_URL"] = github.url
            $0.token = { left.withLock { $0.count > 1 ? $0.removeFirst() : $0.first }.map { Secret($0) } }
        }
        do {
            try await body(bench, copilot)
        } catch {
            await bench.client.stop()
            await github.stop()
            await copilot.stop()
            throw error
        }
        await bench.client.stop()
        await github.stop()
        await copilot.stop()
    }

    @Test("it answers, lists its models with their limits, and checks its sign-in")
    func answer() async throws {
        try await self.withBench { bench, copilot in
            let answer = await bench.ask("Say something.")
            #expect(answer.error == nil)
            #expect(answer.text.hasPrefix("You said: ") && answer.text.hasSuffix("Say something."))
            #expect((answer.usage?.output ?? 0) > 0)
            let chat = try #require(copilot.requests(to: "/chat/completions").first)
            #expect(chat.initiator == "user" && chat.integration == "copilot-developer-cli")
            let models = try await bench.client.models()
            #expect(
                models.contains(
                    ModelInfo(id: "gpt-5-mini", name: "GPT-5 mini", inputLimit: 64_000, outputLimit: 16_384)))
            #expect(!models.contains { $0.id.hasSuffix("paygo") || $0.id == "claude-opus-4.5" })
            try await bench.client.check()
        }
    }

    @Test("the token is only in the CLI's environment: in no argument, child, log or file")
    func secrets() async throws {
        try await self.withBench { bench, copilot in
            copilot.enqueue(.stall(after: "Some words"))
            let first = Protected(false)
            let task = Task {
                defer { first.withLock { $0 = true } }  // Ends the wait for text after a failure.
                for try await event in bench.client.stream(bench.request("Well?")) {
                    if case .delta = event { first.withLock { $0 = true } }
                }
            }
            while !first.withLock({ $0 }) { try await EventLoop.shared.sleep(for: .milliseconds(5)) }
            let pid = try #require(await bench.client.pool.processIDs.first)
            let holding = ProcessTable.environment(of: pid).filter { $0.contains(Self.token) }
            expectEqual(holding, ["JETBRIDGE_COPILOT_TOKEN=\(Self.token)"])
            let children = ProcessTable.descendants(of: pid)
            for process in ProcessTable.all where process != pid {
                let texts = ProcessTable.arguments(of: process) + ProcessTable.environment(of: process)
                #expect(
                    !texts.contains { $0.contains(Self.token) },
                    "process \(process), child: \(children.contains(process))")
            }
            #expect(!ProcessTable.arguments(of: pid).contains { $0.contains(Self.token) })
            try expectEqual(RealGit(bench.folder.path).shell("grep -rl \(Self.token) cli || true"), "")
            task.cancel()
            _ = try? await task.value
            await bench.client.stop()
            #expect(!bench.log.contains(Self.token))
        }
    }

    @Test("it reports the account's quota")
    func quota() async throws {
        try await self.withBench(credits: 100) { bench, _ in
            let lines = try await bench.client.quota()?.lines ?? []
            expectEqual(lines.first?.hasPrefix("credits: "), true, "\(lines)")
        }
    }

    @Test("a model that the account lacks is reported by name")
    func unknownModel() async throws {
        try await self.withBench { bench, _ in
            let answer = await bench.ask("Well?", model: "gpt-nobody")
            expectEqual(answer.failure?.code, .unknownModel)
            expectEqual(answer.failure?.message.contains("“gpt-nobody”"), true)
        }
    }

    @Test("nothing starts without a token")
    func signedOut() async throws {
        try await self.withBench(tokens: []) { bench, _ in
            let answer = await bench.ask("Well?")
            expectEqual(answer.failure?.code, .unauthorized)
            expectEqual(answer.failure?.message.contains("jetbridge login"), true)
            #expect(bench.log.isEmpty)
        }
    }

    @Test("a classic token is refused before anything starts, and not shown")
    func classicToken() async throws {
        let token = "ghp_" + String(repeating: "b", count: 36)
        try await self.withBench(tokens: [token]) { bench, _ in
            let answer = await bench.ask("Well?")
            expectEqual(answer.failure?.code, .unauthorized)
            expectEqual(answer.failure?.message.contains("(ghp_)"), true)
            expectEqual(answer.failure?.message.contains(token), false)
            #expect(bench.log.isEmpty)
        }
    }

    @Test("a token that GitHub does not know is reported as such")
    func revokedToken() async throws {
        try await self.withBench(tokens: ["gho_" + String(repeating: "c", count: 36)]) { bench, _ in
            let answer = await bench.ask("Well?")
            expectEqual(answer.failure?.code, .unauthorized)
            expectEqual(
                answer.failure?.message.contains("jetbridge login"), true, "\(answer.failure?.message ?? "nothing")")
        }
    }

    @Test("a newer sign-in replaces a refused one within the same answer")
    func newToken() async throws {
        try await self.withBench(tokens: ["gho_" + String(repeating: "d", count: 36), Self.token]) { bench, _ in
            let answer = await bench.ask("Well?")
            #expect(answer.error == nil && answer.text.hasSuffix("Well?"))
        }
    }

    @Test(
        "refusals of the API become one line that says what to do",
        arguments: [
            (401, "unauthorized", ModelError.Code.unauthorized, "no longer accepts the sign-in (401): “not now”"),
            (402, "quota_exceeded", ModelError.Code.refused, "credit"),
            (403, "forbidden", ModelError.Code.unauthorized, "jetbridge login"),
            (403, "forbidden", ModelError.Code.unauthorized, "does not allow this account to use Copilot"),
            (404, "nothing", ModelError.Code.unknownModel, "does not offer the model “gpt-5-mini”"),
        ])
    func refusals(status: Int, error: String, code: ModelError.Code, words: String) async throws {
        try await self.withBench { bench, copilot in
            copilot.enqueue(.refusal(status: status, code: error, message: "not now"))
            let answer = await bench.ask("Well?")
            expectEqual(answer.failure?.code, code)
            expectEqual(answer.failure?.message.contains(words), true, "\(answer.failure?.message ?? "nothing")")
        }
    }
}
