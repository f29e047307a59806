internal import Agent
internal import Chat
internal import GitHub
internal import Logging
internal import Models
internal import Primitives

/// Asks the model for the findings of a review. It gets no tools: what it reads can change nothing but its words.
struct ReviewReader: Sendable {
    let client: any ModelClient
    let catalog: ModelCatalog
    let settings: CurrentAgentSettings
    let limit: AnswerLimit
    let logger = Logger(label: "review")

    /// Bytes of one request.
    private static let budget = 96_000
    private static let tries = 2
    static let persona = "reviewer"

    /// Asks for the findings part by part, and hands over those of each part. Throws ``TurnFailure`` if no part can be
    /// read.
    ///
    /// - Returns: The paths that were not read.
    func read(
        _ material: ReviewMaterial, for request: TurnRequest, in thread: any TurnThread,
        found: ([ReviewFinding]) async throws -> Void
    ) async throws -> [String] {
        let persona = self.settings.settings.personas[Self.persona]
        let model = self.client.model(request.model, persona?.model)
        let tokens = self.catalog.assumed(model).inputLimit
        let prompt = ReviewPrompt(budget: min(Self.budget, tokens * 2)) { DataBlock.of($0, from: $1) }
        let batches = prompt.batches(of: material.files, documents: material.documents, about: material.subject)
        var omitted = batches.omitted
        var failure: TurnFailure?
        var isRead = batches.requests.isEmpty
        for (number, batch) in batches.requests.enumerated() {
            let part = batches.requests.count > 1 ? " (part \(number + 1) of \(batches.requests.count))" : ""
            let count = batch.files.count.counted("file")
            try await thread.report(.thinking("Reading \(count)\(part)."))
            do {
                try await found(try await self.findings(batch.text, model, persona?.prompt, thread))
                isRead = true
            } catch let error as TurnFailure {
                failure = error
                omitted += batch.files.map(\.path)
            }
        }
        if !isRead, let failure { throw failure }
        return omitted
    }

    private func findings(
        _ text: String, _ model: String, _ persona: String?, _ thread: any TurnThread
    ) async throws -> [ReviewFinding] {
        let system = [
            persona.map { "\($0)\n\nHere you have no tools: all that you can read is below." },
            ReviewPrompt.instructions,
        ]
        let messages = [
            ModelMessage(.system, system.compactMap(\.self).joined(separator: "\n\n")), ModelMessage(.user, text),
        ]
        for attempt in 1...Self.tries {
            let answer = try await self.answer(to: messages, model, isRepeated: attempt > 1, thread)
            if let findings = ReviewAnswer.findings(in: answer) { return findings }
            self.logger.info("a model's findings could not be read")
        }
        throw TurnFailure(
            "The findings of \(model) can't be read: try `review` again, or choose another model with `model`.")
    }

    /// The model's answer, which people do not see.
    private func answer(
        to messages: [ModelMessage], _ model: String, isRepeated: Bool, _ thread: any TurnThread
    ) async throws -> String {
        var models = ModelFallbacks(model, of: self.client)
        return try await models.answer(reporting: { try await thread.report($0) }) { model in
            try await self.ask(messages, of: model, isRepeated: isRepeated, thread)
        }
    }

    /// Throws ``ModelError`` if the model does not answer.
    private func ask(
        _ messages: [ModelMessage], of model: String, isRepeated: Bool, _ thread: any TurnThread
    ) async throws -> String {
        let request = ModelRequest(model: model, messages: messages, initiator: isRepeated ? .agent : nil)
        try await thread.report(.asking)
        var report = TurnReport(model: model, maximumTries: RetryPolicy().maximumTries, limit: self.limit)
        var failure: ModelError?
        do {
            for try await event in self.client.stream(request) {
                let reported = report.receive(event)
                if report.isFull { break }
                guard let reported else { continue }
                if case .text = reported { continue }
                try await thread.report(reported)
            }
            // A cancelled stream may also just end.
            try Task.checkCancellation()
        } catch let error as ModelError {
            failure = error
        }
        let usage = report.usage ?? report.estimated(input: TokenEstimator.tokens(in: messages))
        try await thread.report(.usage(report.call(.review, tokens: usage, failure: failure)))
        if let failure, failure.letsOthersAnswer, !report.hasText { throw failure }
        if case .failed(let error) = failure.map(report.outcome(of:)) ?? report.outcome { throw error }
        return report.text
    }
}
