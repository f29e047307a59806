import Chat
import Database
import Store
import TestSupport
import Testing

@testable import Delivery
@testable import Sessions
@testable import Threads

@Suite("Posting again", .timeLimit(.minutes(1)))
struct ResendTests {
    @Test("`resend` posts a long answer as the answer was posted, and does not copy it into the transcript")
    func long() async throws {
        let lines = (1...5_000).map { "\($0)" }.joined(separator: "\n")
        let harness = try await BridgeHarness(worker: ScriptedWorker([.event(.text("```\n\(lines)\n```"))]))
        let submission = try #require(try await harness.ask("count"))
        _ = try await harness.frames(of: submission.operation)
        try await harness.settle()
        let answered = harness.adapter.texts
        expectEqual(answered.last?.hasPrefix("The whole answer: http://127.0.0.1:8787/a/"), true, "\(answered.count)")
        _ = try await harness.ask("!resend")
        // Counted before they are posted, which might take long.
        let (count, notes, longest) = try await harness.bridge.store.read { ledger -> (Int64, Int64, Int64) in
            func number(_ query: String) throws -> Int64 {
                try ledger.connection.query(query, []).first?.integer("n") ?? 0
            }
            return (
                try number("SELECT COUNT(*) AS n FROM outbox"),
                try number("SELECT COUNT(*) AS n FROM outbox WHERE kind = 'note'"),
                try number("SELECT MAX(LENGTH(text)) AS n FROM messages WHERE role = 'note'")
            )
        }
        #expect(count <= 2 * answered.count && notes == 0 && (1...1_000).contains(longest))
        try await harness.settle()
        expectEqual(harness.adapter.texts, answered + answered)
    }

    @Test("a part above a question, and a note, are not longer than an answer may be")
    func parts() {
        let traits = RoomTraits(capabilities: .edits, textLimit: 400, textUnit: .bytes)
        var poster = AnswerPoster(traits: traits, renderer: PlainRenderer())
        let part = String(repeating: "word ", count: 10_000)
        let answer = Array((part + "end").utf8)
        var divisions = AnswerDivisions()
        divisions.divide(at: part.utf8.count)
        let preview = poster.preview(of: answer, dividedAt: divisions)
        expectEqual(preview.texts.count, traits.answerMessages + 1)
        expectEqual(poster.rest(of: answer, dividedAt: divisions), preview)
        #expect(poster.isShortened)
        let note = poster.messages(for: part)
        expectEqual(note.count, traits.answerMessages)
        expectEqual(note.last, TurnTexts.restLeftOut)
        expectEqual(poster.messages(for: "short"), ["short"])
    }
}
