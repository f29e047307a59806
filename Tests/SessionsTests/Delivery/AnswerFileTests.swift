import Chat
import Store
import TestSupport
import Testing

@testable import Delivery
@testable import Sessions
@testable import Threads

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

    @Test("an answer that is too long for a room becomes an excerpt and a file, without a copy in the outbox")
    func file() async throws {
        let harness = try await self.harness()
        harness.adapter.setHolding(true)
        let submission = try #require(try await harness.ask("1"))
        _ = try await harness.frames(of: submission.operation)
        let waiting = try await harness.bridge.store.read { ledger in try ledger.outbox(ofTurn: submission.operation) }
        expectEqual(waiting.last?.kind, .file)
        #expect(waiting.allSatisfy { $0.text.utf8.count < 200 })
        harness.adapter.setHolding(false)
        await harness.adapter.waitForPosts(4)
        expectEqual(harness.adapter.texts, ["Paragraph 1.", "Paragraph 2.", "Paragraph 3.", "The whole answer"])
        let file = try #require(harness.adapter.posts.last?.file)
        #expect(file.name == "answer.md" && file.mediaType == "text/markdown")
        expectEqual(String(decoding: file.bytes, as: UTF8.self), Self.long)
        try await harness.settle()
        await expectEqual(harness.bridge.thread(of: harness.adapter.reference("p4"))?.value, "alice/alice")
    }

    @Test("code that looks like the words before it is found as quickly as other code")
    func alike() throws {
        let code = String(repeating: "`\n", count: 100_000)
        let answer = String(repeating: "`\n", count: 490) + "\n````text\n\(code)````\nEnd."
        let main = try #require(AnswerFile.mainCode(of: answer))
        #expect(main.block.code == code && main.before + code + main.after == answer)
    }

    private static let code = (1...200).map { "let value\($0) = compute(step: \($0))\n" }.joined()

    /// A room that shows a growing answer.
    private static let growing = RoomTraits(
        capabilities: [.edits, .files, .deletes], textLimit: 4_000, textUnit: .bytes, editInterval: .milliseconds(1),
        uploadLimit: 1 << 20)

    @Test("an answer that is mostly one long block of code becomes a file of that language, with the words around it")
    func codeFile() async throws {
        let answer = "Here it **is**:\n\n```swift\n\(Self.code)```\n\nCall it with care."
        let harness = try await BridgeHarness(
            traits: Self.growing, worker: ScriptedWorker([.event(.text(answer))]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts { $0.contains { $0.file != nil } }
        try await harness.settle()
        expectEqual(harness.adapter.texts.last, "The whole code")
        let file = try #require(harness.adapter.posts.last?.file)
        #expect(file.name == "answer.swift" && String(decoding: file.bytes, as: UTF8.self) == Self.code)
        let words = harness.adapter.texts.dropLast().joined(separator: "\n")
        #expect(words.hasPrefix("Here it **is**:") && words.hasSuffix("Call it with care."))
        #expect(words.contains("let value30 ") && words.contains("\n…\n```") && !words.contains("let value31 "))
    }

    @Test("a long block of code among other text sends the whole answer as Markdown, after its first lines")
    func codeAmongText() async throws {
        let words = String(repeating: "Some words about the code. ", count: 60)
        let answer = "\(words)\n\n```swift\n\(Self.code)```\n\n\(words)"
        let harness = try await BridgeHarness(traits: Self.growing, worker: ScriptedWorker([.event(.text(answer))]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts { $0.contains { $0.file != nil } }
        try await harness.settle()
        #expect(harness.adapter.texts.count == 2 && harness.adapter.texts.last == "The whole answer")
        expectEqual(harness.adapter.texts.first?.hasSuffix("let value29 = compute(step: 29)\n```"), true)
        expectEqual(harness.adapter.posts.last?.file?.name, "answer.md")
    }

    @Test("a code block of ordinary length stays in the thread")
    func shortCode() async throws {
        let code = (1...60).map { "line \($0)\n" }.joined()
        let harness = try await BridgeHarness(
            traits: Self.growing, worker: ScriptedWorker([.event(.text("```\n\(code)```"))]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(1)
        try await harness.settle()
        #expect(harness.adapter.posts.count == 1 && harness.adapter.texts.first?.contains("line 60") == true)
    }

    @Test(
        "the file's name follows the language",
        arguments: [
            ("swift", "answer.swift"), ("Python", "answer.py"), ("c++", "answer.cpp"), ("", "answer.txt"),
            ("../../etc", "answer.txt"), ("go title=x", "answer.go"),
        ])
    func names(info: String, name: String) {
        expectEqual(AnswerFile("```\(info)\n\(Self.code)```").name, name)
        expectEqual(AnswerFile("- ```\(info)\n  x\n  ```").name, "answer.md")
    }

    @Test("the name of a workspace's file is next to it, without marks of Markdown")
    func stored() {
        let file = AnswerFile(stored: Array("x".utf8), path: "/data/files/t_1/sent-op_1-run-me.sh")
        #expect(file.name == "run-me.sh" && file.caption == "run-me.sh")
    }

    @Test("an answer that is read aloud is a voice note if it is Ogg, and else a file")
    func said() {
        let note = AnswerFile(stored: LoopbackSpeechServer.sound(), path: "/data/files/t_1/said-op_1-answer.ogg")
        #expect(note.isVoice && note.name == "answer.ogg" && note.mediaType == "audio/ogg" && note.caption.isEmpty)
        let file = AnswerFile(stored: Array("ID3\u{4}\u{0}".utf8), path: "/data/files/t_1/said-op_1-answer.mp3")
        #expect(!file.isVoice && file.caption == "answer.mp3")
    }

    @Test("a refused upload becomes a link", arguments: [AdapterError.Code.forbidden, .invalid])
    func refused(_ code: AdapterError.Code) async throws {
        let harness = try await self.harness()
        harness.adapter.meetInUploads([.refused(AdapterError(code, "no files here"))])
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(4)
        expectEqual(harness.adapter.texts.last?.hasPrefix("The whole answer: http://127.0.0.1:8787/a/"), true)
    }

    @Test("an upload of unknown outcome is repeated with the mark, a certain failure without it")
    func repeated() async throws {
        let harness = try await self.harness()
        harness.adapter.meetInUploads([
            .refused(AdapterError(.disconnected, "gone", retryAfter: .milliseconds(1))),
            .refused(AdapterError(.timedOut, "gone", retryAfter: .milliseconds(1), isCertain: false)),
        ])
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(4)
        expectEqual(harness.adapter.texts.last, "(may be a repeat) The whole answer")
    }

    @Test("an answer over the room's file limit becomes a link")
    func tooLong() async throws {
        let harness = try await self.harness(uploadLimit: 100)
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(4)
        expectEqual(harness.adapter.posts.last?.file, nil)
        expectEqual(harness.adapter.texts.last?.hasPrefix("The whole answer: http"), true)
    }
}
