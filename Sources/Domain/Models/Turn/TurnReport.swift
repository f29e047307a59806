package import Chat
internal import Primitives

/// Turns one streamed answer into a turn: model events in, turn events and the outcome out. Pure.
package struct TurnReport: Sendable {
    package enum Outcome: Sendable {
        case ended(TurnEnding)
        case failed(TurnFailure)
    }

    package let model: String
    /// The maximum number of tries, for the notice about a retry.
    let maximumTries: Int
    private var bytes: [UInt8] = []
    /// Whether anything but white space has arrived.
    package private(set) var hasText = false
    private let keepsText: Bool
    /// The estimated tokens of the answer, without ``unweighed``.
    private var weight = 0.0
    private var unweighed = ""
    package private(set) var usage: TokenUsage?
    package private(set) var finish: FinishReason?
    private var tools: [String] = []
    private let limit: AnswerLimit
    /// The size of the text in bytes, kept or not.
    package private(set) var textBytes = 0
    private var reasoningBytes = 0
    private var reached: AnswerLimit.Kind?
    private var retries = 0
    /// Milliseconds since 1970.
    private let now: @Sendable () -> Int64
    private let began: Int64
    private var firstToken: Int64?

    /// - Parameter keepsText: false where the caller needs only the size of the text.
    package init(
        model: String, maximumTries: Int, limit: AnswerLimit = AnswerLimit(), keepsText: Bool = true,
        now: @escaping @Sendable () -> Int64 = WallClock.now
    ) {
        self.now = now
        self.began = now()
        self.model = model
        self.maximumTries = maximumTries
        self.limit = limit
        self.keepsText = keepsText
    }

    /// The answer has reached its limit: the rest of the stream must not be read.
    package var isFull: Bool { self.reached != nil }

    /// The answer so far; empty unless `keepsText`.
    package var text: String { String(decoding: self.bytes, as: UTF8.self) }

    /// The estimated tokens of the answer.
    package var estimate: Int { Int((self.weight + TokenEstimator.weight(of: self.unweighed)).rounded(.up)) }

    package mutating func receive(_ event: ModelEvent) -> TurnEvent? {
        if self.firstToken == nil, event.isToken { self.firstToken = self.now() }
        switch event {
        case .delta(let text):
            let text = self.admit(text, to: \.textBytes)
            self.take(text)
            self.countTokens()
            return text.isEmpty ? nil : .text(text)
        case .reasoning(let text):
            let text = self.admit(text, to: \.reasoningBytes)
            self.countTokens()
            return text.isEmpty ? nil : .reasoning(text)
        case .toolCall(let call): self.tools.append(call.name)
        case .items: break
        case .usage(let usage): self.usage = usage
        case .finished(let reason): self.finish = reason
        case .waiting(let notice):
            self.retries += 1
            return .waiting(Self.line(for: notice, of: self.maximumTries))
        }
        return nil
    }

    /// The tokens where the endpoint gives no counts. A request without an answer has used none.
    package func estimated(input: Int) -> TokenUsage {
        self.hasText ? TokenUsage(input: input, output: self.estimate) : TokenUsage(input: 0, output: 0)
    }

    /// What the request took.
    ///
    /// - Parameters:
    ///   - tokens: Estimated, if ``usage`` is nil.
    ///   - failure: What the stream ended with.
    package func call(_ kind: ModelCall.Kind, tokens: TokenUsage, failure: ModelError? = nil) -> ModelCall {
        var call = ModelCall(
            kind, asked: self.model, input: tokens.input, output: tokens.output, began: self.began, ended: self.now(),
            state: failure != nil ? .failed : self.finish == .length || self.isFull ? .cut : .complete)
        (call.cached, call.written, call.reasoning) = (tokens.cached, tokens.written, tokens.reasoning)
        (call.answered, call.firstToken, call.error) = (tokens.model, self.firstToken, failure?.code.rawValue)
        (call.tools, call.retries) = (self.tools.count, self.retries)
        return call
    }

    /// The part of `text` that fits.
    private mutating func admit(_ text: String, to count: WritableKeyPath<Self, Int>) -> String {
        guard !self.isFull else { return "" }
        let admitted = AnswerLimit.prefix(of: text, within: self.limit.bytes - self[keyPath: count])
        self[keyPath: count] += admitted.utf8.count
        if admitted.utf8.count < text.utf8.count { self.reached = .size }
        return admitted
    }

    private mutating func countTokens() {
        // Reasoning is weighed by the usual rule: four bytes a token.
        guard self.reached == nil, self.weight + Double(self.reasoningBytes / 4) > Double(self.limit.tokens) else {
            return
        }
        self.reached = .tokens
    }

    private mutating func take(_ text: String) {
        guard !text.isEmpty else { return }
        self.hasText = self.hasText || text.contains { !$0.isWhitespace }
        if self.keepsText { self.bytes.append(sparingly: text.utf8) }
        let known = self.unweighed.utf8.count
        self.unweighed += text
        // Weigh up to white space: there the estimates of the parts add up to that of the whole.
        guard self.unweighed.utf8.count >= 256 else { return }
        // From 256 bytes on, what is known has been searched already.
        let start = self.unweighed.utf8.index(self.unweighed.startIndex, offsetBy: known < 256 ? 0 : known)
        guard let blank = self.unweighed.utf8[start...].lastIndex(of: UInt8(ascii: " ")),
            blank > self.unweighed.startIndex
        else {
            // Text without white space is weighed in pieces, so that no byte is scanned again and again.
            guard self.unweighed.utf8.count >= 4_096 else { return }
            self.weight += TokenEstimator.weight(of: self.unweighed)
            self.unweighed = ""
            return
        }
        self.weight += TokenEstimator.weight(of: String(self.unweighed[..<blank]))
        self.unweighed = String(self.unweighed[blank...])
    }

    /// The outcome of a stream that ended without an error.
    package var outcome: Outcome {
        if let reached = self.reached {
            return self.cut(
                "the answer is longer than `\(reached.rawValue)` allows",
                else:
                    "\(self.model) wrote more than `\(reached.rawValue)` allows before it answered; ask for less at a "
                    + "time, or choose another model with `model`.")
        }
        if let tool = self.tools.first {
            return self.cut(
                "the model called the tool “\(tool.prefix(40))”, but no tools are available here",
                else:
                    "The model called the tool “\(tool.prefix(40))” instead of answering, but no tools are available here; "
                    + "rephrase the message, or choose another model with `model`.")
        }
        switch self.finish {
        case .stop:
            return self.hasText
                ? .ended(.complete)
                : .failed(TurnFailure("\(self.model) gave an empty answer; ask again or choose another with `model`."))
        case .length:
            return self.cut(
                "the answer reached the model's output limit",
                else: "\(self.model) reached its output limit before it answered; ask for less at a time.")
        case .contentFilter:
            return self.filtered(
                else: "The content filter of \(self.model) blocked the answer; rephrase the message.")
        case .toolCalls, .other:
            return self.cut(
                "the endpoint ended it without giving a reason",
                else: "\(self.model) ended without an answer; ask again or choose another with `model`.")
        case nil:
            return self.outcome(of: ModelError(.interrupted, "The connection to the model broke; try again."))
        }
    }

    /// The outcome of a stream that ended with `error`.
    package func outcome(of error: ModelError) -> Outcome {
        if error.code == .filtered { return self.filtered(else: error.message) }
        return self.hasText
            ? .ended(.cut(Self.reason(of: error)))
            : .failed(TurnFailure(error.message, cause: error.isAboutContent ? .content : .other))
    }

    /// Why an answer was cut.
    package static func reason(of error: ModelError) -> String {
        switch error.code {
        case .interrupted:
            error.cause.map { "the model endpoint ended it with an error: “\($0)”" }
                ?? "the connection to the model broke"
        case .malformed: "the model's stream contained a malformed event"
        case .timedOut: "the model stopped responding"
        case .rateLimited: "the model's rate limit was reached"
        case .oversized: error.cause ?? "the model endpoint sent too much at once"
        default: "the model failed"
        }
    }

    private func filtered(else failure: String) -> Outcome {
        self.hasText
            ? .ended(.filtered("the content filter stopped it")) : .failed(TurnFailure(failure, cause: .content))
    }

    private func cut(_ reason: String, else failure: String) -> Outcome {
        self.hasText ? .ended(.cut(reason)) : .failed(TurnFailure(failure))
    }

    /// `The model is busy (429); retrying in 3 s (2 of 5).`
    static func line(for notice: RetryNotice, of maximumTries: Int) -> String {
        let reason = notice.reason.prefix(1).uppercased() + notice.reason.dropFirst()
        return "\(reason); retrying in \(notice.delay.inWords) (\(notice.attempt) of \(maximumTries))."
    }
}

extension ModelEvent {
    fileprivate var isToken: Bool {
        switch self {
        case .delta, .reasoning, .toolCall: true
        case .items, .usage, .waiting, .finished: false
        }
    }
}
