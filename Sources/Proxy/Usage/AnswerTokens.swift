internal import JSON

/// The tokens of one answer, from its `usage`.
package struct AnswerTokens: Sendable, Hashable {
    package var input: Int
    package var output: Int

    package init(input: Int = 0, output: Int = 0) {
        self.input = input
        self.output = output
    }

    /// Reads both forms of the OpenAI API and that of the Messages API. Implausible numbers are clamped.
    init(_ usage: JSON) {
        // Anthropic counts the tokens of its cache in addition to the others, OpenAI includes them.
        self.input =
            Self.number(usage["prompt_tokens"] ?? usage["input_tokens"])
            + Self.number(usage["cache_read_input_tokens"]) + Self.number(usage["cache_creation_input_tokens"])
        self.output = Self.number(usage["completion_tokens"] ?? usage["output_tokens"])
    }

    /// The maximum of each, because a stream may report running totals.
    func merged(with other: AnswerTokens) -> AnswerTokens {
        AnswerTokens(input: max(self.input, other.input), output: max(self.output, other.output))
    }

    private static func number(_ value: JSON?) -> Int {
        min(max(0, value?.intValue.map { Int($0) } ?? 0), 1_000_000_000)
    }
}

/// The tokens that one answer cost a client.
package struct ProxyUsage: Sendable, Hashable {
    package let key: ClientKey
    package let model: String
    package let tokens: AnswerTokens

    package init(key: ClientKey, model: String, tokens: AnswerTokens) {
        self.key = key
        self.model = model
        self.tokens = tokens
    }
}

/// Receives usage. Called on the event loop, so it must not wait.
package typealias UsageSink = @Sendable (ProxyUsage) -> Void
