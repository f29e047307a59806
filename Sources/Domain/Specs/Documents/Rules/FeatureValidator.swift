internal import Repositories

/// Checks documents against the rules. Pure: the same documents always give the same findings.
package struct FeatureValidator: Sendable {
    /// The texts in brackets that templates leave for people to fill, beyond the usual ones.
    private let placeholders: Placeholders
    /// The files that links lead to; nil to check no files.
    private let existing: Set<String>?

    /// - Parameters:
    ///   - templates: Texts whose words in brackets are placeholders.
    ///   - existing: Those of ``linkTargets(of:)`` that the repository has; nil to check none of them.
    package init(templates: [String] = [], existing: Set<String>? = nil) {
        self.placeholders = Placeholders(templates: templates)
        self.existing = existing
    }

    /// All findings, by document and line.
    package func findings(in feature: FeatureDocuments) -> [DocumentFinding] {
        var findings = FeatureRules.findings(in: feature) + CoverageRules.findings(in: feature)
        for document in feature.documents { findings += self.findings(in: document, of: feature) }
        return Array(Set(findings)).sorted()
    }

    private func findings(in document: FeatureDocument, of feature: FeatureDocuments) -> [DocumentFinding] {
        var findings = TextRules.findings(in: document)
        // A document that is not valid text has no structure either.
        guard document.markdown.isUTF8 else { return findings }
        findings += self.placeholders.findings(in: document)
        findings += LinkRules.findings(in: document, existing: self.existing)
        findings += SectionRules.findings(in: document)
        switch document.content {
        case .spec(let spec): findings += SpecRules.findings(in: spec, document, isPlanned: feature.plan != nil)
        case .plan(let plan): findings += PlanRules.findings(in: plan, document)
        case .research(let research): findings += PlanRules.findings(in: research, document)
        case .tasks(let tasks): findings += TaskRules.findings(in: tasks, document)
        case .checklist(let checklist): findings += ChecklistRules.findings(in: checklist, document)
        case .constitution(let constitution): findings += ConstitutionRules.findings(in: constitution, document)
        case .plain: break
        }
        return findings
    }

    /// The paths in the repository that relative links lead to, to be looked up.
    package static func linkTargets(of feature: FeatureDocuments) -> Set<String> {
        var paths: Set<String> = []
        for document in feature.documents {
            for link in DocumentLink.all(in: document.markdown) {
                if case .file(let path) = link.target(from: document.folder) { paths.insert(path) }
            }
        }
        return paths
    }
}

/// A plan has a specification, tasks have a plan.
enum FeatureRules {
    static func findings(in feature: FeatureDocuments) -> [DocumentFinding] {
        // Single documents are checked on their own.
        guard !feature.folder.isEmpty else { return [] }
        var findings: [DocumentFinding] = []
        for (kind, needed, stage) in [
            (DocumentKind.plan, DocumentKind.spec, "specify"), (.tasks, .spec, "specify"), (.tasks, .plan, "plan"),
        ] {
            guard let document = feature.first(kind), feature.first(needed) == nil else { continue }
            findings.append(
                DocumentFinding(
                    .document, in: document,
                    "\(feature.folder) has \(kind.rawValue).md and no \(needed.rawValue).md, on which it builds: write "
                        + "it with `\(stage)`."))
        }
        return findings
    }
}
