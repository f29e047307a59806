package import Chat
package import Models

/// A model's whole answer to a request whose text people do not see.
package struct QuietAnswer: Sendable {
    private let client: any ModelClient
    private let maximumTries: Int
    private let limit: AnswerLimit

    package init(
        _ client: any ModelClient, maximumTries: Int = RetryPolicy().maximumTries, limit: AnswerLimit = AnswerLimit()
    ) {
        self.client = client
        self.maximumTries = maximumTries
        self.limit = limit
    }

    /// The answer, also one that was cut. Reports notices, thoughts and usage; throws ``TurnFailure`` without a text.
    package func text(of request: ModelRequest, reportingTo thread: any TurnThread) async throws -> String {
        let model = request.model ?? self.client.defaultModel
        var result = TurnReport(model: model, maximumTries: self.maximumTries, limit: self.limit)
        var outcome: TurnReport.Outcome?
        do {
            for try await event in self.client.stream(request) {
                let reported = result.receive(event)
                if result.isFull { break }
                switch reported {
                case nil, .text?: break
                case let event?: try await thread.report(event)
                }
            }
            try Task.checkCancellation()
        } catch let error as ModelError {
            outcome = result.outcome(of: error)
        }
        let usage =
            result.usage
            ?? TokenUsage(
                input: TokenEstimator.tokens(in: request.messages), output: TokenEstimator.tokens(in: result.text))
        if result.hasText {
            try await thread.report(.usage(model: model, input: usage.input, output: usage.output))
        }
        if case .failed(let failure) = outcome ?? result.outcome { throw failure }
        return result.text
    }
}
