import Chat
import Store
import TestSupport
import Testing

@testable import Delivery
@testable import Sessions
@testable import Threads

@Suite("Drafts", .timeLimit(.minutes(1)))
struct DraftTests {
    private static let traits = RoomTraits(
        capabilities: [.edits, .drafts], textLimit: 400, textUnit: .bytes, editInterval: .milliseconds(1))

    @Test("a growing answer is a draft, and its final text is one fresh post")
    func grows() async throws {
        let harness = try await BridgeHarness(
            traits: Self.traits,
            worker: ScriptedWorker([
                .event(.text("One.")), .hold, .event(.text(" Two.")), .hold, .event(.text(" End.")),
            ]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForDraft { $0.text == "One." }
        harness.worker.release()
        await harness.adapter.waitForDraft { $0.text == "One. Two." }
        #expect(harness.adapter.posts.isEmpty)
        try await expectEqual(harness.bridge.store.read { ledger in try ledger.outboxPending() }, 0)
        harness.worker.release()
        await harness.adapter.waitForText("One. Two. End.")
        expectEqual(harness.adapter.posts.map(\.edits), [0])
        expectEqual(harness.adapter.posts.map(\.isFinal), [true])
        expectEqual(Set(harness.adapter.drafts.map(\.token)).count, 1)
        #expect(harness.adapter.drafts.allSatisfy { $0.stage == .preview })
    }

    @Test("an answer that arrives at once is one message without a draft")
    func instant() async throws {
        // However slow this machine is, the answer is complete before its first preview is due.
        var traits = Self.traits
        traits.previewDelay = .seconds(600)
        let harness = try await BridgeHarness(
            traits: traits, worker: ScriptedWorker([.event(.text("One.")), .event(.text(" Two."))]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForText("One. Two.")
        #expect(harness.adapter.drafts.isEmpty)
        expectEqual(harness.adapter.posts.map(\.edits), [0])
    }

    private static let long = (1...24).map { "Paragraph number \($0) of twenty-four." }.joined(separator: "\n\n")

    @Test("full messages are posted while the rest grows, so that only the last one is left for the end")
    func pieces() async throws {
        let harness = try await BridgeHarness(
            traits: Self.traits, worker: ScriptedWorker([.event(.text(Self.long)), .hold, .event(.text(" End."))]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForDraft { $0.text.hasSuffix("Paragraph number 24 of twenty-four.") }
        let pieces = harness.adapter.texts
        #expect(pieces.count >= 2 && pieces.first?.hasPrefix("Paragraph number 1 ") == true)
        #expect(harness.adapter.posts.allSatisfy { !$0.isFinal })
        harness.worker.release()
        await harness.adapter.waitForPosts { $0.count == pieces.count + 1 && $0.allSatisfy(\.isFinal) }
        expectEqual(harness.adapter.texts.dropLast(), pieces[...])
        expectEqual(harness.adapter.texts.last?.hasSuffix("of twenty-four. End."), true)
        let whole = harness.adapter.texts.joined(separator: "\n\n")
        expectEqual(whole, Self.long + " End.")
    }

    @Test("a notice of the turn is posted below the text that a draft showed before it")
    func commit() async throws {
        let harness = try await BridgeHarness(
            traits: Self.traits,
            worker: ScriptedWorker([
                .event(.text("One.")), .hold, .event(.notice("A line.")), .hold, .event(.text(" Two.")),
            ]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForDraft { $0.text == "One." }
        harness.worker.release()
        await harness.adapter.waitForPosts(2)
        expectEqual(harness.adapter.texts, ["One.", "A line."])
        harness.worker.release()
        await harness.adapter.waitForText("One. Two.")
        try await harness.settle()
        expectEqual(harness.adapter.texts, ["One. Two.", "A line."])
    }

    @Test("once drafts are refused, the same answer continues as a growing message")
    func refused() async throws {
        let harness = try await BridgeHarness(
            traits: Self.traits, worker: ScriptedWorker([.event(.text("One.")), .hold, .event(.text(" Two.")), .hold]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForDraft { $0.text == "One." }
        harness.adapter.lose(.drafts)
        harness.worker.release()
        await harness.adapter.waitForText("One. Two.")
        expectEqual(harness.adapter.drafts.count, 1)
        expectEqual(harness.adapter.posts.map(\.isFinal), [false])
    }

    @Test("a failed draft delays nothing")
    func failing() async throws {
        let harness = try await BridgeHarness(
            traits: Self.traits, worker: ScriptedWorker([.event(.text("One.")), .hold, .event(.text(" Two."))]))
        harness.adapter.meetInDrafts([.refused(AdapterError(.invalid, "no drafts here", retryAfter: .seconds(600)))])
        _ = try await harness.ask("1")
        try await eventually("the fault is used") { harness.adapter.faultsLeft == 0 }
        harness.worker.release()
        await harness.adapter.waitForText("One. Two.")
        expectEqual(harness.adapter.posts.count, 1)
    }

    @Test("after a restart in the middle of a draft its text and the usual note are posted")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(
            directory: directory, traits: Self.traits,
            worker: ScriptedWorker([.event(.text("One.")), .hold]))
        let submission = try #require(try await first.ask("1"))
        await first.adapter.waitForDraft { $0.text == "One." }
        for await frame in try await first.bridge.hub.subscribe(toOperation: submission.operation, after: 0).frames
        where frame.kind == .execution { break }
        let second = try await BridgeHarness(directory: directory, traits: Self.traits)
        await second.adapter.waitForPosts(2)
        expectEqual(second.adapter.texts.first, "One.")
        expectEqual(second.adapter.texts.last?.hasPrefix("Interrupted"), true)
    }

    @Test("the text of a stopped draft is posted")
    func stopping() async throws {
        let harness = try await BridgeHarness(
            traits: Self.traits, worker: ScriptedWorker([.event(.text("One.")), .hold]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForDraft { $0.text == "One." }
        _ = try await harness.ask("!stop")
        await harness.adapter.waitForPosts(2)
        expectEqual(harness.adapter.texts.first, "One.")
        expectEqual(harness.adapter.texts.last?.hasPrefix("Stopped."), true)
    }

    @Test("a draft is shown again unchanged before it fades")
    func fading() {
        let now = ContinuousClock.now
        var preview = PreviewPacingTests.preview(at: now, draft: "d")
        preview.answer = Array("One.".utf8)
        expectEqual(preview.nextDue, now)
        preview.render()
        expectEqual(preview.next(at: now), .draft("One."))
        preview.did(.draft("One."), at: now, interval: .seconds(1))
        expectEqual(preview.next(at: now), nil)
        expectEqual(preview.nextDue, now + Preview.draftLife)
        expectEqual(preview.next(at: now + Preview.draftLife), .draft("One."))
        #expect(Preview.draftLife < .seconds(20))
    }
}
