/// Why an answer ended, independent of the form.
enum AnswerFinish: Sendable, Equatable {
    case stop
    /// At a sequence that the request names.
    case stopSequence(String?)
    /// At a limit on the answer or the context.
    case length
    case toolCalls
    case filtered

    /// `finish_reason`; some upstreams write it in capitals.
    init(chat reason: String) {
        self =
            switch reason.lowercased() {
            case "length", "max_tokens": .length
            case "tool_calls", "function_call": .toolCalls
            case "content_filter", "refusal": .filtered
            default: .stop
            }
    }

    /// `stop_reason`
    init(messages reason: String, sequence: String?) {
        self =
            switch reason {
            case "max_tokens", "model_context_window_exceeded": .length
            case "tool_use": .toolCalls
            case "refusal": .filtered
            case "stop_sequence": .stopSequence(sequence)
            default: .stop
            }
    }

    /// `incomplete_details.reason`
    init(incomplete reason: String?) {
        self = reason == "content_filter" ? .filtered : .length
    }

    var chat: String {
        switch self {
        case .stop, .stopSequence: "stop"
        case .length: "length"
        case .toolCalls: "tool_calls"
        case .filtered: "content_filter"
        }
    }

    var messages: String {
        switch self {
        case .stop: "end_turn"
        case .stopSequence: "stop_sequence"
        case .length: "max_tokens"
        case .toolCalls: "tool_use"
        case .filtered: "refusal"
        }
    }

    /// nil for a complete response.
    var incompleteReason: String? {
        switch self {
        case .stop, .stopSequence, .toolCalls: nil
        case .length: "max_output_tokens"
        case .filtered: "content_filter"
        }
    }

    /// Some models end with `stop` although the answer contains calls, which the client must run.
    func adjusted(hasCalls: Bool) -> AnswerFinish { self == .stop && hasCalls ? .toolCalls : self }
}
