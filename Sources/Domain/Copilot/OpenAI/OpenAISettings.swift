package import HTTP
package import Primitives

/// How an OpenAI-compatible endpoint is reached.
package struct OpenAISettings: Sendable {
    /// The address up to and with the version: `https://api.openai.com/v1`.
    package var baseURL: HTTPURL
    /// Local servers need none.
    package var apiKey: Secret?
    package var defaultModel: String
    /// The most time that one answer may take, waits and retries included.
    package var turnTimeout: Duration
    /// How long the endpoint may be silent, before the first word as between two. Reasoning models think long.
    package var idleTimeout: Duration
    package var retry: RetryPolicy

    package init(
        baseURL: HTTPURL, apiKey: Secret?, defaultModel: String, turnTimeout: Duration = .seconds(600),
        idleTimeout: Duration = .seconds(120), retry: RetryPolicy = RetryPolicy()
    ) {
        self.baseURL = baseURL
        self.apiKey = apiKey
        self.defaultModel = defaultModel
        self.turnTimeout = turnTimeout
        self.idleTimeout = idleTimeout
        self.retry = retry
    }
}
