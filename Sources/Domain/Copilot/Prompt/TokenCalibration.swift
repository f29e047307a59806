internal import Primitives

/// What endpoints have told about their token counts: estimates get within about 5 % after two turns with a model.
package final class TokenCalibration: Sendable {
    private struct Entry: Sendable {
        var factor = 1.0
        /// The most input tokens, when a refusal has told it.
        var inputLimit: Int?
    }

    /// A model's name comes from a person, so the number of entries is bounded.
    private static let capacity = 256
    private let entries = Protected<[String: Entry]>([:])

    package init() {}

    /// What an estimate for `model` is to be multiplied by.
    package func factor(for model: String) -> Double {
        self.entries.withLock { $0[model]?.factor ?? 1 }
    }

    /// The input limit that a refusal by `model` has told, if any.
    package func inputLimit(for model: String) -> Int? {
        self.entries.withLock { $0[model]?.inputLimit }
    }

    /// Learns from one answer: `estimate` is ours without correction, `actual` the endpoint's.
    package func learn(model: String, estimate: Int, actual: Int) {
        // A short prompt is mostly chat format: its ratio says nothing about text.
        guard estimate >= 50, actual > 0 else { return }
        let ratio = min(max(Double(actual) / Double(estimate), 0.6), 2.0)
        self.update(model) { $0.factor += 0.5 * (ratio - $0.factor) }
    }

    /// Remembers that `model` takes no more than `limit` tokens.
    package func learn(model: String, inputLimit limit: Int) {
        self.update(model) { $0.inputLimit = limit }
    }

    private func update(_ model: String, _ change: (inout Entry) -> Void) {
        self.entries.withLock { entries in
            if entries[model] == nil, entries.count >= Self.capacity { entries.removeAll() }
            change(&entries[model, default: Entry()])
        }
    }
}
