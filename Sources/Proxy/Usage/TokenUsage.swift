internal import JSON

/// The tokens of one answer, from its `usage`.
package struct TokenUsage: Sendable, Hashable {
    package var input: Int
    package var output: Int

    package init(input: Int = 0, output: Int = 0) {
        self.input = input
        self.output = output
    }

    /// Reads both forms of the OpenAI API and that of the Messages API. Implausible numbers are clamped.
    init(_ usage: JSON) {
        // Anthropic counts the tokens of its cache beside the others, OpenAI within.
        self.input =
            Self.number(usage["prompt_tokens"] ?? usage["input_tokens"])
            + Self.number(usage["cache_read_input_tokens"]) + Self.number(usage["cache_creation_input_tokens"])
        self.output = Self.number(usage["completion_tokens"] ?? usage["output_tokens"])
    }

    /// The maximum of each, because a stream may report running totals.
    func merged(with other: TokenUsage) -> TokenUsage {
        TokenUsage(input: max(self.input, other.input), output: max(self.output, other.output))
    }

    private static func number(_ value: JSON?) -> Int {
        min(max(0, value?.intValue.map { Int($0) } ?? 0), 1_000_000_000)
    }
}
