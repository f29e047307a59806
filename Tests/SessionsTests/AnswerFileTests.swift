import Chat
import JetbridgeTesting
import Testing

@testable import Sessions

@Suite("Long answers as files", .timeLimit(.minutes(1)))
struct AnswerFileTests {
    private static let long = (1...40).map { "Paragraph \($0)." }.joined(separator: "\n\n")

    private func harness(uploadLimit: Int = 1 << 20) async throws -> BridgeHarness {
        try await BridgeHarness(
            traits: RoomTraits(
                capabilities: .files, textLimit: 400, textUnit: .bytes, isMultiline: false, answerMessages: 10,
                excerptMessages: 3, uploadLimit: uploadLimit),
            worker: ScriptedWorker([.event(.text(Self.long))]))
    }

    @Test("an answer that is too long for a room is an excerpt and a file, and no copy of it waits in the outbox")
    func file() async throws {
        let harness = try await self.harness()
        harness.adapter.setHolding(true)
        let submission = try #require(try await harness.ask("1"))
        _ = try await harness.frames(of: submission.operation)
        let waiting = try await harness.bridge.store.read { ledger in try ledger.outbox(ofTurn: submission.operation) }
        #expect(waiting.last?.kind == .file)
        #expect(waiting.allSatisfy { $0.text.utf8.count < 200 })
        harness.adapter.setHolding(false)
        await harness.adapter.waitForPosts(4)
        #expect(harness.adapter.texts == ["Paragraph 1.", "Paragraph 2.", "Paragraph 3.", "The whole answer"])
        let file = try #require(harness.adapter.posts.last?.file)
        #expect(file.name == "answer.md" && file.mediaType == "text/markdown")
        #expect(String(decoding: file.bytes, as: UTF8.self) == Self.long)
        try await harness.settle()
        #expect(await harness.bridge.thread(of: harness.adapter.reference("p4"))?.value == "alice/alice")
    }

    @Test("an upload that is refused becomes the link", arguments: [AdapterError.Code.forbidden, .invalid])
    func refused(_ code: AdapterError.Code) async throws {
        let harness = try await self.harness()
        harness.adapter.meetInUploads([.refused(AdapterError(code, "no files here"))])
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(4)
        #expect(harness.adapter.texts.last?.hasPrefix("The whole answer: http://127.0.0.1:8787/a/") == true)
    }

    @Test("an upload of unknown outcome is repeated with the mark, one that surely failed without")
    func repeated() async throws {
        let harness = try await self.harness()
        harness.adapter.meetInUploads([
            .refused(AdapterError(.disconnected, "gone", retryAfter: .milliseconds(1))),
            .refused(AdapterError(.timedOut, "gone", retryAfter: .milliseconds(1), isCertain: false)),
        ])
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(4)
        #expect(harness.adapter.texts.last == "(may be a repeat) The whole answer")
    }

    @Test("an answer that is over the room's file limit is a link")
    func tooLong() async throws {
        let harness = try await self.harness(uploadLimit: 100)
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(4)
        #expect(harness.adapter.posts.last?.file == nil)
        #expect(harness.adapter.texts.last?.hasPrefix("The whole answer: http") == true)
    }
}
