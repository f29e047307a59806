import Chat
import JetbridgeTesting
import Testing

@testable import Sessions

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
        #expect(try await harness.bridge.store.read { ledger in try ledger.outboxPending() } == 0)
        harness.worker.release()
        await harness.adapter.waitForText("One. Two. End.")
        #expect(harness.adapter.posts.map(\.edits) == [0])
        #expect(harness.adapter.posts.map(\.isFinal) == [true])
        #expect(Set(harness.adapter.drafts.map(\.token)).count == 1)
        #expect(harness.adapter.drafts.allSatisfy { $0.stage == .preview })
    }

    @Test("a draft that fails holds up nothing")
    func failing() async throws {
        let harness = try await BridgeHarness(
            traits: Self.traits, worker: ScriptedWorker([.event(.text("One.")), .hold, .event(.text(" Two."))]))
        harness.adapter.meetInDrafts([.refused(AdapterError(.invalid, "no drafts here", retryAfter: .seconds(600)))])
        _ = try await harness.ask("1")
        harness.worker.release()
        await harness.adapter.waitForText("One. Two.")
        #expect(harness.adapter.posts.count == 1)
    }

    @Test("a restart in the middle of a draft leaves what there was of it, and the usual note")
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
        #expect(second.adapter.texts.first == "One.")
        #expect(second.adapter.texts.last?.hasPrefix("Interrupted") == true)
    }

    @Test("a draft that is stopped leaves what there was of it")
    func stopping() async throws {
        let harness = try await BridgeHarness(
            traits: Self.traits, worker: ScriptedWorker([.event(.text("One.")), .hold]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForDraft { $0.text == "One." }
        _ = try await harness.ask("!stop")
        await harness.adapter.waitForText("One.")
    }

    @Test("a draft is shown again before it fades, and then as it was")
    func fading() {
        let now = ContinuousClock.now
        var preview = PreviewPacingTests.preview(at: now, draft: "d")
        preview.answer = Array("One.".utf8)
        #expect(preview.nextDue == now)
        preview.render()
        #expect(preview.next(at: now) == .draft("One."))
        preview.did(.draft("One."), at: now, interval: .seconds(1))
        #expect(preview.next(at: now) == nil)
        #expect(preview.nextDue == now + Preview.draftLife)
        #expect(preview.next(at: now + Preview.draftLife) == .draft("One."))
        #expect(Preview.draftLife < .seconds(20))
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let answer: String
        let limit: Int
        let tail: String
        var testDescription: String { self.answer }
    }

    @Test(
        "the end of an answer begins at a line, with its code block opened again",
        arguments: [
            Row(answer: "short", limit: 10, tail: "short"),
            Row(answer: "one\ntwo\nthree", limit: 10, tail: "…\n\ntwo\nthree"),
            Row(answer: "äöü without lines", limit: 16, tail: "…\n\nü without lines"),
            Row(answer: "```swift\nlet a = 1\nlet b = 2\n", limit: 12, tail: "…\n\n```swift\nlet b = 2\n"),
            Row(answer: "```\ncode\n```\nafter all\n", limit: 12, tail: "…\n\nafter all\n"),
            Row(answer: "~~~\n```\nin the first\nstill\n", limit: 8, tail: "…\n\n~~~\nstill\n"),
        ])
    func tail(_ row: Row) {
        #expect(DraftTail.text(of: Array(row.answer.utf8), limit: row.limit) == row.tail)
    }
}
