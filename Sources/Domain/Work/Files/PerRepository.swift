/// A setting that repositories may have of their own.
package struct PerRepository<Value: Sendable>: Sendable {
    private let usual: Value
    private let own: [String: Value]
    private let first: String?

    /// - Parameters:
    ///   - own: By the repositories' names.
    ///   - first: The repository of threads that have not chosen one; nil for none.
    package init(_ usual: Value, own: [String: Value] = [:], default first: String? = nil) {
        self.usual = usual
        self.own = own
        self.first = first
    }

    /// - Parameter repository: The one that a thread has chosen; nil for none.
    package subscript(repository: String?) -> Value {
        (repository ?? self.first).flatMap { self.own[$0] } ?? self.usual
    }
}
