package import HTTP
package import Primitives

/// How voice notes are written down, and answers read aloud: an OpenAI-compatible endpoint for speech.
package struct SpeechSettings: Sendable {
    /// The address including the version: `https://api.openai.com/v1`.
    package var baseURL: HTTPURL
    /// Nil for local servers that need none.
    package var apiKey: Secret?
    /// The model that writes down.
    package var model: String
    /// The voice that reads aloud; nil where nothing is read aloud.
    package var voice: String?
    /// The model that reads aloud.
    package var voiceModel: String
    /// The limit for the whole of one request.
    package var timeout: Duration = .seconds(60)

    package static let standardVoiceModel = "tts-1"

    package init(
        baseURL: HTTPURL, apiKey: Secret?, model: String, voice: String? = nil,
        voiceModel: String = Self.standardVoiceModel
    ) {
        self.baseURL = baseURL
        self.apiKey = apiKey
        self.model = model
        self.voice = voice
        self.voiceModel = voiceModel
    }
}
