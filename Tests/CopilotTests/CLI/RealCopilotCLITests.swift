import Copilot
import EventLoop
import JSON
import JetbridgeTesting
import Logging
import Primitives
import Testing

/// GitHub's own binary, offline, in its own-key mode: its endpoint is ours.
@Suite(
    "The real Copilot CLI with a key of one's own", .serialized, .timeLimit(.minutes(2)),
    .enabled(if: !RealCopilotCLI.isSkipped))
struct RealCopilotCLITests {
    private let cli: RealCopilotCLI

    init() throws {
        self.cli = try RealCopilotCLI()
    }

    private func bench(
        _ server: LoopbackModelServer, change: (inout CopilotCLISettings) -> Void = { _ in }
    ) throws -> CopilotCLIBench {
        try CopilotCLIBench(
            executable: self.cli.executable, cache: self.cli.cache, baseURL: server.baseURL, change: change)
    }

    @Test("an answer is streamed, whole, and counted; the CLI's own prompt is not part of it")
    func answer() async throws {
        let server = try await LoopbackModelServer.started()
        server.enqueue(.answer("One two three four five six seven.", rate: 20, chunkLength: 6))
        let bench = try self.bench(server)
        let answer = await bench.ask("Say something.")
        #expect(answer.error == nil)
        #expect(answer.text == "One two three four five six seven.")
        #expect(answer.events.filter { if case .delta = $0 { true } else { false } }.count > 3)
        #expect(answer.finish == .stop)
        #expect((answer.usage?.output ?? 0) > 0)
        let request = try #require(server.requests.first)
        #expect(request.messages.map(\.role) == ["system", "user"])
        #expect(request.messages.first?.text == "Be brief.")
        #expect(request.question.hasSuffix("Say something."))
        #expect(request.key == "sk-planted-own-key")
        await bench.client.stop()
        await server.stop()
    }
}
