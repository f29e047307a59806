internal import Chat
internal import JSON
internal import Models

/// Reads one streamed answer: what it says, what it calls, and how it ended. Pure.
struct AnswerReading: Sendable {
    private let model: String
    private var report: TurnReport
    private(set) var calls: [ToolCall] = []
    private var reasoning = ""
    private var items: [JSON] = []

    /// - Parameter keepsText: false where the thread has the text.
    init(_ model: AgentModel, keepsText: Bool = true) {
        self.model = model.name
        self.report = TurnReport(
            model: model.name, maximumTries: model.maximumTries, limit: model.answerLimit, keepsText: keepsText)
    }

    /// Empty unless it is kept.
    var text: String { self.report.text }
    var textBytes: Int { self.report.textBytes }
    var hasText: Bool { self.report.hasText }
    /// Nothing has come, not even a thought.
    var isEmpty: Bool { self.estimate == 0 && self.reasoning.isEmpty }
    /// The answer has reached its limit: the rest of the stream must not be read.
    var isFull: Bool { self.report.isFull }
    var usage: TokenUsage? { self.report.usage }
    /// The estimated tokens of the answer, calls included.
    var estimate: Int {
        self.calls.reduce(self.report.estimate) { $0 + TokenEstimator.tokens(in: $1.name + $1.arguments) }
    }

    func call(_ kind: ModelCall.Kind, tokens: TokenUsage, failure: ModelError?) -> ModelCall {
        var call = self.report.call(kind, tokens: tokens, failure: failure)
        call.tools = self.calls.count
        return call
    }

    mutating func receive(_ event: ModelEvent) -> TurnEvent? {
        switch event {
        case .toolCall(let call): self.calls.append(call)
        case .items(let items): self.items = items
        case .reasoning, .delta, .usage, .waiting, .finished: break
        }
        let shown = self.report.receive(event)
        if case .reasoning(let text) = shown { self.reasoning += text }
        return shown
    }

    /// The answer for the record, and the end of the turn if the failure is one that another request will not mend.
    ///
    /// - Parameters:
    ///   - text: all of it.
    ///   - hasWorked: whether the turn has something to continue from.
    func answer(
        _ text: String, calls: [AgentCall], usage: TokenUsage, failure: ModelError?, hasWorked: Bool
    ) -> (AgentEvent.Answer, AgentEnding?) {
        var answer = AgentEvent.Answer(
            model: self.model, text: text, reasoning: self.reasoning, calls: calls, items: self.items,
            usage: usage,
            finish: self.report.finish)
        // Items with a renamed call would not fit its result.
        let isRenamed = zip(calls, self.calls).contains { $0.wireID != $1.id }
        answer.items = ChatFields.kept(answer.items, isWhole: !isRenamed)
        if self.isFull {
            answer.calls = []
            answer.finish = .length
            if failure == nil { return (answer, self.ending(hasWorked: hasWorked)) }
        }
        guard let failure else {
            if answer.finish == nil { answer.finish = .stop }
            return (answer, nil)
        }
        answer.finish = nil
        answer.items = []
        let outcome = self.report.outcome(of: failure)
        switch failure.code {
        case .interrupted, .malformed:
            answer.breakage = Self.reason(of: outcome) ?? TurnReport.reason(of: failure)
            return (answer, nil)
        case .oversized:
            // The call was too long to keep; the model is told to work in smaller pieces.
            answer.finish = .length
            answer.text = ""
            return (answer, nil)
        default:
            let reason = Self.reason(of: outcome)
            answer.breakage = reason ?? "the model failed"
            switch outcome {
            case .ended(.filtered): return (answer, .filtered)
            case .failed(let error) where !hasWorked || error.cause == .content:
                return (answer, .failed(error.message, isAboutContent: error.cause == .content))
            case .failed(let error):
                return (answer, .cut("the model failed: \(error.message.withoutStop)"))
            case .ended: return (answer, .cut(reason ?? "the model failed"))
            }
        }
    }

    /// The end of a turn whose answer reached its limit, with the setting's name.
    private func ending(hasWorked: Bool) -> AgentEnding {
        let outcome = self.report.outcome
        if let reason = Self.reason(of: outcome) { return .cut(reason) }
        guard case .failed(let error) = outcome else { return .cut("the answer reached its limit") }
        return hasWorked ? .cut(error.message.withoutStop) : .failed(error.message, isAboutContent: false)
    }

    private static func reason(of outcome: TurnReport.Outcome) -> String? {
        switch outcome {
        case .ended(.cut(let reason)), .ended(.filtered(let reason)): reason
        case .ended(.complete), .ended(.asked), .failed: nil
        }
    }
}

extension String {
    package var withoutStop: String { self.hasSuffix(".") ? String(self.dropLast()) : self }
}
