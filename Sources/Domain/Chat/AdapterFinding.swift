/// One result of checking a connection's set-up.
package struct AdapterFinding: Sendable, Equatable {
    package enum Severity: String, Sendable {
        /// Nothing is wrong.
        case ok
        /// Works with limitations.
        case warning
        /// Does not work.
        case failed
    }

    package let severity: Severity
    /// One line: what was found, why, and what to do.
    package let text: String

    package init(_ severity: Severity, _ text: String) {
        self.severity = severity
        self.text = text
    }
}
