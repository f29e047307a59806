internal import HTTPClient
internal import Models
internal import Speech

extension SpeechClient {
    /// Nil without the section `speech`.
    init?(_ configuration: Configuration) {
        guard let speech = configuration.speech else { return nil }
        let transport = HTTPClientSettings(
            caFile: speech.transport.caFile, allowsPlainHTTP: speech.transport.allowsPlainHTTP)
        self.init(speech.settings, transport: HTTPClient(transport))
    }
}
