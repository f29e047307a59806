import Chat
import TestSupport
import Testing

@testable import Sessions

/// Questions that failed for their content, which must not make the next ones fail.
@Suite("Questions that later prompts leave out", .timeLimit(.minutes(1)))
struct LeftOutTests {
    private func texts(_ request: TurnRequest?) -> [String] { request?.history.map(\.text) ?? [] }

    private static let buttons = RoomTraits(
        capabilities: .buttons, textLimit: 400, textUnit: .bytes, isMultiline: false)

    @Test("a refused question and a filtered answer are left out of later prompts, and the thread says so")
    func leftOut() async throws {
        let harness = try await BridgeHarness(
            traits: Self.buttons,
            worker: ScriptedWorker(
                [.event(.text("fine"))], [.refuse("The filter blocked it; rephrase it.")],
                [.event(.text("Half")), .filter("the content filter stopped it")], [.event(.text("good"))]))
        for text in ["one", "bad", "worse", "two", "three"] {
            _ = try await harness.frames(of: try #require(try await harness.ask(text)).operation)
        }
        try await harness.settle()
        expectEqual(
            harness.worker.requests.map { self.texts($0) }[1...3],
            [
                ["one", "fine"], ["one", "fine"], ["one", "fine"],
            ])
        expectEqual(self.texts(harness.worker.requests.last), ["one", "fine", "two", "good"])
        let posts = harness.adapter.posts
        expectEqual(
            posts.map(\.text)[1...3],
            [
                "The filter blocked it; rephrase it. Later prompts leave this message out.", "Half",
                "Cut off: the content filter stopped it. Later prompts leave this message out. Rephrase the question.",
            ])
        #expect(posts.allSatisfy { $0.buttons.isEmpty })
    }

    @Test("a restart does not bring it back")
    func afterRestart() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(
            directory: directory, worker: ScriptedWorker([.event(.text("fine"))], [.refuse("Blocked; rephrase it.")]))
        for text in ["one", "bad"] {
            _ = try await first.frames(of: try #require(try await first.ask(text)).operation)
        }
        try await first.settle()
        let second = try await BridgeHarness(directory: directory)
        _ = try await second.frames(of: try #require(try await second.ask("two", id: "later")).operation)
        expectEqual(self.texts(second.worker.requests.last), ["one", "fine"])
    }

    @Test("it cannot be resumed; a question that failed for another reason can")
    func resume() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker(
                [.event(.text("Half")), .filter("the content filter stopped it")], [.fail("Gone; try again.")],
                [.refuse("Blocked; rephrase it.")]))
        _ = try await harness.frames(of: try #require(try await harness.ask("bad")).operation)
        _ = try await harness.ask("!resume")
        await harness.adapter.waitForText(CommandTexts.cannotResume)
        _ = try await harness.frames(of: try #require(try await harness.ask("again")).operation)
        _ = try await harness.frames(of: try #require(try await harness.ask("!resume")).operation)
        expectEqual(harness.worker.requests.map(\.text), ["bad", "again", "again"])
        // Refused this time, so that its first turn is left out as well.
        _ = try await harness.frames(of: try #require(try await harness.ask("two")).operation)
        #expect(self.texts(harness.worker.requests.last).isEmpty)
    }

    @Test("resuming a question that failed before its first word does not continue an earlier answer")
    func resumedWithoutWords() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker([.event(.text("fine"))], [.fail("Gone.")]))
        for text in ["one", "two", "!resume"] {
            _ = try await harness.frames(of: try #require(try await harness.ask(text)).operation)
        }
        let request = try #require(harness.worker.requests.last)
        #expect(request.text == "two" && request.continuing == nil)
        expectEqual(self.texts(request), ["one", "fine", "two"])
    }
}
