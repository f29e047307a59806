/// One place where a document breaks a rule.
package struct DocumentFinding: Sendable, Hashable {
    package let rule: FindingRule
    package let severity: FindingRule.Severity
    /// The document, in the repository.
    package let path: String
    /// From 1; nil for the document as a whole.
    package let line: Int?
    /// What, why, and what to do, on one line.
    package let message: String
    /// The title of the section to change or to add; nil for the document as a whole.
    package let section: String?

    /// - Parameter line: From 0.
    init(
        _ rule: FindingRule, _ severity: FindingRule.Severity? = nil, in document: FeatureDocument, line: Int? = nil,
        section: String? = nil, _ message: String
    ) {
        self.rule = rule
        self.severity = severity ?? rule.severity
        self.path = document.path
        self.line = line.map { $0 + 1 }
        self.section = section ?? line.flatMap { document.markdown.section(at: $0)?.title }
        self.message = message
    }

    /// For a file that was not read.
    package init(_ rule: FindingRule, _ severity: FindingRule.Severity? = nil, path: String, _ message: String) {
        self.rule = rule
        self.severity = severity ?? rule.severity
        self.path = path
        self.line = nil
        self.section = nil
        self.message = message
    }

    /// The same finding with another severity.
    init(_ finding: DocumentFinding, as severity: FindingRule.Severity) {
        self.rule = finding.rule
        self.severity = severity
        self.path = finding.path
        self.line = finding.line
        self.message = finding.message
        self.section = finding.section
    }

    /// `specs/001-a/spec.md:12`
    package var place: String { self.line.map { "\(self.path):\($0)" } ?? self.path }
}

extension DocumentFinding: Comparable {
    /// By path, then line.
    package static func < (left: Self, right: Self) -> Bool {
        if left.path != right.path { return left.path.utf8.lexicographicallyPrecedes(right.path.utf8) }
        if left.line != right.line { return left.line ?? 0 < right.line ?? 0 }
        if left.severity != right.severity { return left.severity < right.severity }
        if left.rule.id != right.rule.id { return left.rule.id < right.rule.id }
        return left.message < right.message
    }
}
