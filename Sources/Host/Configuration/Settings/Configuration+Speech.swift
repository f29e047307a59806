internal import HTTP
package import Speech

extension Configuration {
    /// The endpoint for speech, and how it is reached.
    package struct Speech: Sendable {
        package let settings: SpeechSettings
        package let transport: Transport

        private static let openAI = "api.openai.com"

        /// The section `speech`; nil without it.
        static func read(_ root: Section) -> Self? { root.optional("speech") { $0.section { Self($0) } } }

        private init?(_ section: Section) {
            let transport = Transport(section)
            let url = section.required("base_url") { transport.url($0) }
            let key = section.optional("api_key") { $0.secret() }
            let model = section.required("model") { $0.string() }
            let voice = section.optional("voice") { $0.string() }
            let voiceModel = section.read("voice_model", default: SpeechSettings.standardVoiceModel) { $0.string() }
            guard let url, let model else { return nil }
            if url.host == Self.openAI, !section.has("api_key") {
                section.error("\(Self.openAI) needs 'api_key'; write api_key: {env: OPENAI_API_KEY}")
            }
            self.settings = SpeechSettings(
                baseURL: url, apiKey: key, model: model, voice: voice, voiceModel: voiceModel)
            self.transport = transport
        }
    }
}
