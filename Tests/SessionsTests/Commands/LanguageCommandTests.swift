import Chat
import TestSupport
import Testing
import Threads
import Words

@testable import Sessions

@Suite("The language of notes", .timeLimit(.minutes(1)))
struct LanguageCommandTests {
    private func reply(to text: String, from person: String = "alice", _ harness: BridgeHarness) async throws -> String?
    {
        _ = try await harness.ask(text, from: person)
        try await harness.settleOutbox()
        return harness.adapter.texts.last
    }

    @Test("a person chooses it, for their notes alone, and English stays what others read")
    func chosen() async throws {
        let harness = try await BridgeHarness()
        let chosen = try await self.reply(to: "!language Deutsch", harness)
        #expect(
            chosen == "Meine Hinweise sind ab jetzt auf Deutsch. Antworten bleiben in der Sprache der Fragen.")
        #expect(try await self.reply(to: "!stop", harness) == "Es läuft nichts.")
        #expect(try await self.reply(to: "!stop", from: "gina", harness) == "Nothing is running.")
        #expect(try await self.reply(to: "!language tlh", harness)?.hasPrefix("In `tlh` schreibe ich") == true)
        #expect(try await self.reply(to: "!language en", harness)?.hasPrefix("My notes for you are in English") == true)
        #expect(try await self.reply(to: "!stop", harness) == "Nothing is running.")
    }

    @Test("without a choice, it is what the network says, else the host's")
    func unchosen() async throws {
        var settings = BridgeSettings(publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50))
        settings.language = .fr
        let harness = try await BridgeHarness(settings: settings)
        #expect(try await self.reply(to: "!stop", harness) == "Rien n'est en cours.")
        let event = harness.adapter.event("!stop")
        guard case .message(var message) = event.kind else { return }
        message.locale = "es-MX"
        _ = try await harness.bridge.submit(InboundEvent(id: "es", adapter: event.adapter, kind: .message(message)))
        try await harness.settleOutbox()
        #expect(harness.adapter.texts.last == "No hay nada en marcha.")
        #expect(try await self.reply(to: "!language ja", harness)?.hasPrefix("これからお知らせは日本語") == true)
        #expect(try await self.reply(to: "!stop", harness) == "実行中のものはありません。")
    }

    @Test("notes about a turn are for whoever asked")
    func ofTurns() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker([.cut("the model broke off")]))
        _ = try await harness.ask("!language de")
        let question = try #require(try await harness.ask("hello"))
        let last = try await harness.frames(of: question.operation).last?.content
        #expect(last?.hasPrefix("Abgebrochen: the model broke off. Mit ") == true)
        #expect(harness.worker.requests.allSatisfy { $0.text == "hello" })
    }

    @Test("the deadline of an ask is found in every language")
    func deadlines() {
        for language in Language.allCases {
            let text = Language.$current.withValue(language) {
                AskTexts.accessTail("a1", until: 3_600_000, sign: CommandSign("!"))
            }
            let dated = AskTexts.dated(text, until: 3_600_000, as: .relative, at: 0)
            #expect(dated.hasSuffix("Closes in 60 minutes."), "\(dated)")
        }
    }
}
