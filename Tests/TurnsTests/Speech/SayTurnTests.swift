import Chat
import Database
import HTTP
import HTTPClient
import Primitives
import Speech
import Store
import TestSupport
import Testing
import Threads

@testable import Turns

@Suite("Reading the last answer aloud", .timeLimit(.minutes(1)))
struct SayTurnTests {
    private struct Scene {
        let server: LoopbackSpeechServer
        let directory: TemporaryDirectory
        let store: SessionStore
        let turn: SayTurn
        let session: String

        init(answer: String?, voice: String? = "alloy") async throws {
            self.server = try await LoopbackSpeechServer.started()
            self.directory = try TemporaryDirectory()
            self.store = SessionStore(
                database: try TestDatabase.open(
                    path: self.directory.path + "/jetbridge.sqlite", migrations: StoreSchema.migrations))
            let key = ThreadKey(adapter: AdapterID("fake:one"), value: "#team")
            self.session = try await self.store.write { ledger in
                let session = try ledger.session(
                    for: key, route: Route(room: RoomID(adapter: AdapterID("fake:one"), name: "#team")),
                    owner: "fake:one/alice",
                    title: "", at: 1)
                if let answer {
                    _ = try ledger.insertMessage(
                        session: session.id, turn: "op_1", role: .assistant, author: nil, text: answer, at: 1)
                }
                return session.id
            }
            let settings = SpeechSettings(
                baseURL: try HTTPURL(self.server.baseURL), apiKey: nil, model: "whisper-1", voice: voice)
            self.turn = SayTurn(SpeechClient(settings, transport: HTTPClient()), store: self.store)
        }

        func run() async throws -> [TurnEvent] {
            let events = Protected<[TurnEvent]>([])
            let request = TurnRequest(
                id: "op_2", session: self.session, text: "",
                sender: Sender(id: "fake:one/alice", identities: [], displayName: "Alice"))
            _ = try await self.turn.run(request) { event in events.withLock { $0.append(event) } }
            return events.withLock { $0 }
        }

        func failure() async throws -> String {
            do {
                _ = try await self.run()
                return ""
            } catch let failure as TurnFailure {
                return failure.message
            }
        }
    }

    @Test("The words are sent to the endpoint, and its sound is a voice note")
    func said() async throws {
        let scene = try await Scene(answer: "Run **this**:\n\n```\nmake\n```")
        let events = try await scene.run()
        expectEqual(
            events.last, .file(TurnFile(name: "answer.ogg", bytes: LoopbackSpeechServer.sound(), isVoice: true)))
        expectEqual(scene.server.requests.map(\.input), ["Run this:\n(code left out)"])
        await scene.server.stop()
    }

    @Test("What cannot be said is said in words")
    func failures() async throws {
        try await expectEqual(Scene(answer: nil).failure(), "There is no answer yet that could be read aloud.")
        try await expectEqual(
            Scene(answer: "```\nx\n```").failure(), "The last answer has only code, which is not read aloud.")
        let scene = try await Scene(answer: "Hello.")
        scene.server.enqueue(.refusal(status: 503, message: "busy"))
        try await expectEqual(
            scene.failure(), "The answer was not read aloud: the endpoint for speech answered with 503: “busy”.")
        expectEqual(scene.turn.refusal(of: ""), nil)
        expectEqual(scene.turn.refusal(of: "it"), "`say` takes no words: it reads the last answer aloud.")
        let silent = try await Scene(answer: "Hello.", voice: nil)
        expectEqual(silent.turn.refusal(of: "")?.contains("speech: {base_url, model, api_key, voice}"), true)
        expectEqual(SayTurn(nil, store: scene.store).refusal(of: ""), silent.turn.refusal(of: ""))
        for server in [scene.server, silent.server] { await server.stop() }
    }
}
