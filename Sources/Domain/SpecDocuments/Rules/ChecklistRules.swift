/// Rules for checklists. `requirements.md` has items without ids.
enum ChecklistRules {
    static func findings(in checklist: ChecklistDocument, _ document: FeatureDocument) -> [DocumentFinding] {
        guard !checklist.items.isEmpty else {
            return [
                DocumentFinding(
                    .checklist, in: document,
                    "The checklist has no items: add lines such as `- [ ] CHK001 Is … specified?`, or remove the file.")
            ]
        }
        var findings: [DocumentFinding] = []
        var seen: [String: Int] = [:]
        var highest: (number: Int, id: String)?
        let hasIDs = checklist.items.contains { $0.id != nil }
        for item in checklist.items {
            guard let id = item.id, let number = item.number else {
                if hasIDs {
                    findings.append(
                        DocumentFinding(
                            .checklist, in: document, line: item.line,
                            "This item has no id, so nobody can refer to it: write the next free CHK number."))
                }
                continue
            }
            if let first = seen[id] {
                findings.append(
                    DocumentFinding(
                        .idTwice, in: document, line: item.line,
                        "\(id) is also on line \(first + 1): give this item the next free number."))
                continue
            }
            seen[id] = item.line
            if let last = highest, number < last.number {
                findings.append(
                    DocumentFinding(
                        .idOrder, .warning, in: document, line: item.line,
                        "\(id) comes after \(last.id): give new items the next free number."))
            } else {
                highest = (number, id)
            }
        }
        return findings
    }
}
