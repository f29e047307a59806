/// What the check of a repository found.
package struct GitHubFinding: Sendable, Hashable {
    package enum Severity: Int, Sendable, Hashable, Comparable {
        case good, notice, warning, failure

        package static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }
    }

    package let severity: Severity
    /// One line: what, why, and what to do.
    package let text: String

    package init(_ severity: Severity, _ text: String) {
        self.severity = severity
        self.text = text
    }
}
