import Chat
import Files
import HTTP
import HTTPClient
import Primitives
import TestSupport
import Testing

@testable import Speech

@Suite("The endpoint for speech", .timeLimit(.minutes(1)))
struct SpeechClientTests {
    private struct Scene {
        let server: LoopbackSpeechServer
        let directory: TemporaryDirectory
        let files: any FileStore
        let client: SpeechClient

        init(key: String? = "sk-good", model: String = "gpt-4o-transcribe", timeout: Duration = .seconds(60))
            async throws
        {
            self.server = try await LoopbackSpeechServer.started(apiKey: "sk-good")
            self.directory = try TemporaryDirectory()
            self.files = FileStores.make(directory: self.directory.path + "/files", objects: nil)
            var settings = SpeechSettings(
                baseURL: try HTTPURL(self.server.baseURL), apiKey: key.map { Secret($0) }, model: model,
                voice: "alloy")
            settings.timeout = timeout
            self.client = SpeechClient(settings, transport: HTTPClient())
        }

        func file(_ bytes: [UInt8], name: String = "voice.ogg") async throws -> ReceivedFile {
            try await self.files.keep(bytes, as: "1-1-\(name)", in: "s_1")
            return ReceivedFile(
                name: name, stored: "1-1-\(name)", type: FileType.sniff(bytes), claimedType: nil, size: bytes.count)
        }

        func heard(_ bytes: [UInt8] = LoopbackSpeechServer.sound()) async throws -> Transcript {
            try await VoiceNotes(files: self.files, client: self.client).read(try await self.file(bytes), in: "s_1")
        }

        func failure(_ bytes: [UInt8] = LoopbackSpeechServer.sound()) async throws -> String {
            do {
                return "heard: \(try await self.heard(bytes).text)"
            } catch let failure as FileFailure {
                return failure.reason
            }
        }
    }

    @Test("A note is written down once, with what it took, and the text is kept for a repeat")
    func heard() async throws {
        let scene = try await Scene()
        scene.server.enqueue(.text(" Can you\nfix \u{202E}the build? "))
        let first = try await scene.heard()
        expectEqual(first.text, "Can you fix the build?")
        expectEqual(first.call?.input, 14)
        expectEqual(first.call?.output, 5)
        expectEqual(first.call?.asked, "gpt-4o-transcribe")
        let again = try await scene.heard()
        expectEqual(again, Transcript(text: first.text))
        let requests = scene.server.requests
        expectEqual(requests.count, 1)
        expectEqual(requests.first?.fileName, "voice.ogg")
        expectEqual(requests.first?.bytes, LoopbackSpeechServer.sound())
        await scene.server.stop()
    }

    @Test("A model that counts seconds reports no tokens")
    func seconds() async throws {
        let scene = try await Scene(model: "whisper-1")
        let heard = try await scene.heard()
        #expect(heard.text == "Hello there." && heard.call == nil)
        await scene.server.stop()
    }

    @Test("What fails is a clause that says what to do, without the key")
    func failures() async throws {
        let scene = try await Scene()
        scene.server.enqueue(
            .refusal(status: 429, message: "Rate limit reached"), .refusal(status: 500, message: "oops"), .text("  "),
            .raw("<html>"))
        let limited = try await scene.failure()
        expectEqual(
            limited, "the endpoint for speech takes no more at the moment (429): “Rate limit reached”; try again later")
        try await expectEqual(scene.failure(), "the endpoint for speech answered with 500: “oops”")
        try await expectEqual(scene.failure(), "nothing was said in it that could be made out")
        try await expectEqual(
            scene.failure(),
            "the endpoint for speech did not answer as OpenAI's API does; check `speech.base_url`")
        await scene.server.stop()
        #expect(try await scene.failure().hasPrefix("the endpoint for speech was not reached"))

        let other = try await Scene(key: "sk-bad-and-long")
        let refused = try await other.failure()
        #expect(refused.hasPrefix("the endpoint for speech refused the key (401)") && !refused.contains("sk-bad"))
        await other.server.stop()
        let unknown = try await Scene(model: "nothing")
        #expect(try await unknown.failure().contains("does not know the address or the model (404)"))
        await unknown.server.stop()
    }

    @Test("An endpoint that is silent ends at the time limit")
    func silence() async throws {
        let scene = try await Scene(timeout: .milliseconds(1_000))
        scene.server.enqueue(.silence)
        try await expectEqual(
            scene.failure(), "the endpoint for speech did not answer within 1 seconds; try again later")
        await scene.server.stop()
    }

    @Test("What is too long, too large or no sound is not sent")
    func limits() async throws {
        let scene = try await Scene()
        try await expectEqual(
            scene.failure(LoopbackSpeechServer.sound(seconds: 601)), "it is longer than 10 minutes")
        try await expectEqual(
            scene.failure(Array("text".utf8)), "its format (text/plain) is not one that can be written down")
        let large = LoopbackSpeechServer.sound() + Array(repeating: 0, count: VoiceNote.sizeLimit)
        try await expectEqual(scene.failure(large), "it is larger than 25 MiB")
        // With the form around it.
        let nearly = LoopbackSpeechServer.sound() + Array(repeating: 0, count: VoiceNote.sizeLimit - 300)
        try await expectEqual(scene.failure(nearly), "it is larger than 25 MiB")
        expectEqual(scene.server.requestCount, 0)
        #expect(try await scene.failure(LoopbackSpeechServer.sound(seconds: 600)).hasPrefix("heard:"))
        await scene.server.stop()
    }

    @Test(
        "The format is what the bytes are",
        arguments: [
            ([0x1A, 0x45, 0xDF, 0xA3, 0x01], "voice.webm"), (Array("fLaC\u{0}\u{0}".utf8), "voice.flac"),
            (Array("RIFF\u{1}\u{0}\u{0}\u{0}WAVEfmt ".utf8), "voice.wav"), (Array("ID3\u{4}".utf8), "voice.mp3"),
            ([0xFF, 0xFB, 0x90, 0x00], "voice.mp3"), (Array("\u{0}\u{0}\u{0}\u{18}ftypM4A ".utf8), "voice.mp4"),
        ] as [([UInt8], String)])
    func formats(bytes: [UInt8], name: String) throws {
        let file = ReceivedFile(
            name: "x", stored: "1-1-x", type: FileType.sniff(bytes), claimedType: nil, size: bytes.count)
        try expectEqual(VoiceNote(bytes, of: file).name, name)
    }

    @Test("Any bytes have a length or none, without a crash", arguments: 0..<20)
    func random(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        let sound = LoopbackSpeechServer.sound(seconds: 7)
        expectEqual(OggAudio.seconds(of: sound), 7)
        for _ in 0..<100 {
            var bytes = Array(sound.prefix(Int.random(in: 0...sound.count, using: &generator)))
            for _ in 0..<Int.random(in: 0...4, using: &generator) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = OggAudio.seconds(of: bytes)
        }
    }

    @Test("A text is read aloud in the chosen voice")
    func said() async throws {
        let scene = try await Scene()
        let sound = try await scene.client.say("Hello.", as: "alloy")
        expectEqual(sound, LoopbackSpeechServer.sound())
        let request = try #require(scene.server.requests.first)
        #expect(request.model == "tts-1" && request.voice == "alloy" && request.input == "Hello.")
        scene.server.enqueue(.raw("{\"text\":\"no sound, but JSON\"}"))
        await #expect(throws: FileFailure(reason: "the endpoint for speech sent no sound")) {
            _ = try await scene.client.say("Hello.", as: "alloy")
        }
        await #expect(throws: FileFailure.self) { _ = try await scene.client.say("Hello.", as: "nobody") }
        await scene.server.stop()
    }
}
