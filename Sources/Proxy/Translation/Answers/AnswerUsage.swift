internal import JSON

/// The tokens of one answer, independent of the form. Pure.
struct AnswerUsage: Sendable, Equatable {
    /// All tokens of the request, including those read from and written to the cache.
    var input = 0
    var cacheRead = 0
    var cacheWrite = 0
    var output = 0
    /// The part of ``output`` that is reasoning.
    var reasoning = 0

    init(input: Int = 0, cacheRead: Int = 0, cacheWrite: Int = 0, output: Int = 0, reasoning: Int = 0) {
        self.input = input
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
        self.output = output
        self.reasoning = reasoning
    }

    init(chat usage: JSON) {
        let input = usage["prompt_tokens_details"] ?? .null
        self.init(
            input: usage.count("prompt_tokens"), cacheRead: input.count("cached_tokens"),
            cacheWrite: input.count("cache_write_tokens"), output: usage.count("completion_tokens"),
            reasoning: (usage["completion_tokens_details"] ?? .null).count("reasoning_tokens"))
    }

    init(responses usage: JSON) {
        let input = usage["input_tokens_details"] ?? .null
        self.init(
            input: usage.count("input_tokens"), cacheRead: input.count("cached_tokens"),
            cacheWrite: input.count("cache_write_tokens"), output: usage.count("output_tokens"),
            reasoning: (usage["output_tokens_details"] ?? .null).count("reasoning_tokens"))
    }

    /// The members that ``init(messages:)`` reads.
    static let messageKeys = [
        "input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens",
        "output_tokens_details",
    ]

    /// Anthropic counts the tokens of the cache in addition to `input_tokens`, OpenAI includes them.
    init(messages usage: JSON) {
        let read = usage.count("cache_read_input_tokens")
        let written = usage.count("cache_creation_input_tokens")
        // Clamped, so that absurd counts of a peer cannot overflow the sum.
        let input = [usage.count("input_tokens"), read, written].map { min($0, 1 << 60) }.reduce(0, +)
        self.init(
            input: input, cacheRead: read, cacheWrite: written, output: usage.count("output_tokens"),
            reasoning: (usage["output_tokens_details"] ?? .null).count("thinking_tokens"))
    }

    private var total: Int { min(self.input, 1 << 60) + min(self.output, 1 << 60) }

    var chat: JSON {
        var input: JSONObject = ["cached_tokens": Self.number(self.cacheRead)]
        if self.cacheWrite > 0 { input["cache_write_tokens"] = Self.number(self.cacheWrite) }
        return [
            "prompt_tokens": Self.number(self.input), "completion_tokens": Self.number(self.output),
            "total_tokens": Self.number(self.total), "prompt_tokens_details": .object(input),
            "completion_tokens_details": ["reasoning_tokens": Self.number(self.reasoning)],
        ]
    }

    var responses: JSON {
        [
            "input_tokens": Self.number(self.input),
            "input_tokens_details": [
                "cached_tokens": Self.number(self.cacheRead), "cache_write_tokens": Self.number(self.cacheWrite),
            ],
            "output_tokens": Self.number(self.output),
            "output_tokens_details": ["reasoning_tokens": Self.number(self.reasoning)],
            "total_tokens": Self.number(self.total),
        ]
    }

    var messages: JSON {
        let cached = min(self.cacheRead, 1 << 60) + min(self.cacheWrite, 1 << 60)
        return [
            "input_tokens": Self.number(max(0, self.input - cached)),
            "cache_creation_input_tokens": Self.number(self.cacheWrite),
            "cache_read_input_tokens": Self.number(self.cacheRead), "output_tokens": Self.number(self.output),
        ]
    }

    private static func number(_ value: Int) -> JSON { .integer(Int64(value)) }
}
