/// What a document is, by its name and folder in the layout of spec-kit.
package enum DocumentKind: String, Sendable, Hashable, CaseIterable {
    case spec, plan, research, dataModel, quickstart, tasks, checklist, contract, constitution
    case other

    /// - Parameter path: With `/` between its parts.
    package init(path: String) {
        let parts = path.split(separator: "/").map(String.init)
        let folder = parts.dropLast()
        switch parts.last ?? "" {
        case "spec.md": self = .spec
        case "plan.md": self = .plan
        case "research.md": self = .research
        case "data-model.md": self = .dataModel
        case "quickstart.md": self = .quickstart
        case "tasks.md": self = .tasks
        case "constitution.md": self = .constitution
        case _ where folder.last == "checklists": self = .checklist
        case _ where folder.contains("contracts"): self = .contract
        default: self = .other
        }
    }
}
