/// What one answer has cost, and whom.
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
