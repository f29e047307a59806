internal import Chat
internal import JSON
internal import Logging
internal import Models
internal import Primitives

/// Asks a model for a document and reports the answer as it arrives.
struct StageModel: Sendable {
    typealias Report = @Sendable (TurnEvent) async throws -> Void

    /// What is asked for, in words for people.
    struct Wish: Sendable {
        /// "a specification"
        let noun: String
        /// What helps if the model answers something else.
        let advice: String
        /// Corrections are nobody's wish: they count as the program's own.
        var isCorrection = false
    }

    let client: any ModelClient
    let maximumTries: Int
    let limit: AnswerLimit
    let logger: Logger

    /// Streams the answer into the draft and to the thread. Throws ``TurnFailure`` when nothing usable arrives.
    func stream(
        _ messages: [ModelMessage], by chosen: String?, for wish: Wish, into draft: inout some AnswerDraft,
        _ report: Report
    ) async throws -> TurnEnding {
        var models = ModelFallbacks(self.client.model(chosen), of: self.client)
        return try await models.answer(reporting: report) { model in
            try await self.ask(messages, by: model, for: wish, into: &draft, report)
        }
    }

    /// Throws ``ModelError`` if the model does not answer.
    private func ask(
        _ messages: [ModelMessage], by model: String, for wish: Wish, into draft: inout some AnswerDraft,
        _ report: Report
    ) async throws -> TurnEnding {
        let request = ModelRequest(
            model: model, messages: messages, purpose: .specification, initiator: wish.isCorrection ? .agent : nil)
        try await report(.asking)
        var result = TurnReport(model: model, maximumTries: self.maximumTries, limit: self.limit)
        var outcome: TurnReport.Outcome?
        var failure: ModelError?
        do {
            for try await event in self.client.stream(request) {
                let reported = result.receive(event)
                // Leaving the loop ends the request.
                if result.isFull { break }
                guard let reported else { continue }
                guard case .text(let delta) = reported else {
                    try await report(reported)
                    continue
                }
                let text = draft.append(delta)
                if !text.isEmpty { try await report(.text(text)) }
                if let excess = draft.excess { return .cut(excess) }
            }
            // A cancelled stream may also just end.
            try Task.checkCancellation()
        } catch let error as ModelError {
            self.logger.info("a model stream failed", ["code": .string(error.code.rawValue)])
            outcome = result.outcome(of: error)
            failure = error
        }
        let usage = result.usage ?? result.estimated(input: TokenEstimator.tokens(in: request.messages))
        try await report(.usage(result.call(.stage, tokens: usage, failure: failure)))
        if let failure, failure.letsOthersAnswer, !result.hasText { throw failure }
        switch outcome ?? result.outcome {
        case .failed(let failure): throw failure
        case .ended(let ending):
            let text = draft.finish()
            if !text.isEmpty { try await report(.text(text)) }
            if !draft.hasBegun { throw Self.failure(of: wish, answer: draft.preface, model) }
            if let excess = draft.excess { return .cut(excess) }
            return ending
        }
    }

    private static func failure(of wish: Wish, answer: String, _ model: String) -> TurnFailure {
        let words = answer.onOneLine
        let quote = words.isEmpty ? "" : " (“\(words.prefix(160))\(words.count > 160 ? "…" : "")”)"
        return TurnFailure(
            "\(model) answered without \(wish.noun)\(quote); \(wish.advice), or choose another model with `model`.")
    }
}

extension TurnEnding {
    /// How a turn ends whose answer broke off, for its document is not committed; nil for a whole answer.
    var withoutCommit: TurnEnding? {
        switch self {
        case .complete, .asked: nil
        case .cut(let reason): .cut("\(reason); nothing was committed")
        case .filtered(let reason): .filtered("\(reason); nothing was committed")
        }
    }
}
