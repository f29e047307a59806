package import Chat
internal import Files
package import Speech
package import Store
internal import Threads

/// `say`: reads the last answer of the thread aloud.
package struct SayTurn: TurnWorker {
    private let client: SpeechClient?
    private let store: SessionStore

    /// - Parameter client: Nil where nothing is read aloud.
    package init(_ client: SpeechClient?, store: SessionStore) {
        self.client = client
        self.store = store
    }

    package func refusal(of text: String) -> String? {
        guard self.client?.settings.voice != nil else { return SpeechTexts.noVoice }
        return text.isEmpty ? nil : SpeechTexts.saysNothingElse
    }

    package func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        guard let client = self.client, let voice = client.settings.voice else {
            throw TurnFailure(SpeechTexts.noVoice)
        }
        let session = request.session
        let answer = try await self.store.read { ledger in try ledger.lastAnswerMessage(of: session) }
        guard let answer else { throw TurnFailure(SpeechTexts.nothingToSay) }
        guard let text = SpokenAnswer.text(of: answer.text) else { throw TurnFailure(SpeechTexts.onlyCode) }
        try await thread.report(.asking)
        try await thread.report(.thinking(SpeechTexts.reading))
        do {
            let sound = try await client.say(text, as: voice)
            // An endpoint that knows no Opus sends what it has, mostly MP3: a file, and no voice note.
            let ending = FileType.sniff(sound) == .ogg ? "ogg" : "mp3"
            try await thread.report(.file(TurnFile(name: "answer.\(ending)", bytes: sound, isVoice: true)))
        } catch let failure as FileFailure {
            throw TurnFailure(SpeechTexts.notSaid(failure.reason))
        }
        return .complete
    }
}
