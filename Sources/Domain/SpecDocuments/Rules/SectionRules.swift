/// The sections that each kind of document needs.
enum SectionRules {
    private static let needed: [DocumentKind: [(key: String, heading: String)]] = [
        .spec: [
            ("user scenarios and testing", "## User Scenarios & Testing"), ("requirements", "## Requirements"),
            ("success criteria", "## Success Criteria"),
        ],
        .plan: [
            ("summary", "## Summary"), ("technical context", "## Technical Context"),
            ("constitution check", "## Constitution Check"), ("project structure", "## Project Structure"),
        ],
        .constitution: [("governance", "## Governance")],
    ]
    /// Those whose absence is only a gap.
    private static let wanted: [DocumentKind: [(key: String, heading: String)]] = [
        .spec: [("edge cases", "### Edge Cases"), ("assumptions", "## Assumptions")]
    ]

    static func findings(in document: FeatureDocument) -> [DocumentFinding] {
        let markdown = document.markdown
        var findings: [DocumentFinding] = []
        if markdown.lines.allSatisfy({ $0.kind == .blank }) {
            return [DocumentFinding(.section, in: document, "The document is empty: write it, or remove the file.")]
        }
        for (key, heading) in Self.needed[document.kind] ?? [] {
            findings += Self.finding(key, heading, .error, document)
        }
        for (key, heading) in Self.wanted[document.kind] ?? [] {
            findings += Self.finding(key, heading, .warning, document)
        }
        findings += Self.repeated(in: document)
        return findings
    }

    private static func finding(
        _ key: String, _ heading: String, _ severity: FindingRule.Severity, _ document: FeatureDocument
    ) -> [DocumentFinding] {
        let title = String(heading.drop { $0 == "#" }.dropFirst())
        guard let section = document.markdown.section(key) else {
            return [
                DocumentFinding(
                    .section, severity, in: document, section: title,
                    "The section “\(title)” is missing: add it under the heading `\(heading)`.")
            ]
        }
        guard !document.markdown.hasContent(section.lines) else { return [] }
        return [
            DocumentFinding(
                .section, severity, in: document, line: section.line,
                "The section “\(title)” is empty: fill it" + (severity == .error ? "." : ", or remove it."))
        ]
    }

    private static func repeated(in document: FeatureDocument) -> [DocumentFinding] {
        var seen: [String: Int] = [:]
        return document.markdown.sections.compactMap { section in
            guard section.level == 2, !section.key.isEmpty, !section.key.utf8.starts(with: "phase".utf8) else {
                return nil
            }
            guard let first = seen[section.key] else {
                seen[section.key] = section.line
                return nil
            }
            return DocumentFinding(
                .sectionTwice, in: document, line: section.line,
                "The section “\(section.title)” is also on line \(first + 1), so readers may miss one: join them.")
        }
    }
}
