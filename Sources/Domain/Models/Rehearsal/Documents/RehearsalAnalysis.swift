/// A rehearsed reading of a feature's documents: rows of a table.
struct RehearsalAnalysis {
    private let feature: RehearsedFeature
    private let hasPlan: Bool

    init(_ material: RehearsalMaterial) {
        self.feature = material.specification
        self.hasPlan = material.document("plan.md") != nil
    }

    var text: String {
        var rows = ["| Severity | Where | Finding |", "|---|---|---|"]
        if let requirement = self.feature.requirements.first(where: { !$0.text.contains(where: \.isNumber) }) {
            rows.append(
                "| medium | spec.md \(requirement.id) | The requirement has no figure: say how many or how fast. |")
        }
        if self.hasPlan {
            rows.append("| low | plan.md | The plan names no way back: say how the feature is removed again. |")
        }
        rows.append("| low | spec.md | The rehearsal cannot read: a language model would judge the texts here. |")
        return rows.joined(separator: "\n") + "\n"
    }
}
