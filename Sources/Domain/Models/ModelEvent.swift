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
    package var input: Int
    package var output: Int

    /// Providers' numbers are not trusted: sums of them must not overflow.
    package init(input: Int, output: Int) {
        self.input = min(max(0, input), Self.most)
        self.output = min(max(0, output), Self.most)
    }

    private static let most = 1_000_000_000
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
