package import HTTP
package import Primitives

/// How an OpenAI-compatible endpoint is reached.
package struct OpenAISettings: Sendable {
    /// The address including the version: `https://api.openai.com/v1`.
    package var baseURL: HTTPURL
    /// Nil for local servers that need none.
    package var apiKey: Secret?
    package var defaultModel: String
    package var exchange: ExchangeSettings
    /// The section of the configuration that has these settings, for messages.
    package var section: String
    var paths = Paths(chats: "chat/completions", models: "models", advice: "usually ends in /v1")

    /// The API's paths below the address, and how such an address ends.
    struct Paths: Sendable {
        let chats: String
        let models: String
        let advice: String
    }

    package init(
        baseURL: HTTPURL, apiKey: Secret?, defaultModel: String, exchange: ExchangeSettings = ExchangeSettings(),
        section: String = "model"
    ) {
        self.baseURL = baseURL
        self.apiKey = apiKey
        self.defaultModel = defaultModel
        self.exchange = exchange
        self.section = section
    }
}
