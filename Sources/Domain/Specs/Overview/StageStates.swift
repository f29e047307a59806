package import SpecDocuments

/// Derives the states of a feature's stages from its documents. Pure.
package struct StageStates: Sendable, Hashable {
    /// In the order of the flow. `refine` changes what another stage wrote, and has no state of its own.
    package let stages: [StageStatus]

    private let feature: FeatureDocuments
    private let constitution: FeatureDocument?
    /// The paths of documents with errors.
    private let wrong: Set<String>

    package init(_ feature: FeatureDocuments, constitution: FeatureDocument?, findings: [DocumentFinding]) {
        self.feature = feature
        self.constitution = constitution
        self.wrong = Set(findings.filter { $0.severity == .error }.map(\.path))
        var stages: [StageStatus] = []
        for stage in Stage.allCases where stage != .refine {
            stages.append(
                Self.status(of: stage, feature, constitution: constitution, wrong: self.wrong))
        }
        self.stages = stages
    }

    package subscript(_ stage: Stage) -> StageStatus? { self.stages.first { $0.stage == stage } }

    /// Suggested next steps, the most useful first.
    package var next: [Stage] {
        let order: [Stage] = [.specify, .clarify, .plan, .tasks, .implement, .analyze, .checklist, .constitution]
        let useful = order.filter { stage in
            switch self[stage]?.state {
            case .ready, .open: true
            case .findings: stage == .analyze
            default: false
            }
        }
        return useful.filter { stage in
            switch stage {
            // Questions are for the time before the plan; with one, they are asked only where they are open.
            case .clarify: self.feature.plan == nil || self[.clarify]?.state == .open
            // Documents are compared when there are several.
            case .analyze: self.feature.tasks != nil || self[.analyze]?.state == .findings
            default: true
            }
        }
    }

    private static func status(
        of stage: Stage, _ feature: FeatureDocuments, constitution: FeatureDocument?, wrong: Set<String>
    ) -> StageStatus {
        switch stage {
        case .constitution: Self.written(stage, constitution, needs: true, wrong)
        case .specify: Self.written(stage, feature.first(.spec), needs: true, wrong)
        case .clarify: Self.clarify(feature)
        case .plan: Self.written(stage, feature.first(.plan), needs: feature.spec != nil, wrong)
        case .tasks: Self.written(stage, feature.first(.tasks), needs: feature.plan != nil, wrong)
        case .analyze: Self.analyze(feature, wrong)
        case .checklist: Self.checklist(feature)
        case .implement: Self.implement(feature)
        case .refine: StageStatus(stage, feature.documents.isEmpty ? .missing : .ready)
        }
    }

    private static func written(
        _ stage: Stage, _ document: FeatureDocument?, needs isPossible: Bool, _ wrong: Set<String>
    ) -> StageStatus {
        guard let document else { return StageStatus(stage, isPossible ? .ready : .missing) }
        return StageStatus(stage, wrong.contains(document.path) ? .findings : .done, path: document.path)
    }

    private static func clarify(_ feature: FeatureDocuments) -> StageStatus {
        guard let spec = feature.spec, let path = feature.first(.spec)?.path else {
            return StageStatus(.clarify, .missing)
        }
        if !spec.questions.isEmpty { return StageStatus(.clarify, .open, path: path) }
        return spec.clarifications.isEmpty ? StageStatus(.clarify, .ready) : StageStatus(.clarify, .done, path: path)
    }

    private static func analyze(_ feature: FeatureDocuments, _ wrong: Set<String>) -> StageStatus {
        guard feature.spec != nil else { return StageStatus(.analyze, .missing) }
        return StageStatus(.analyze, feature.documents.contains { wrong.contains($0.path) } ? .findings : .ready)
    }

    /// `requirements.md` comes with the specification; others are asked for.
    private static func checklist(_ feature: FeatureDocuments) -> StageStatus {
        guard feature.spec != nil else { return StageStatus(.checklist, .missing) }
        let lists = feature.documents.filter { $0.kind == .checklist && !$0.path.hasSuffix("/requirements.md") }
        guard let newest = lists.last else { return StageStatus(.checklist, .ready) }
        let isOpen = lists.contains { document in
            guard case .checklist(let list) = document.content else { return false }
            return list.items.contains { !$0.isTicked }
        }
        return StageStatus(.checklist, isOpen ? .open : .done, path: lists.count == 1 ? newest.path : newest.folder)
    }

    private static func implement(_ feature: FeatureDocuments) -> StageStatus {
        guard let tasks = feature.tasks, let path = feature.first(.tasks)?.path, !tasks.tasks.isEmpty else {
            return StageStatus(.implement, .missing)
        }
        let ticked = tasks.tasks.count { $0.isTicked }
        if ticked == 0 { return StageStatus(.implement, .ready) }
        return StageStatus(.implement, ticked == tasks.tasks.count ? .done : .open, path: path)
    }
}

/// How far a feature has come in one stage.
package struct StageStatus: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        /// It needs a document that an earlier stage writes.
        case missing
        /// It can be run now.
        case ready
        case done
        /// Something is unfinished: unanswered questions, unticked tasks or items.
        case open
        /// The rules find errors in its document.
        case findings
    }

    package let stage: Stage
    package let state: State
    /// The document that it writes, or the folder of checklists; nil before it exists.
    package let path: String?

    package init(_ stage: Stage, _ state: State, path: String? = nil) {
        self.stage = stage
        self.state = state
        self.path = path
    }

    /// The stage that writes what it needs; nil if it needs nothing.
    package var needs: Stage? {
        switch self.stage {
        case .constitution, .specify: nil
        case .clarify, .plan, .analyze, .checklist, .refine: .specify
        case .tasks: .plan
        case .implement: .tasks
        }
    }
}
