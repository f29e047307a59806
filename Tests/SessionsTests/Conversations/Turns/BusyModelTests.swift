import Chat
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("A busy model", .timeLimit(.minutes(1)))
struct BusyModelTests {
    private static let growing = RoomTraits(
        capabilities: [.edits, .deletes], textLimit: 4_000, textUnit: .bytes, editInterval: .milliseconds(1))
    private static let lines = RoomTraits(textLimit: 400, textUnit: .bytes, isMultiline: false)

    private static func line(_ attempt: Int) -> String { "The model is busy (429); retrying in 4 s (\(attempt) of 5)." }

    private static func harness(_ traits: RoomTraits, _ end: ScriptedWorker.Step) async throws -> BridgeHarness {
        try await BridgeHarness(
            traits: traits,
            worker: ScriptedWorker([
                .event(.waiting(Self.line(2))), .hold, .event(.waiting(Self.line(3))), .hold, end,
            ]))
    }

    @Test("makes one message that is edited, and becomes the answer")
    func answer() async throws {
        let harness = try await Self.harness(Self.growing, .event(.text("The answer.")))
        _ = try await harness.ask("1")
        await harness.adapter.waitForText(Self.line(2))
        harness.worker.release()
        await harness.adapter.waitForText(Self.line(3))
        harness.worker.release()
        await harness.adapter.waitForPosts { $0.first?.isFinal == true }
        expectEqual(harness.adapter.texts, ["The answer."])
    }

    @Test("makes one message, which the error replaces")
    func failure() async throws {
        let harness = try await Self.harness(Self.growing, .fail("The model is busy (429); try again later."))
        _ = try await harness.ask("1")
        await harness.adapter.waitForText(Self.line(2))
        harness.worker.release()
        await harness.adapter.waitForText(Self.line(3))
        harness.worker.release()
        try await harness.settle()
        expectEqual(harness.adapter.texts, ["The model is busy (429); try again later."])
    }

    @Test("shows the line below what was said")
    func later() async throws {
        let harness = try await BridgeHarness(
            traits: Self.growing,
            worker: ScriptedWorker([
                .event(.text("I look at the files first.")), .event(.waiting(Self.line(2))), .hold,
                .event(.text(" They are empty.")),
            ]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForText("I look at the files first.\n\n\(Self.line(2))")
        harness.worker.release()
        await harness.adapter.waitForPosts { $0.first?.isFinal == true }
        expectEqual(harness.adapter.texts, ["I look at the files first. They are empty."])
    }

    @Test("makes one note where nothing can be edited")
    func note() async throws {
        let harness = try await Self.harness(Self.lines, .fail("The model is busy (429); try again later."))
        _ = try await harness.ask("1")
        await harness.adapter.waitForText(Self.line(2))
        harness.worker.release()
        harness.worker.release()
        try await harness.settle()
        expectEqual(harness.adapter.texts, [Self.line(2), "The model is busy (429); try again later."])
    }
}
