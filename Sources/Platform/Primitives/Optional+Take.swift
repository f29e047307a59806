extension Optional where Wrapped: Sendable {
    /// Returns the value and leaves nil, so that a continuation or a one-shot reply cannot be used twice.
    @inlinable
    package mutating func take() -> Wrapped? {
        defer { self = nil }
        return self
    }
}
