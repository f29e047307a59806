/// The tokens that one answer cost a client.
package struct ProxyUsage: Sendable, Hashable {
    package let key: ClientKey
    package let model: String
    package let tokens: TokenUsage

    package init(key: ClientKey, model: String, tokens: TokenUsage) {
        self.key = key
        self.model = model
        self.tokens = tokens
    }
}

/// Receives usage. Called on the event loop, so it must not wait.
package typealias UsageSink = @Sendable (ProxyUsage) -> Void
