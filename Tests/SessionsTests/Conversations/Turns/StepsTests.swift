import Chat
import TestSupport
import Testing

@Suite("The steps of a turn in the thread", .timeLimit(.minutes(1)))
struct StepsTests {
    private static let steps = TurnEvent.steps(
        TurnSteps(shown: "```\nok swift test\n```", folded: "1 step, 12 s", news: "ok swift test"))

    private func harness(_ capabilities: RoomTraits.Capabilities) async throws -> BridgeHarness {
        try await BridgeHarness(
            traits: RoomTraits(
                capabilities: capabilities, textLimit: 4_000, textUnit: .bytes, editInterval: .milliseconds(1)),
            worker: ScriptedWorker([.event(Self.steps), .hold, .event(.text("It passes."))]))
    }

    @Test("where messages can be edited, they are above the growing answer, and fold to one line at its end")
    func growing() async throws {
        let harness = try await self.harness([.edits, .deletes])
        _ = try await harness.ask("1")
        await harness.adapter.waitForText("```\nok swift test\n```")
        harness.worker.release()
        await harness.adapter.waitForPosts { $0.first?.isFinal == true }
        try await harness.settle()
        expectEqual(harness.adapter.texts, ["1 step, 12 s\n\nIt passes."])
    }

    @Test("a worker finds what it said last, whatever else it reported in between")
    func lastText() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([
                .recall(0), .event(.text("It fails.")), .event(Self.steps), .event(.text("\n\n")),
                .event(.text("Pass")),
                .event(.notice("A retry.")), .event(.text("ed, é.")), .recall(11), .recall(1_000),
            ]))
        _ = try await harness.ask("1")
        try await harness.settle()
        expectEqual(harness.worker.recalled, ["", "Passed, é.", "It fails.\n\nPassed, é."])
    }

    @Test("a command's words are completed for the room, so its thread does not keep them")
    func ownWords() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker([.event(.text("Use `help`.")), .recall(4)]))
        _ = try await harness.ask("!run true")
        try await harness.settle()
        expectEqual(harness.worker.recalled, ["(not kept)"])
    }

    @Test("where nothing can be edited, one line follows the answer")
    func plain() async throws {
        let harness = try await self.harness([])
        _ = try await harness.ask("1")
        harness.worker.release()
        await harness.adapter.waitForPosts(2)
        try await harness.settle()
        expectEqual(harness.adapter.texts, ["It passes.", "1 step, 12 s"])
    }

    /// Says something, commits, and says more.
    private func dividedHarness(
        _ capabilities: RoomTraits.Capabilities, postInterval: Duration = .zero
    ) async throws -> BridgeHarness {
        let commit = CommitNotice(
            repository: "notes", sha: String(repeating: "a", count: 40), branch: "b", subject: "Mend it", files: 1,
            additions: 1,
            deletions: 1)
        return try await BridgeHarness(
            traits: RoomTraits(
                capabilities: capabilities, textLimit: 4_000, textUnit: .bytes, editInterval: .milliseconds(1),
                postInterval: postInterval),
            worker: ScriptedWorker([
                .event(Self.steps), .event(.text("I mend it.")), .event(.commit(commit)),
                .event(.text("\n\nIt passes.")),
            ]))
    }

    @Test("what follows a commit is a message below it, where messages can be edited", arguments: [true, false])
    func divided(isDrafting: Bool) async throws {
        let harness = try await self.dividedHarness(isDrafting ? [.edits, .deletes, .drafts] : [.edits, .deletes])
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts { $0.last?.isFinal == true && $0.count == 3 }
        try await harness.settle()
        let texts = harness.adapter.texts
        #expect(texts.count == 3 && texts.first == "1 step, 12 s\n\nI mend it." && texts.last == "It passes.")
        expectEqual(texts.dropFirst().first?.contains("Mend it"), true)
    }

    @Test("what precedes a commit is above it, also where the room is slow and the turn long over", arguments: 1...4)
    func slowlyDivided(refusals: Int) async throws {
        let harness = try await self.dividedHarness([.edits, .deletes], postInterval: .milliseconds(60))
        let busy = AdapterError(.rateLimited, "too fast", retryAfter: .milliseconds(40))
        harness.adapter.meet(Array(repeating: .refused(busy), count: refusals))
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts { $0.last?.isFinal == true && $0.count == 3 }
        try await harness.settle()
        let texts = harness.adapter.texts
        #expect(texts.first == "1 step, 12 s\n\nI mend it." && texts.last == "It passes.", "\(texts)")
        expectEqual(texts.dropFirst().first?.contains("Mend it"), true, "\(texts)")
    }

    @Test("what precedes a commit is above it, where nothing can be edited")
    func plainlyDivided() async throws {
        let harness = try await self.dividedHarness([])
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(4)
        try await harness.settle()
        let texts = harness.adapter.texts
        #expect(texts.first == "I mend it." && texts.dropFirst(2) == ["It passes.", "1 step, 12 s"], "\(texts)")
    }
}
