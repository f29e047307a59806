/// One thing that a check of a connection's set-up found.
public struct AdapterFinding: Sendable, Equatable {
    /// How bad it is.
    public enum Severity: String, Sendable {
        /// As it should be.
        case ok
        /// Works, with less than there could be.
        case warning
        /// Does not work.
        case failed
    }

    /// How bad it is.
    public let severity: Severity
    /// One line: what is so, why, and what to do.
    public let text: String

    /// Makes a finding.
    public init(_ severity: Severity, _ text: String) {
        self.severity = severity
        self.text = text
    }
}
