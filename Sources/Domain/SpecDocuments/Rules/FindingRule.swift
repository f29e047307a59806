/// A rule that documents are checked against. Its id is stable: repositories refer to it.
package struct FindingRule: Sendable, Hashable {
    package enum Severity: String, Sendable, Hashable, Comparable {
        case error, warning

        package static func < (left: Self, right: Self) -> Bool { left == .error && right == .warning }
    }

    /// Lower-case words, joined by dashes.
    package let id: String
    /// The severity of most findings; a single finding may differ.
    package let severity: Severity
    /// The rule as one sentence without a full stop.
    package let summary: String

    private init(_ id: String, _ severity: Severity, _ summary: String) {
        self.id = id
        self.severity = severity
        self.summary = summary
    }
}

extension FindingRule {
    // Any document
    package static let encoding = Self("encoding", .error, "A document is UTF-8")
    package static let size = Self("size", .error, "A document has at most 100 KB")
    package static let unread = Self("unread", .warning, "Every document of a feature can be read")
    static let openFence = Self("open-fence", .error, "Every code block ends")
    static let openComment = Self("open-comment", .error, "Every HTML comment ends")
    static let conflict = Self("conflict-marker", .error, "No mark of a merge conflict is left")
    static let placeholder = Self("placeholder", .error, "No placeholder of a template is left")
    static let unfinished = Self("unfinished", .error, "No mark for later work is left")
    static let templateComment = Self("template-comment", .warning, "No instruction of a template is left")
    static let checkbox = Self("checkbox", .warning, "A checkbox is `- [ ]` or `- [x]`")
    static let link = Self("link", .error, "A relative link leads to a file of the repository")
    static let anchor = Self("anchor", .warning, "A link within a document leads to one of its headings")
    static let section = Self("section", .error, "The sections that a document needs are there and filled")
    static let sectionTwice = Self("section-twice", .warning, "A section occurs once")
    static let question = Self("open-question", .warning, "No [NEEDS CLARIFICATION] is left when planning begins")
    static let instruction = Self("instruction", .warning, "No text is addressed to a model")
    static let hidden = Self("hidden-text", .warning, "No invisible characters change how a text reads")

    // Ids
    static let idTwice = Self("id-twice", .error, "An id is defined once")
    static let idUnknown = Self("id-unknown", .error, "An id that a document names is defined in the specification")
    static let idOrder = Self("id-order", .error, "Ids ascend")

    // Specifications
    static let story = Self("story", .error, "A specification has user stories, each with a number of its own")
    static let storyPriority = Self("story-priority", .error, "Every user story has a priority")
    static let storyTest = Self("story-test", .error, "Every user story can be tested alone")
    static let storyScenario = Self("story-scenario", .error, "Every user story has an acceptance scenario")
    static let scenario = Self("scenario", .error, "A scenario says Given, When and Then")
    static let requirement = Self("requirement", .error, "A specification has numbered requirements, each with a text")
    static let criterion = Self("criterion", .error, "A specification has numbered success criteria")
    static let measure = Self("criterion-measure", .warning, "A success criterion has a figure")

    // Plans
    static let context = Self("plan-context", .warning, "The technical context of a plan is filled")
    static let structure = Self("plan-structure", .warning, "A plan decides on the structure of the source code")
    static let research = Self("research-decision", .warning, "A decision has a rationale and alternatives")

    // Tasks
    static let task = Self("task", .error, "A task is a checkbox, an id and a description")
    package static let taskLabel = Self("task-label", .warning, "A task of a story's phase names that story")
    static let taskStory = Self("task-story", .error, "The story that a task names is in the specification")
    static let taskPath = Self("task-path", .warning, "A task of a story names the files that it changes")
    package static let taskParallel = Self(
        "task-parallel", .warning, "Parallel tasks of a phase change different files")
    static let taskOrder = Self("task-order", .error, "Tasks wait only for tasks that exist and come earlier")
    static let taskCycle = Self("task-cycle", .error, "No task waits for itself")
    static let phaseOrder = Self("phase-order", .warning, "Phases are numbered in their order")
    static let storyTasks = Self("story-tasks", .error, "Every user story has a task")
    package static let coverage = Self("coverage", .warning, "Every requirement has a task")

    // Checklists, constitutions, features
    static let checklist = Self("checklist", .warning, "A checklist has items with ids")
    static let version = Self("version", .error, "A constitution has a version of three numbers and dates")
    static let principle = Self("principle", .error, "A constitution has principles")
    package static let document = Self("document", .error, "A plan has a specification, and tasks have a plan")

    /// All rules in the order of the reference.
    package static let all: [FindingRule] = [
        .encoding, .size, .unread, .openFence, .openComment, .conflict, .placeholder, .unfinished, .templateComment,
        .checkbox, .link, .anchor, .section, .sectionTwice, .question, .instruction, .hidden,
        .idTwice, .idUnknown, .idOrder,
        .story, .storyPriority, .storyTest, .storyScenario, .scenario, .requirement, .criterion, .measure,
        .context, .structure, .research,
        .task, .taskLabel, .taskStory, .taskPath, .taskParallel, .taskOrder, .taskCycle, .phaseOrder, .storyTasks,
        .coverage, .checklist, .version, .principle, .document,
    ]
}

/// One place where a document breaks a rule.
package struct DocumentFinding: Sendable, Hashable {
    package let rule: FindingRule
    package let severity: FindingRule.Severity
    /// The document, in the repository.
    package let path: String
    /// From 1; nil for the document as a whole.
    package let line: Int?
    /// What, why, and what to do, on one line.
    package let message: String
    /// The title of the section to change or to add; nil for the document as a whole, and for one of more than
    /// ``titleLimit`` bytes.
    package let section: String?

    /// Findings are compared: a title may be most of the document, with thousands of findings below it.
    private static let titleLimit = 1_000

    /// - Parameter line: From 0.
    init(
        _ rule: FindingRule, _ severity: FindingRule.Severity? = nil, in document: FeatureDocument, line: Int? = nil,
        section: String? = nil, _ message: String
    ) {
        self.rule = rule
        self.severity = severity ?? rule.severity
        let title = section ?? line.flatMap { document.markdown.section(at: $0)?.title }
        self.path = document.path
        self.line = line.map { $0 + 1 }
        self.section = title.flatMap { $0.utf8.count <= Self.titleLimit ? $0 : nil }
        self.message = message
    }

    /// For a file that was not read.
    package init(_ rule: FindingRule, _ severity: FindingRule.Severity? = nil, path: String, _ message: String) {
        self.rule = rule
        self.severity = severity ?? rule.severity
        self.path = path
        self.line = nil
        self.section = nil
        self.message = message
    }

    /// The same finding with another severity.
    package init(_ finding: DocumentFinding, as severity: FindingRule.Severity) {
        self.rule = finding.rule
        self.severity = severity
        self.path = finding.path
        self.line = finding.line
        self.message = finding.message
        self.section = finding.section
    }

    /// `specs/001-a/spec.md:12`
    package var place: String { self.line.map { "\(self.path):\($0)" } ?? self.path }
}

extension DocumentFinding: Comparable {
    /// By path, then line.
    package static func < (left: Self, right: Self) -> Bool {
        if left.path != right.path { return left.path.utf8.lexicographicallyPrecedes(right.path.utf8) }
        if left.line != right.line { return left.line ?? 0 < right.line ?? 0 }
        if left.severity != right.severity { return left.severity < right.severity }
        if left.rule.id != right.rule.id { return left.rule.id < right.rule.id }
        return left.message < right.message
    }

    /// Without the path, which may have a thousand bytes and is the same for the findings of a document.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.line)
        hasher.combine(self.message)
    }
}
