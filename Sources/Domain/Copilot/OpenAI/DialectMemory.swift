internal import Primitives

/// What each model of an endpoint turned out to understand.
final class DialectMemory: Sendable {
    /// A model's name comes from a person, so the number of entries is bounded.
    private static let capacity = 256

    private let first: OpenAIDialect
    private let learnt = Protected<[String: OpenAIDialect]>([:])

    /// - Parameter first: what is assumed of a model that was never asked.
    init(_ first: OpenAIDialect) {
        self.first = first
    }

    func dialect(of model: String) -> OpenAIDialect {
        self.learnt.withLock { $0[model] } ?? self.first
    }

    /// Gives up what `dialect` was refused for, and remembers that. Returns whether there was anything.
    func adapt(_ dialect: OpenAIDialect, of model: String, to refusal: EndpointRefusal) -> Bool {
        guard refusal.status == 400 || refusal.status == 422 else { return false }
        var adapted = dialect
        guard adapted.adapt(to: refusal.words) else { return false }
        self.learnt.withLock { [adapted] learnt in
            if learnt[model] == nil, learnt.count >= Self.capacity { learnt.removeAll() }
            learnt[model] = adapted
        }
        return true
    }
}
