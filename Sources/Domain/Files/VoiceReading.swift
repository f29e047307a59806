package import Chat
internal import Primitives

/// Writes down what people say in voice notes.
package protocol VoiceReading: Sendable {
    /// What is said in a file of a session. Throws ``FileFailure`` if nothing could be made out, or `CancellationError`.
    func read(_ file: ReceivedFile, in session: String) async throws -> Transcript
}

/// What was said in a voice note.
package struct Transcript: Sendable, Equatable {
    /// In one line, not empty.
    package let text: String
    /// What writing it down took, if the endpoint says; nil for one that is known already.
    package let call: ModelCall?

    package init(text: String, call: ModelCall? = nil) {
        self.text = text
        self.call = call
    }
}

/// Words of people that they have spoken, marked as such. They are a question or a part of one, and nothing else: no
/// command, no answer to an ask and no code, whatever they are. Pure.
package enum SpokenWords {
    /// As the transcript and models have them.
    package static func line(_ text: String) -> String { "🎤 \"\(text)\"" }

    /// The same in Markdown, which shows every character as it is.
    package static func markdown(_ text: String) -> String { self.line(EscapedText.markdown(text)) }

    /// Whether a file has this name because somebody spoke it: the page has no other sign.
    static func isSound(_ name: String) -> Bool {
        let ending = name.split(separator: ".").last?.lowercased() ?? ""
        return name.contains(".")
            && ["flac", "m4a", "mp3", "mpga", "oga", "ogg", "opus", "wav", "weba"].contains(ending)
    }
}
