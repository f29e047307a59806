internal import JSON
internal import Primitives

/// The tokens of one answer, from its `usage`.
package struct AnswerTokens: Sendable, Hashable {
    package var input: Int
    package var output: Int
    /// Those of ``input`` that the provider's cache had, and that it has written there.
    package var cached: Int
    package var written: Int

    package init(input: Int = 0, output: Int = 0, cached: Int = 0, written: Int = 0) {
        self.input = input
        self.output = output
        self.cached = cached
        self.written = written
    }

    /// Reads both forms of the OpenAI API and that of the Messages API. Implausible numbers are clamped.
    init(_ usage: JSON) {
        // Anthropic counts the tokens of its cache in addition to the others, OpenAI includes them.
        let (read, written) = (usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"])
        self.input =
            Self.number(usage["prompt_tokens"] ?? usage["input_tokens"]) + Self.number(read) + Self.number(written)
        let details = usage["prompt_tokens_details"] ?? usage["input_tokens_details"]
        self.cached = Self.number(read ?? details?["cached_tokens"])
        self.written = Self.number(written ?? details?["cache_write_tokens"])
        self.output = Self.number(usage["completion_tokens"] ?? usage["output_tokens"])
    }

    /// The maximum of each, because a stream may report running totals.
    func merged(with other: AnswerTokens) -> AnswerTokens {
        AnswerTokens(
            input: max(self.input, other.input), output: max(self.output, other.output),
            cached: max(self.cached, other.cached), written: max(self.written, other.written))
    }

    private static func number(_ value: JSON?) -> Int {
        min(max(0, value?.intValue.map { Int($0) } ?? 0), 1_000_000_000)
    }
}

/// The tokens that one answer cost a client.
package struct ProxyUsage: Sendable, Hashable {
    /// The longest name of a model that is kept, in bytes: in a request that failed, it is the client's invention.
    private static let nameLimit = 200

    package let key: ClientKey
    /// Cut after ``nameLimit``.
    package let model: String
    package let tokens: AnswerTokens
    /// The time of the request and to the answer's first byte, in milliseconds.
    package let duration: Int64
    package let firstByte: Int64?
    /// Why the request failed; nil if it did not.
    package let error: String?

    package init(
        key: ClientKey, model: String, tokens: AnswerTokens, duration: Int64 = 0, firstByte: Int64? = nil,
        error: String? = nil
    ) {
        self.error = error
        self.key = key
        self.model = model.beginning(bytes: Self.nameLimit)
        self.tokens = tokens
        self.duration = duration
        self.firstByte = firstByte
    }
}

/// Receives usage. Called on the event loop, so it must not wait.
package typealias UsageSink = @Sendable (ProxyUsage) -> Void
