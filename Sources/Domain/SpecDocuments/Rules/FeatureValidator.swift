internal import Chat
internal import Repositories

/// Checks documents against the rules. Pure: the same documents always give the same findings.
package struct FeatureValidator: Sendable {
    /// The texts in brackets that templates leave for people to fill, beyond the usual ones.
    private let placeholders: Placeholders
    /// The files that links may lead to; nil to check no files.
    private let existing: Set<ExactText>?

    /// - Parameters:
    ///   - templates: Texts whose words in brackets are placeholders.
    ///   - existing: The paths that links may lead to; nil to check none.
    package init(templates: [String] = [], existing: Set<String>? = nil) {
        self.placeholders = Placeholders(templates: templates)
        self.existing = existing.map { Set($0.map(ExactText.init)) }
    }

    /// The findings by document and line, of each document those that ``FindingLimit`` keeps.
    package func findings(in feature: FeatureDocuments) -> [DocumentFinding] {
        var room = DocumentLink.room
        return self.findings(in: feature, &room) { self.existing?.contains(ExactText($0)) ?? true }
    }

    /// - Parameters:
    ///   - room: See ``DocumentLink/room``.
    ///   - exists: Whether the repository has what a link leads to. Called link by link: the paths of all links
    ///     together would take hundreds of megabytes.
    package func findings(
        in feature: FeatureDocuments, _ room: inout Int, exists: (String) -> Bool
    ) -> [DocumentFinding] {
        let shared = FeatureRules.findings(in: feature) + CoverageRules.findings(in: feature)
        let byPath = Dictionary(grouping: shared, by: \.path)
        var findings: [DocumentFinding] = []
        // Not sorted as a whole: each comparison would read two paths of perhaps a thousand bytes.
        let documents = feature.documents.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        for document in documents {
            let own = self.findings(in: document, of: feature, &room, exists: exists)
            findings += FindingLimit.kept(of: own + (byPath[document.path] ?? [])).sorted()
        }
        return findings
    }

    private func findings(
        in document: FeatureDocument, of feature: FeatureDocuments, _ room: inout Int, exists: (String) -> Bool
    ) -> [DocumentFinding] {
        var findings = TextRules.findings(in: document)
        // A document that is not valid text has no structure either.
        guard document.markdown.isUTF8 else { return findings }
        findings += self.placeholders.findings(in: document)
        findings += LinkRules.findings(in: document, &room, exists: exists)
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
}

/// Which findings of a document are kept. A document with a mark on each line would have 25,000, and a feature has 200
/// documents.
enum FindingLimit {
    static let count = 200

    /// Without repetitions; of more than ``count`` the first ones of each rule, and one that says so.
    static func kept(of findings: [DocumentFinding]) -> [DocumentFinding] {
        let all = Array(Set(findings)).sorted()
        guard all.count > Self.count else { return all }
        // Thousands of findings of one rule must not hide those of another, nor its warnings its errors.
        var counts: [FindingRule: [FindingRule.Severity: Int]] = [:]
        let ranked = all.enumerated().map { place, finding in
            counts[finding.rule, default: [:]][finding.severity, default: 0] += 1
            return (rank: counts[finding.rule]?[finding.severity] ?? 0, place: place)
        }
        let ordered = ranked.sorted { ($0.rank, $0.place) < ($1.rank, $1.place) }
        let left = ordered[Self.count...].map { all[$0.place] }
        let worst = left.first { $0.severity == .error } ?? left[0]
        return ordered[..<Self.count].map { all[$0.place] } + [
            DocumentFinding(
                worst.rule, worst.severity, path: worst.path,
                "The document has more than \(Self.count) findings, and only these are shown: correct them, then check "
                    + "again.")
        ]
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
