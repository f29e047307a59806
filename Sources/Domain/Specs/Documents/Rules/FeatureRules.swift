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
