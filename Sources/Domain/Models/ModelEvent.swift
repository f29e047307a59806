package import JSON

/// One step of a streamed answer.
package enum ModelEvent: Sendable, Equatable {
    case delta(String)
    case reasoning(String)
    case toolCall(ToolCall)
    /// The whole answer in the provider's own form, if the next request must send it back: for
    /// ``ModelMessage/items``. Comes before ``finished(_:)``.
    case items([JSON])
    case usage(TokenUsage)
    case waiting(RetryNotice)
    case finished(FinishReason)
}

package struct ToolCall: Sendable, Equatable {
    package var id: String
    package var name: String
    /// JSON text; parse it only after the stream's end.
    package var arguments: String

    package init(id: String, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}

package struct TokenUsage: Sendable, Equatable {
    /// With ``cached`` and ``written``.
    package var input: Int
    /// With ``reasoning``.
    package var output: Int
    /// Input that the provider's cache had, and input that it has written there.
    package var cached: Int
    package var written: Int
    package var reasoning: Int
    /// The model as the endpoint names it.
    package var model: String?

    /// Providers' numbers are not trusted: sums of them must not overflow.
    package init(
        input: Int, output: Int, cached: Int = 0, written: Int = 0, reasoning: Int = 0, model: String? = nil
    ) {
        self.input = min(max(0, input), Self.most)
        self.output = min(max(0, output), Self.most)
        self.cached = min(max(0, cached), self.input)
        self.written = min(max(0, written), self.input - self.cached)
        self.reasoning = min(max(0, reasoning), self.output)
        self.model = model.map { String($0.prefix(200)) }
    }

    private static let most = 1_000_000_000

    /// The `usage` of an answer in one of OpenAI's forms, whose two sums have the names `input` and `output`.
    init(_ usage: JSON, input: String, output: String, model: String?) {
        func number(_ value: JSON?) -> Int { max(0, value?.intValue ?? 0) }
        // `prompt_tokens_details` and `completion_tokens_details`, or `input_…` and `output_…`.
        let (read, wrote) = (usage["\(input)_details"], usage["\(output)_details"])
        self.init(
            input: number(usage[input]), output: number(usage[output]), cached: number(read?["cached_tokens"]),
            written: number(read?["cache_write_tokens"] ?? read?["cache_creation_tokens"]),
            reasoning: number(wrote?["reasoning_tokens"]), model: model)
    }
}

/// Why a request waits before its next try, and how long.
package struct RetryNotice: Sendable, Equatable {
    /// A clause for people: "the model is busy (429)".
    package let reason: String
    package let delay: Duration
    /// The number of the try that follows the wait, from 2.
    package let attempt: Int

    package init(reason: String, delay: Duration, attempt: Int) {
        self.reason = reason
        self.delay = delay
        self.attempt = attempt
    }
}

package enum FinishReason: Sendable, Equatable {
    case stop, length, contentFilter, toolCalls
    case other(String)
}
