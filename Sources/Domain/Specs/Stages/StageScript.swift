internal import SpecDocuments

/// What one stage asks a model for, and where the answer goes.
struct StageScript: Sendable {
    let stage: Stage
    /// "the implementation plan"
    let noun: String
    /// What must exist before, in this order: its file, what it is, and how people get it.
    let needs: [(file: String, name: String, remedy: String)]
    /// The forms that the prompt shows, by the name of the document.
    let forms: [(name: String, template: DocumentTemplate)]
    let rules: [String]
    /// For an answer of several documents.
    let files: StageFiles?

    /// The stages that write a document by a template; nil for the others.
    static func of(_ stage: Stage, file: String? = nil) -> StageScript? {
        switch stage {
        case .constitution: self.constitution
        case .plan: self.plan
        case .tasks: self.tasks
        case .checklist: self.checklist(file ?? "checklists/general.md")
        case .specify, .clarify, .analyze, .implement, .refine: nil
        }
    }

    /// "a plan", for a model that answers something else.
    var wish: StageModel.Wish {
        switch self.stage {
        case .constitution:
            StageModel.Wish(noun: "a constitution", advice: "name the principles after the command")
        case .plan: StageModel.Wish(noun: "a plan", advice: "say after the command what it should build on")
        case .tasks: StageModel.Wish(noun: "a list of tasks", advice: "try again")
        default: StageModel.Wish(noun: "a checklist", advice: "name its topic after the command")
        }
    }
}

extension StageScript {
    static let spec = (file: "spec.md", name: "specification", remedy: "write one with `specify TEXT`")
    private static let planned = (file: "plan.md", name: "plan", remedy: "write one with `plan`")

    private static let constitution = StageScript(
        stage: .constitution, noun: "the constitution of a project", needs: [],
        forms: [("constitution.md", .constitution)],
        rules: [
            "Three to seven principles, each under a heading `### I. Name` below `## Core Principles`, each with what "
                + "MUST or SHOULD hold, in a form that a reviewer can check, and the reason.",
            "Keep the principles of the present constitution that the request does not change, word for word.",
            "The last line has version and dates. A new constitution has 1.0.0. Raise the first number if a principle "
                + "is removed or means something else, the second if one is added, the third for wording.",
        ], files: nil)

    private static let plan = StageScript(
        stage: .plan, noun: "the implementation plan of a feature", needs: [Self.spec],
        forms: [
            ("plan.md", .plan), ("research.md", .research), ("data-model.md", .dataModel),
            ("quickstart.md", .quickstart),
        ],
        rules: [
            "Answer with several documents. Begin each with a line of its own: `=== plan.md ===`, then "
                + "`=== research.md ===`, `=== data-model.md ===` (only where data is kept), `=== contracts/NAME.md ===` "
                + "(one for each interface that others use; leave it out where there is none), `=== quickstart.md ===`.",
            "plan.md: fill every line of the technical context, judge the feature by each principle of the "
                + "constitution, show the real folders and files, and write the structure decision.",
            "research.md: every open point of the plan with decision, rationale and alternatives. Nothing stays open: no "
                + "NEEDS CLARIFICATION; what the specification leaves open is decided here and named as an assumption.",
            "Build on what the repository uses; choose the simplest thing that meets the requirements.",
        ], files: StageFiles())

    private static let tasks = StageScript(
        stage: .tasks, noun: "the list of tasks of a feature", needs: [Self.spec, Self.planned],
        forms: [("tasks.md", .tasks)],
        rules: [
            "Each task is one line: `- [ ] T001 [P] [US1] What to do, in which file (FR-001; depends on T002)`. Ids ascend "
                + "in the order of the work, each once. Every box is empty.",
            "Phases: `## Phase 1: Setup`, `## Phase 2: Foundational`, then one phase for each user story by priority, "
                + "`## Phase 3: User Story 1 - Title (Priority: P1)`, at last Polish. Only tasks of a story's phase have "
                + "its label, and all of them have it.",
            "[P] only for tasks of the same phase that change different files and wait for nothing in it.",
            "Every requirement of the specification is named by a task that meets it; every story has tasks and can be "
                + "tested alone. A task is small enough for one commit.",
            "Tasks of an existing list keep id and text unless the request, the specification or the plan changes them.",
        ], files: nil)

    private static func checklist(_ file: String) -> StageScript {
        StageScript(
            stage: .checklist, noun: "a checklist for the requirements of a feature", needs: [Self.spec],
            forms: [(file, .checklist)],
            rules: [
                "Each item asks whether the text of the requirements is complete, clear, consistent, measurable: never "
                    + "whether the program works. As in `- [ ] CHK001 Is it said who may … ? [Completeness, Spec §FR-001]`.",
                "Ids ascend, each once; every box is empty. Groups have headings of level 2. At most 30 items.",
                "Items of an existing list keep id and text; new ones get the next numbers and come last in their group's "
                    + "place at the end.",
            ], files: nil)
    }
}
