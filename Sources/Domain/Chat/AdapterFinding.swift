/// One result of checking a connection's set-up.
package struct AdapterFinding: Sendable, Equatable {
    package enum Severity: String, Sendable { case ok, warning, failed }

    package let severity: Severity
    /// One line: what was found, why, and what to do.
    package let text: String

    /// Nothing is wrong.
    package static func ok(_ text: String) -> Self { Self(severity: .ok, text: text) }
    /// Works with limitations.
    package static func warning(_ text: String) -> Self { Self(severity: .warning, text: text) }
    /// Does not work.
    package static func failed(_ text: String) -> Self { Self(severity: .failed, text: text) }
}
