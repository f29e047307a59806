extension Optional where Wrapped: Sendable {
    /// The value, leaving nil: what is taken cannot be used twice (a continuation, a one-shot reply).
    package mutating func take() -> Wrapped? {
        defer { self = nil }
        return self
    }
}
