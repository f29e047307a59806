/// Rules for plans and their research.
enum PlanRules {
    static func findings(in plan: PlanDocument, _ document: FeatureDocument) -> [DocumentFinding] {
        var findings = SpecRules.questions(plan.questions, document, .error)
        if let section = plan.markdown.section("technical context"), plan.markdown.hasContent(section.lines) {
            for (key, name) in [
                ("language version", "Language/Version"), ("primary dependencies", "Primary Dependencies"),
                ("testing", "Testing"),
            ] where !plan.context.contains(where: { $0.key.utf8.starts(with: key.utf8) }) {
                findings.append(
                    DocumentFinding(
                        .context, in: document, line: section.line,
                        "The technical context does not say \(name), which the tasks build on: add a line "
                            + "`**\(name)**: …`."))
            }
        }
        let bare = Self.bareLines(plan)
        for field in plan.context {
            if Self.isOpen(field.value) {
                findings.append(
                    DocumentFinding(
                        .question, .error, in: document, line: field.line,
                        "\(field.name) needs clarification: decide it in research.md and write the decision here."))
            } else if field.value.isEmpty, bare.contains(field.line) {
                findings.append(
                    DocumentFinding(
                        .context, in: document, line: field.line,
                        "\(field.name) is empty: write it, or `N/A` where it does not apply."))
            }
        }
        if let section = plan.markdown.section("project structure"), plan.structureDecision?.isEmpty ?? true {
            findings.append(
                DocumentFinding(
                    .structure, in: document, line: section.line,
                    "The plan does not say which structure the source code has: add a line "
                        + "`**Structure Decision**: …`."))
        }
        return findings
    }

    static func findings(in research: ResearchDocument, _ document: FeatureDocument) -> [DocumentFinding] {
        let open = SpecRules.questions(research.questions, document, .error)
        return open
            + research.decisions.compactMap { decision in
                guard !decision.hasRationale || !decision.hasAlternatives else { return nil }
                let missing = [
                    decision.hasRationale ? nil : "Rationale",
                    decision.hasAlternatives ? nil : "Alternatives considered",
                ].compactMap { $0 }
                return DocumentFinding(
                    .research, in: document, line: decision.line,
                    "The decision “\(decision.title)” lacks \(missing.joined(separator: " and ")), so nobody can "
                        + "judge it later: add \(missing.count > 1 ? "them" : "it").")
            }
    }

    /// `NEEDS CLARIFICATION` as the value, without brackets.
    private static func isOpen(_ value: String) -> Bool {
        Array(value.utf8)[...].drop { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "`") }.begins(
            with: "NEEDS CLARIFICATION")
    }

    /// The lines of fields without a value, below which no text follows either. Thousands of fields may be on one line.
    private static func bareLines(_ plan: PlanDocument) -> Set<Int> {
        Set(plan.context.lazy.filter(\.value.isEmpty).map(\.line)).filter { line in
            let end = plan.markdown.section(at: line)?.ownEnd ?? plan.markdown.lines.count
            return !plan.markdown.hasParagraph(after: line, to: end)
        }
    }
}
