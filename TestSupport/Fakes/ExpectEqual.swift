// The benchmarks use this module too, and are built with the static libraries, which lack Testing.
#if canImport(Testing)
    package import Testing

    /// Fails the test unless `value` is `expected`, and shows both.
    ///
    /// `#expect(value == expected)` does the same, but its expansion takes the compiler 28 ms at each place.
    package func expectEqual<Value: Equatable>(
        _ value: Value, _ expected: Value, _ comment: @autoclosure () -> String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard value != expected else { return }
        let comment = comment()
        let reason = comment.isEmpty ? "" : ": \(comment)"
        Issue.record(
            "\(String(reflecting: value)) is not \(String(reflecting: expected))\(reason)",
            sourceLocation: sourceLocation)
    }
#endif
