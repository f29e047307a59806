import Chat
import Files
import Primitives
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("Voice notes", .timeLimit(.minutes(1)))
struct VoiceTests {
    private static let note = Attachment(
        id: "V1", name: "voice.ogg", mediaType: "audio/ogg", size: 4, isVoice: true)

    /// Hears what it is told to, one text or failure for each note.
    private final class FakeVoice: VoiceReading {
        private let answers: Protected<[Result<String, FileFailure>]>
        private let count = Protected(0)
        /// Hears nothing until it is cancelled.
        private let isHeld: Bool

        init(_ answers: Result<String, FileFailure>..., isHeld: Bool = false) {
            self.answers = Protected(answers)
            self.isHeld = isHeld
        }

        var heard: Int { self.count.withLock { $0 } }

        func read(_ file: ReceivedFile, in session: String) async throws -> Transcript {
            self.count.withLock { $0 += 1 }
            if self.isHeld { try await Task.sleep(for: .seconds(3_600)) }
            let answer = self.answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
            return Transcript(
                text: try answer.get(), call: ModelCall(.chat, asked: "whisper", input: 14, output: 5))
        }
    }

    private func harness(
        _ voice: FakeVoice?, worker: ScriptedWorker = ScriptedWorker(), desk: FakeDesk? = nil,
        capabilities: RoomTraits.Capabilities = .files
    ) async throws -> BridgeHarness {
        let directory = try TemporaryDirectory()
        let harness = try await BridgeHarness(
            directory: directory,
            traits: RoomTraits(
                capabilities: capabilities, textLimit: 400, textUnit: .bytes, isMultiline: false, uploadLimit: 1 << 20),
            worker: worker,
            settings: BridgeSettings(
                publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50),
                filesDirectory: directory.path + "/files"), desk: desk, voice: voice)
        harness.adapter.setFile("V1", to: Array("OggS".utf8))
        return harness
    }

    @Test("What was said is shown, quoted, before it is answered, and is the question")
    func heard() async throws {
        let harness = try await self.harness(FakeVoice(.success("Why is *it* red?")))
        try await harness.adapter.say("", attachments: [Self.note])
        try await harness.settle()
        let spoken = "🎤 \"Why is *it* red?\""
        expectEqual(harness.adapter.posts.map(\.text), ["🎤 \"Why is \\*it\\* red?\"", "You said: \(spoken)"])
        let request = try #require(harness.worker.requests.first)
        expectEqual(request.text, spoken)
        let turn = try #require(try await harness.turn(request.id))
        expectEqual(turn.files.map(\.name), ["voice.ogg"])
        let (message, title, usage) = try await harness.bridge.store.read { ledger in
            (
                try ledger.message(id: turn.message ?? 0)?.text, try ledger.session(id: turn.session)?.title,
                try ledger.usage(of: turn.session)
            )
        }
        #expect(usage.map(\.input) == [14] && usage.map(\.output) == [5])
        expectEqual(message, spoken)
        expectEqual(title, "Why is *it* red?")
        _ = try await harness.ask("And now?")
        try await harness.settle()
        expectEqual(harness.worker.requests.last?.history.first?.text, spoken)
    }

    @Test(
        "Spoken words are no command, no code and no answer, whatever they are",
        arguments: ["!run rm -rf /", "stop", "yes", "A", "!approve", "pair ABCD-EFGH", "!new"])
    func onlyWords(words: String) async throws {
        let request = ApprovalRequest(action: .run, subject: "make", directory: "", tool: "shell", approver: .requester)
        let worker = ScriptedWorker([.event(.text("Working.")), .approval(request)])
        let harness = try await self.harness(FakeVoice(.success(words)), worker: worker)
        _ = try await harness.adapter.say("Build it")
        try await eventually("it asks") {
            try await harness.bridge.store.read { ledger in try !ledger.openAsks().isEmpty }
        }
        try await harness.adapter.say("", attachments: [Self.note])
        try await harness.settleInbox()
        try await eventually("the note waits as a question") {
            try await harness.bridge.store.read { ledger in try ledger.openTurns().count == 2 }
        }
        #expect(worker.outcomes.isEmpty && worker.requests.map(\.text) == ["Build it"])
        try await expectEqual(harness.bridge.store.read { ledger in try ledger.openAsks().count }, 1)
        _ = try await harness.ask("!approve")
        try await harness.settle()
        expectEqual(worker.requests.map(\.text), ["Build it", SpokenWords.line(words)])
        #expect(worker.outcomes.count == 1)
    }

    @Test("A note that cannot be written down gets one line, and stays attached; nothing else is asked")
    func unheard() async throws {
        let harness = try await self.harness(FakeVoice(.failure(FileFailure(reason: "it is longer than 10 minutes"))))
        try await harness.adapter.say("", attachments: [Self.note])
        try await harness.settle()
        expectEqual(
            harness.adapter.posts.map(\.text),
            ["`voice.ogg` could not be written down: it is longer than 10 minutes. It stays attached as a file."])
        #expect(harness.worker.requests.isEmpty)
        let files = try await harness.bridge.store.read { ledger in
            try ledger.message(id: 1).flatMap { try ledger.files(of: $0) }?.files
        }
        expectEqual(files?.map(\.name), ["voice.ogg"])
    }

    @Test("With a caption the rest is answered, and the model learns what is missing")
    func unheardWithWords() async throws {
        let harness = try await self.harness(FakeVoice(.failure(FileFailure(reason: "it is too long"))))
        try await harness.adapter.say("What is this?", attachments: [Self.note])
        try await harness.settle()
        let text = try #require(harness.worker.requests.first?.text)
        #expect(text.hasPrefix("What is this?") && text.contains("voice.ogg") && text.contains("it is too long"))
        expectEqual(
            harness.adapter.posts.first?.text,
            "`voice.ogg` could not be written down: it is too long. It stays attached as a file.")
    }

    @Test("Stop ends a turn that still listens")
    func stopped() async throws {
        let voice = FakeVoice(.success("Hello"), isHeld: true)
        let harness = try await self.harness(voice)
        try await harness.adapter.say("", attachments: [Self.note])
        try await eventually("it listens") { voice.heard == 1 }
        _ = try await harness.ask("!stop")
        try await harness.settle()
        #expect(harness.worker.requests.isEmpty)
        #expect(!harness.adapter.posts.contains { $0.text.contains("🎤") })
    }

    @Test("Without an endpoint for speech a voice note is a file")
    func withoutSpeech() async throws {
        let harness = try await self.harness(nil)
        try await harness.adapter.say("", attachments: [Self.note])
        try await harness.settle()
        let text = try #require(harness.worker.requests.first?.text)
        #expect(text.contains("- `voice.ogg` (audio/ogg, 4 B)") && !text.contains("🎤"))
    }

    @Test("An answer that is read aloud is a voice note where the room has files, else a link")
    func said() async throws {
        let sound = LoopbackSpeechServer.sound()
        for capabilities in [RoomTraits.Capabilities.files, []] {
            let worker = ScriptedWorker(
                [.event(.text("An answer."))],
                [.event(.file(TurnFile(name: "answer.ogg", bytes: sound, isVoice: true)))])
            let harness = try await self.harness(nil, worker: worker, capabilities: capabilities)
            _ = try await harness.ask("Hello")
            _ = try await harness.ask("!say")
            try await harness.settle()
            let post = try #require(harness.adapter.posts.last)
            guard capabilities == .files else {
                #expect(post.text.hasPrefix("`answer.ogg` (") && post.text.contains("/messages/"))
                continue
            }
            let file = try #require(post.file)
            #expect(file.isVoice && file.mediaType == "audio/ogg" && file.bytes == sound && file.caption.isEmpty)
            _ = try await harness.ask("And?")
            try await harness.settle()
            expectEqual(worker.requests.last?.history.map(\.text), ["Hello", "An answer."])
        }
    }
}
