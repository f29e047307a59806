import Chat
import Models
import TestSupport
import Testing

@testable import Turns

@Suite("Which turn answers a message", .timeLimit(.minutes(1)))
struct AgentWorkerTests {
    /// Answers with whether it was given tools.
    private struct Models: ModelClient {
        let provider = "test"
        let defaultModel = "able"

        func models() async throws -> [ModelInfo] {
            ["able", "plain", "dull"].map { name in
                var model = ModelInfo(id: name, name: name, inputLimit: 64_000, outputLimit: 4_096)
                model.supportsTools = name == "able"
                return model
            }
        }

        func check() async throws {}

        func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
            ModelEventChannel.stream { channel in
                try await channel.send(.delta(request.tools.isEmpty ? "talk" : "work"))
                try await channel.send(.finished(.stop))
            }
        }
    }

    @Test("where the model only talks, the thread hears why, once for each model")
    func hint() async throws {
        try await ImplementScene.with(client: Models()) { scene in
            let worker = scene.worker.agent
            _ = try await worker.catalog.models()
            var said: [String] = []
            for (number, model) in ["plain", "plain", "able", "dull", "plain"].enumerated() {
                let thread = RecordingThread()
                _ = try await worker.run(
                    TurnRequest(
                        id: "op_\(number)", session: "abc123", text: "Hi", sender: CommitAuthorTests.ada,
                        role: .member, model: model), in: thread)
                said += thread.events.compactMap { event in
                    switch event {
                    case .notice(let text): String(text.prefix { $0 != "," })
                    case .text(let text): text
                    default: nil
                    }
                }
            }
            expectEqual(
                said,
                [
                    "plain cannot call tools", "talk", "talk", "work", "dull cannot call tools", "talk",
                    "plain cannot call tools", "talk",
                ])
        }
    }

    @Test("a guest only talks, and hears no reason")
    func guest() async throws {
        try await ImplementScene.with(client: Models()) { scene in
            let thread = RecordingThread()
            _ = try await scene.worker.agent.run(
                TurnRequest(id: "op_1", session: "abc123", text: "Hi", sender: CommitAuthorTests.ada, role: .guest),
                in: thread)
            expectEqual(thread.text, "talk")
        }
    }
}
