internal import Primitives

/// Corrects estimates by the counts that endpoints report: within about 5 % after two turns with a model.
package final class TokenCalibration: Sendable {
    private struct Entry: Sendable {
        var factor = 1.0
        /// The input limit in tokens, when a refusal named it.
        var inputLimit: Int?
    }

    /// People type model names, so the number of entries is bounded.
    private static let capacity = 256
    private let entries = Protected<[String: Entry]>([:])

    package init() {}

    /// The correction: multiply an estimate for `model` by it.
    package func factor(for model: String) -> Double {
        self.entries.withLock { $0[model]?.factor ?? 1 }
    }

    /// The input limit that a refusal by `model` named, if any.
    package func inputLimit(for model: String) -> Int? {
        self.entries.withLock { $0[model]?.inputLimit }
    }

    /// Learns from one answer: `estimate` is without correction, `actual` is the endpoint's count.
    package func learn(model: String, estimate: Int, actual: Int) {
        // A short prompt is mostly chat format, so its ratio says nothing about text.
        guard estimate >= 50, actual > 0 else { return }
        let ratio = min(max(Double(actual) / Double(estimate), 0.6), 2.0)
        self.update(model) { $0.factor += 0.5 * (ratio - $0.factor) }
    }

    /// Remembers that `model` accepts at most `limit` tokens.
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
