internal import Primitives

/// The text of a review in the thread and on GitHub. Pure.
package enum ReviewText {
    /// The findings as a list, one line each.
    ///
    /// - Parameter link: the address of a line of a file.
    package static func list(
        _ findings: [ReviewFinding], link: (_ path: String, _ line: Int?) -> String
    ) -> String {
        let shown = findings.prefix(ReviewFindings.limit).map { finding -> String in
            let place = finding.line.map { "\(finding.path):\($0)" } ?? finding.path
            let reference = finding.reference.map { " (\($0))" } ?? ""
            let fix = finding.suggestion.map { " Instead: \(GitHubTexts.plain($0, limit: 500))" } ?? ""
            return "- [\(GitHubTexts.plain(place, limit: 200))](\(link(finding.path, finding.line))) "
                + "**\(finding.severity.rawValue)**\(reference) \(GitHubTexts.plain(finding.text, limit: 700))\(fix)"
        }
        let more = findings.count > shown.count ? ["- and \(findings.count - shown.count) more"] : []
        return (shown + more).joined(separator: "\n")
    }

    /// `2 high, 1 low`.
    package static func counts(_ findings: [ReviewFinding]) -> String {
        ReviewFinding.Severity.allCases.compactMap { severity in
            let count = findings.count { $0.severity == severity }
            return count > 0 ? "\(count) \(severity.rawValue)" : nil
        }.joined(separator: ", ")
    }

    // MARK: At GitHub

    /// Identifies a review, so that it is not posted twice.
    package static func mark(_ id: String) -> String { OwnMark.of("review", id) }

    /// - Parameter withLines: includes findings that are comments on lines, for a diff that has changed since.
    package static func body(_ findings: [ReviewFinding], id: String, withLines: Bool = false) -> String {
        let shown = findings.prefix(ReviewFindings.limit)
        let others = shown.filter { withLines || $0.line == nil }.map { finding in
            let place = finding.line.map { "\(finding.path):\($0)" } ?? finding.path
            return "- \(GitHubTexts.code(place)) \(self.comment(finding).replacing("\n\n", with: " "))"
        }
        let head = "\(shown.count.counted("finding")): \(self.counts(Array(shown)))."
        return [self.mark(id), head, others.joined(separator: "\n")].filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    package static func comments(_ findings: [ReviewFinding]) -> [GitHubReview.Finding] {
        findings.prefix(ReviewFindings.limit).compactMap { finding in
            finding.line.map {
                GitHubReview.Finding(
                    path: finding.path, line: $0, body: "\(self.comment(finding))\n\n\(OwnMark.plain)")
            }
        }
    }

    private static func comment(_ finding: ReviewFinding) -> String {
        let reference = finding.reference.map { " (\($0))" } ?? ""
        let text = "**\(finding.severity.rawValue)**\(reference): \(GitHubTexts.plain(finding.text, limit: 1_000))"
        return finding.suggestion.map { "\(text)\n\nInstead: \(GitHubTexts.plain($0, limit: 1_000))" } ?? text
    }
}
