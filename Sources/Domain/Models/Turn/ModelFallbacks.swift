package import Chat

/// Models that answer one after the other: the next is asked when one does not answer.
package struct ModelFallbacks: Sendable {
    /// The model to ask.
    package private(set) var model: String
    private var others: ArraySlice<String>
    /// Why the first model did not answer; nil while it may. What a later one says of the question, the first has not said.
    package private(set) var first: ModelError?

    /// - Parameter others: To ask in this order if `model` does not answer.
    package init(_ model: String, others: [String]) {
        self.model = model
        self.others = others[...]
    }

    /// Whether another model may be asked.
    package var hasOthers: Bool { !self.others.isEmpty }

    /// A model, and those that `client` has for the case that it does not answer.
    package init(_ model: String, of client: any ModelClient) {
        self.init(model, others: client.fallbacks(after: model))
    }

    /// Goes to the next model after `error`, which came before the first words of an answer.
    ///
    /// - Returns: The line for people; nil if there is no other model, or none may be asked after such an error.
    package mutating func next(after error: ModelError) -> String? {
        let isTooLongForIt = self.first != nil && error.code == .tooLong
        guard error.letsOthersAnswer || isTooLongForIt, let next = self.others.popFirst() else { return nil }
        self.first = self.first ?? error
        let failure =
            switch (error.status, error.code) {
            case (_, .tooLong): "takes less text"
            case (let status?, _): "answered \(status)"
            case (nil, .rateLimited): "is busy"
            case (nil, .unreachable): "cannot be reached"
            default: "broke off"
            }
        defer { self.model = next }
        return "\(self.model) \(failure); \(next) answers instead."
    }

    /// Goes to the model that has answered already, if it is one of these.
    package mutating func stay(with model: String) -> Bool {
        guard let index = self.others.firstIndex(of: model) else { return false }
        self.others = self.others[(index + 1)...]
        self.model = model
        return true
    }

    /// The failure of the turn, if no other model may be asked after `error`. The question is left out of later prompts only
    /// if the first model could not take it.
    package func failure(_ error: ModelError) -> TurnFailure {
        guard let first = self.first else {
            return TurnFailure(error.message, cause: error.isAboutContent ? .content : .other)
        }
        return TurnFailure(error.code == .tooLong ? first.message : error.message)
    }

    /// Has `ask` answer by the first model that can. It throws ``ModelError`` for a failure before the first words of
    /// an answer; the last one is thrown as ``TurnFailure``.
    package mutating func answer<Answer>(
        reporting report: (TurnEvent) async throws -> Void, _ ask: (String) async throws -> Answer
    ) async throws -> Answer {
        while true {
            do {
                return try await ask(self.model)
            } catch let error as ModelError {
                guard let line = self.next(after: error) else { throw self.failure(error) }
                try await report(.notice(line))
            }
        }
    }
}
