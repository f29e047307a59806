internal import JSON

/// Tokens of one answer, as its `usage` says.
package struct TokenUsage: Sendable, Hashable {
    package var input: Int
    package var output: Int

    package init(input: Int = 0, output: Int = 0) {
        self.input = input
        self.output = output
    }

    /// Both forms of the OpenAI API, and the Messages API's; a number that can't be one counts as nothing.
    init(_ usage: JSON) {
        self.input = Self.number(usage["prompt_tokens"] ?? usage["input_tokens"])
        self.output = Self.number(usage["completion_tokens"] ?? usage["output_tokens"])
    }

    /// A stream may tell more than once how far it is: the most of each.
    func merged(with other: TokenUsage) -> TokenUsage {
        TokenUsage(input: max(self.input, other.input), output: max(self.output, other.output))
    }

    private static func number(_ value: JSON?) -> Int {
        min(max(0, value?.intValue.map { Int($0) } ?? 0), 1_000_000_000)
    }
}
