package import Chat

/// What becomes of one streamed answer: model events in, turn events out, and how the turn ends. Pure.
package struct TurnReport: Sendable {
    /// How a stream ended.
    package enum Outcome: Sendable {
        case ended(TurnEnding)
        case failed(TurnFailure)
    }

    package let model: String
    /// The tries that a request has at most, for the line that tells of one.
    let maximumTries: Int
    /// The answer so far; empty where it is kept elsewhere.
    package private(set) var text = ""
    /// Whether anything that people can read has come.
    package private(set) var hasText = false
    private let keepsText: Bool
    /// The answer's estimated tokens but for ``unweighed``.
    private var weight = 0.0
    private var unweighed = ""
    package private(set) var usage: TokenUsage?
    package private(set) var finish: FinishReason?
    private var tools: [String] = []

    /// - Parameter keepsText: false where the text is handed on and the report needs only its size.
    package init(model: String, maximumTries: Int, keepsText: Bool = true) {
        self.model = model
        self.maximumTries = maximumTries
        self.keepsText = keepsText
    }

    /// How many tokens the answer has, estimated.
    package var estimate: Int { Int((self.weight + TokenEstimator.weight(of: self.unweighed)).rounded(.up)) }

    package mutating func receive(_ event: ModelEvent) -> TurnEvent? {
        switch event {
        case .delta(let text):
            self.take(text)
            return text.isEmpty ? nil : .text(text)
        case .reasoning(let text): return text.isEmpty ? nil : .thinking(text)
        case .toolCall(let call): self.tools.append(call.name)
        case .usage(let usage): self.usage = usage
        case .finished(let reason): self.finish = reason
        case .waiting(let notice): return .notice(Self.line(for: notice, of: self.maximumTries))
        }
        return nil
    }

    private mutating func take(_ text: String) {
        guard !text.isEmpty else { return }
        // Blanks alone are nothing to read.
        self.hasText = self.hasText || text.contains { !$0.isWhitespace }
        if self.keepsText { self.text += text }
        self.unweighed += text
        // Up to a blank, where the estimate of the whole is the sum of its parts'.
        guard self.unweighed.utf8.count >= 256,
            let blank = self.unweighed.utf8.lastIndex(of: UInt8(ascii: " ")), blank > self.unweighed.startIndex
        else { return }
        self.weight += TokenEstimator.weight(of: String(self.unweighed[..<blank]))
        self.unweighed = String(self.unweighed[blank...])
    }

    /// The outcome of a stream that ended without an error.
    package var outcome: Outcome {
        if let tool = self.tools.first {
            return self.cut(
                "the model wanted to use the tool “\(tool.prefix(40))”, and none is offered here",
                else:
                    "The model asked for the tool “\(tool.prefix(40))” instead of answering, and none is offered here; "
                    + "ask in other words or choose another model with `model`.")
        }
        switch self.finish {
        case .stop:
            return self.hasText
                ? .ended(.complete)
                : .failed(TurnFailure("\(self.model) gave an empty answer; ask again or choose another with `model`."))
        case .length:
            return self.cut(
                "the answer reached the model's output limit",
                else: "\(self.model) reached its output limit before it answered; ask for less at once.")
        case .contentFilter:
            return self.cut(
                "the content filter stopped it",
                else: "The content filter of \(self.model) blocked the answer; rephrase the message.")
        case .toolCalls, .other:
            return self.cut(
                "the endpoint ended it for a reason of its own",
                else: "\(self.model) ended without an answer; ask again or choose another with `model`.")
        case nil:
            return self.outcome(of: ModelError(.interrupted, "The connection to the model broke; try again."))
        }
    }

    /// The outcome of a stream that ended with `error`.
    package func outcome(of error: ModelError) -> Outcome {
        let reason =
            switch error.code {
            case .interrupted:
                error.cause.map { "the model endpoint ended it with an error: “\($0)”" }
                    ?? "the connection to the model broke"
            case .timedOut: "the model stopped answering in time"
            case .rateLimited: "the model allows no more requests for now"
            default: "the model failed"
            }
        return self.cut(reason, else: error.message)
    }

    private func cut(_ reason: String, else failure: String) -> Outcome {
        self.hasText ? .ended(.cut(reason)) : .failed(TurnFailure(failure))
    }

    /// `The model is busy (429); trying again in 3 s (2 of 5).`
    static func line(for notice: RetryNotice, of maximumTries: Int) -> String {
        let reason = notice.reason.prefix(1).uppercased() + notice.reason.dropFirst()
        return "\(reason); trying again in \(notice.delay.inWords) (\(notice.attempt) of \(maximumTries))."
    }
}
