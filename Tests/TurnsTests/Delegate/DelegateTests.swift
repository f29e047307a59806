import Agent
import Chat
import JSON
import Models
import TestSupport
import Testing

@testable import Turns

@Suite("delegate", .timeLimit(.minutes(1)))
struct DelegateTests {
    private static let parts: JSON = [
        "parts": [["title": "First", "task": "TASK-A"], ["title": "Second", "task": "TASK-B"]]
    ]

    /// A model that delegates two parts and then says that all is done.
    private static func model(
        first: @escaping @Sendable (ModelRequest) -> [ScriptedModel.Step],
        second: @escaping @Sendable (ModelRequest) -> [ScriptedModel.Step]
    ) -> ScriptedModel {
        ScriptedModel(otherwise: { request in
            if Self.has(request, "one part of a larger task") {
                return Self.has(request, "TASK-A") ? first(request) : second(request)
            }
            return Self.has(request, "Part 1, First")
                ? ScriptedModel.answer("All done.") : Self.call("delegate", Self.parts)
        })
    }

    private static func has(_ request: ModelRequest, _ text: String) -> Bool {
        request.messages.contains { $0.text.contains(text) }
    }

    private static func call(_ tool: String, _ arguments: JSON) -> [ScriptedModel.Step] {
        [
            .event(.toolCall(ToolCall(id: "call", name: tool, arguments: arguments.text))),
            .event(.finished(.toolCalls)),
        ]
    }

    private static func run(
        _ scene: ImplementScene, in thread: RecordingThread = RecordingThread()
    ) async throws -> TurnEnding {
        try await scene.worker.agent.run(
            TurnRequest(id: "op_1", session: "abc123", text: "Go", sender: CommitAuthorTests.ada, role: .owner),
            in: thread)
    }

    /// What the turn's own model read of the parts.
    private static func result(_ model: ScriptedModel) -> String {
        model.requests.last?.messages.last { $0.role == .tool }?.text ?? ""
    }

    @Test("two parts work side by side, read files, and their results are data for the turn's model")
    func sideBySide() async throws {
        let (atFirst, toFirst) = AsyncStream.makeStream(of: Void.self)
        let (atSecond, toSecond) = AsyncStream.makeStream(of: Void.self)
        let model = Self.model { request in
            guard !Self.has(request, "hello") else { return ScriptedModel.answer("It greets.") }
            let meet = ScriptedModel.Step.wait {
                toSecond.yield()
                for await _ in atFirst { break }
            }
            return [meet] + Self.call("read", ["path": "README.md"])
        } second: { _ in
            let meet = ScriptedModel.Step.wait {
                toFirst.yield()
                for await _ in atSecond { break }
            }
            return [meet] + ScriptedModel.answer("Nothing else.")
        }
        try await ImplementScene.with(client: model) { scene in
            let thread = RecordingThread()
            expectEqual(try await Self.run(scene, in: thread), .complete)
            let result = Self.result(model)
            #expect(result.contains("Part 1, First: done\n<data-") && result.contains("It greets."))
            #expect(result.contains("Part 2, Second: done\n<data-") && result.contains("Nothing else."))
            expectEqual(thread.text, "All done.")
            let line = try #require(thread.steps.last?.shown)
            #expect(line.contains("ok delegate: ok First, 1 step"), "\(line)")
            let part = try #require(model.requests.first { Self.has($0, "TASK-A") })
            expectEqual(part.tools.map(\.name), ["read", "grep", "list"])
            // Everything that the parts asked a model for is in the turn's usage.
            let usages = thread.events.filter { if case .usage = $0 { true } else { false } }
            expectEqual(usages.count, model.requests.count)
            let own = try await StoredSteps(store: scene.store).records(of: "op_1", after: 0)
            expectEqual(own.map(\.number), Array(1...own.count))
        }
    }

    @Test("a part that fails says why, and the other one ends as if nothing had happened")
    func failing() async throws {
        let model = Self.model { _ in
            [.fail(ModelError(.refused, "Broken."))]
        } second: { _ in
            ScriptedModel.answer("Found it.")
        }
        try await ImplementScene.with(client: model) { scene in
            expectEqual(try await Self.run(scene), .complete)
            let result = Self.result(model)
            #expect(result.contains("Part 1, First: ended early: "), "\(result)")
            #expect(result.contains("Found it."))
        }
    }

    @Test("a part can neither delegate nor write, and ends at its share of the steps")
    func bounded() async throws {
        let model = Self.model { request in
            Self.has(request, "There is no tool delegate")
                ? ScriptedModel.answer("I can't.") : Self.call("delegate", Self.parts)
        } second: { request in
            Self.call("read", ["path": "README.md", "to": JSON(request.messages.count)])
        }
        try await ImplementScene.with(client: model) { scene in
            expectEqual(try await Self.run(scene), .complete)
            let result = Self.result(model)
            #expect(result.contains("I can't."))
            #expect(result.contains("Part 2, Second: ended early: the work took 25 steps"), "\(result)")
        }
    }

    @Test("stop ends all parts and the turn")
    func stopped() async throws {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let hang: @Sendable (ModelRequest) -> [ScriptedModel.Step] = { _ in [.wait { begin.yield() }, .hang] }
        try await ImplementScene.with(client: Self.model(first: hang, second: hang)) { scene in
            let task = Task { try await Self.run(scene) }
            var count = 0
            for await _ in begun {
                count += 1
                if count == 2 { break }
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }
}
