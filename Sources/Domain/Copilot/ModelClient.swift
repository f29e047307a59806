/// A source of model answers: one face for every provider.
package protocol ModelClient: Sendable {
    /// The provider's name in the configuration: `openai`, `rehearsal`, …
    var provider: String { get }
    /// The model that is used when a thread has chosen none.
    var defaultModel: String { get }
    /// What can be chosen. Throws ``ModelError``.
    func models() async throws -> [ModelInfo]
    /// Streams one answer. The stream ends after ``ModelEvent/finished(_:)``, or throws ``ModelError``; a stream that
    /// breaks off throws with ``ModelError/Code/interrupted``. Retries before the first delta happen inside and are
    /// told by ``ModelEvent/waiting(_:)``. Cancelling the consumer ends the request at once.
    func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error>
    /// One cheap round trip that proves address and credentials, for `doctor` and `readyz`. Throws ``ModelError``.
    func check() async throws
    /// What the account has left, as far as the provider tells; nil where it tells nothing. Throws ``ModelError``.
    func quota() async throws -> ModelQuota?
}

extension ModelClient {
    package func quota() async throws -> ModelQuota? { nil }
}

/// One message of a prompt.
package struct ModelMessage: Sendable, Equatable {
    package enum Role: String, Sendable { case system, user, assistant, tool }
    package let role: Role
    package let text: String
    /// With ``Role/assistant``: the tools that the model called with this message.
    package let toolCalls: [ToolCall]
    /// With ``Role/tool``: the call that this is the result of.
    package let toolCallID: String?

    package init(_ role: Role, _ text: String, toolCalls: [ToolCall] = [], toolCallID: String? = nil) {
        self.role = role
        self.text = text
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
    }
}

/// What is asked of a model.
package struct ModelRequest: Sendable, Equatable {
    /// What the answer is for; providers that make their own text (rehearsal) tell flows apart by it.
    package enum Purpose: String, Sendable { case chat, specification, summary }
    /// Who caused the request. Some providers count only what a person asked for, so this is never embellished.
    package enum Initiator: String, Sendable { case user, agent }
    /// Nil for the provider's default.
    package var model: String?
    package var messages: [ModelMessage]
    package var purpose: Purpose
    /// Nil for the model's own limit.
    package var outputLimit: Int?
    /// What the model may call.
    package var tools: [ModelTool]
    package var initiator: Initiator

    /// - Parameter initiator: nil to go by the request: summaries and the rounds after a tool's result are the agent's,
    ///   everything else is a person's.
    package init(
        model: String? = nil, messages: [ModelMessage], purpose: Purpose = .chat, outputLimit: Int? = nil,
        tools: [ModelTool] = [], initiator: Initiator? = nil
    ) {
        self.model = model
        self.messages = messages
        self.purpose = purpose
        self.outputLimit = outputLimit
        self.tools = tools
        self.initiator = initiator ?? (purpose == .summary || messages.last?.role == .tool ? .agent : .user)
    }
}

/// A tool call that a model asked for.
package struct ToolCall: Sendable, Equatable {
    package var id: String
    package var name: String
    /// JSON text, parsed only after the stream's end.
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

    package init(input: Int, output: Int) {
        self.input = input
        self.output = output
    }
}

/// Why and how long a request waits before its next try.
package struct RetryNotice: Sendable, Equatable {
    /// Half a sentence for people: "the model is busy (429)".
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

/// One step of a streamed answer.
package enum ModelEvent: Sendable, Equatable {
    case delta(String)
    case reasoning(String)
    case toolCall(ToolCall)
    case usage(TokenUsage)
    case waiting(RetryNotice)
    case finished(FinishReason)
}

/// Why a model gave no (whole) answer.
package struct ModelError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case unauthorized, rateLimited, unavailable, unreachable, timedOut, interrupted, invalidResponse, tooLong
        case refused, unknownModel
    }
    package let code: Code
    /// One line: what failed, why, what to do. No secret.
    package let message: String
    package let retryAfter: Duration?
    /// The HTTP status that the endpoint answered with, if it did.
    package let status: Int?
    /// With ``Code/tooLong``: the most tokens that the endpoint takes, if it told.
    package let inputLimit: Int?
    /// With ``Code/interrupted``: the endpoint's own words for ending the answer; nil when the connection just broke.
    package let cause: String?

    package init(
        _ code: Code, _ message: String, retryAfter: Duration? = nil, status: Int? = nil, inputLimit: Int? = nil,
        cause: String? = nil
    ) {
        self.cause = cause
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
        self.status = status
        self.inputLimit = inputLimit
    }

    package var description: String { self.message }
}
