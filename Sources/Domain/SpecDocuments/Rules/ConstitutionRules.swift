internal import Primitives

/// Rules for constitutions: principles, version, dates.
enum ConstitutionRules {
    static func findings(
        in constitution: ConstitutionDocument, _ document: FeatureDocument
    ) -> [DocumentFinding] {
        var findings: [DocumentFinding] = []
        if constitution.principles.isEmpty {
            findings.append(
                DocumentFinding(
                    .principle, in: document, line: constitution.markdown.section("core principles")?.line,
                    section: "Core Principles",
                    "The constitution has no principle: add one under a heading `###` below `## Core Principles`."))
        }
        if let version = constitution.version {
            if !Self.isVersion(version.value) {
                findings.append(
                    DocumentFinding(
                        .version, in: document, line: version.line,
                        "The version “\(version.value.prefix(40))” does not have the form 1.0.0: write three numbers."))
            }
        } else {
            findings.append(
                DocumentFinding(
                    .version, in: document,
                    "The constitution has no version, so documents cannot say which one they keep: end it with "
                        + "`**Version**: 1.0.0 | **Ratified**: 2026-01-31 | **Last Amended**: 2026-01-31`."))
        }
        var dates: [String] = []
        for (field, name) in [(constitution.ratified, "Ratified"), (constitution.amended, "Last Amended")] {
            guard let field else {
                if let version = constitution.version {
                    findings.append(
                        DocumentFinding(
                            .version, .warning, in: document, line: version.line,
                            "The version has no date \(name): add `**\(name)**: ` and a date such as 2026-01-31."))
                }
                continue
            }
            let date = String(field.value.prefix { $0.isNumber || $0 == "-" })
            if Self.isDate(date) {
                dates.append(date)
            } else {
                findings.append(
                    DocumentFinding(
                        .version, in: document, line: field.line,
                        "The date \(name) “\(field.value.prefix(40))” does not have the form 2026-01-31: correct it."))
            }
        }
        if dates.count == 2, dates[1] < dates[0], let amended = constitution.amended {
            findings.append(
                DocumentFinding(
                    .version, .warning, in: document, line: amended.line,
                    "The constitution was amended on \(dates[1]), before it was ratified on \(dates[0]): correct one of "
                        + "the dates."))
        }
        return findings
    }

    private static func isVersion(_ text: String) -> Bool {
        let word = text.prefix { !$0.isWhitespace }
        let parts = word.drop { $0 == "v" }.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 3
            && parts.allSatisfy { part in 1...9 ~= part.utf8.count && part.utf8.allSatisfy(\.isDigit) }
    }

    private static func isDate(_ text: String) -> Bool {
        CivilTime.milliseconds(rfc3339: "\(text)T00:00:00Z") != nil
    }
}
