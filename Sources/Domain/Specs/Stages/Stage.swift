/// A step of the specification flow. Every stage is optional and may be repeated.
package enum Stage: String, Sendable, Hashable, CaseIterable {
    case constitution, specify, clarify, plan, tasks, analyze, checklist, implement
    /// Changes an existing document as a text asks for.
    case refine
}
