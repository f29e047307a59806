internal import Primitives

/// Remembers the dialect that each model of an endpoint understands.
package final class DialectMemory: Sendable {
    /// People type model names, so the number of entries is bounded.
    private static let capacity = 256

    private let first: OpenAIDialect
    private let learnt = Protected<[String: OpenAIDialect]>([:])

    /// - Parameter first: assumed for a model before its first refusal.
    package init(_ first: OpenAIDialect) {
        self.first = first
    }

    package func dialect(of model: String) -> OpenAIDialect {
        self.learnt.withLock { $0[model] } ?? self.first
    }

    /// Drops the parameter that `dialect` was refused for, and remembers that. Returns whether there was one.
    package func adapt(_ dialect: OpenAIDialect, of model: String, to refusal: EndpointRefusal) -> Bool {
        guard refusal.status == 400 || refusal.status == 422 else { return false }
        var adapted = dialect
        guard adapted.adapt(to: refusal.text) else { return false }
        self.learnt.withLock { [adapted] learnt in
            if learnt[model] == nil, learnt.count >= Self.capacity { learnt.removeAll() }
            learnt[model] = adapted
        }
        return true
    }
}
