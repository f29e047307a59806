internal import Chat
internal import Schemas
internal import Tasks

extension API {
    struct LinkOfTask: Fact {
        let text: String
        let url: String
    }

    struct CommitOfTask: Fact {
        let sha: String
        let url: String
    }

    struct NoteOfTask: Fact {
        let who: String
        let date: String
        let text: String
    }

    /// A task of a repository's `docs/TASKS.md`.
    struct Task: Fact {
        let id: String
        let repository: String
        let text: String
        let state: TaskState
        let owner: String?
        let labels: [String]
        let priority: String?
        let due: String?
        let links: [LinkOfTask]
        let commits: [CommitOfTask]
        let notes: [NoteOfTask]
        let section: String?
        let threadID: String?
        let line: Int
        let updatedAt: Timestamp
        let commit: String

        static let notes: Notes<Self> = [
            \.id: "`~` and hex digits for a task without an id of its own, until its first change.",
            \.due: "Such as `2026-12-01`.",
            \.section: "The heading above it.",
            \.threadID: "The thread that worked on it last.",
            \.commit: "At which it was read: the `base` of a change.",
            \.commits: "Those that it links; of a single task also those that name it, by `Jetbridge-Task: ID`.",
        ]

        /// - Parameter naming: The commits that name it, besides those that it links.
        init(_ task: TaskRecord, naming: [CommitOfTask] = []) {
            self.id = task.id
            self.repository = task.repository
            self.text = task.text
            self.state = task.state
            self.owner = task.owner
            self.labels = task.labels
            self.priority = task.priority
            self.due = task.due
            self.links = task.links.map { LinkOfTask(text: $0.text, url: $0.url) }
            let linked = task.commits.map { CommitOfTask(sha: $0.sha, url: $0.url) }
            self.commits = linked + naming.filter { commit in !linked.contains { commit.sha.hasPrefix($0.sha) } }
            self.notes = task.notes.map { NoteOfTask(who: $0.who, date: $0.date, text: $0.text) }
            self.section = task.section
            self.threadID = task.session
            self.line = task.line
            self.updatedAt = Timestamp(milliseconds: task.updatedAt)
            self.commit = task.commit
        }
    }

    struct TaskPage: Fact {
        let items: [Task]
        let nextCursor: String?
        let commit: String?

        static let notes: Notes<Self> = [
            \.commit: "At which the list was read; null for those of several repositories."
        ]
    }

    struct TaskFeatureQuery: Fact {
        let repository: String?

        static let notes: Notes<Self> = [\.repository: "By default the default one."]
    }

    struct TaskOfFeature: Fact {
        let id: String
        let text: String
        let state: TaskState
    }

    /// The tasks of a feature, in `specs/NNN-NAME/tasks.md`.
    struct TaskFeature: Fact {
        let repository: String
        let feature: String
        let branch: String
        let url: String
        let done: Int
        let total: Int
        let tasks: [TaskOfFeature]

        static let notes: Notes<Self> = [\.feature: "The folder's name below `specs/`."]

        init(_ feature: Tasks.TaskFeature) {
            self.repository = feature.repository
            self.feature = feature.name
            self.branch = feature.branch
            self.url = feature.url
            self.done = feature.done
            self.total = feature.total
            self.tasks = feature.items.map { TaskOfFeature(id: $0.id, text: $0.text, state: $0.state) }
        }
    }

    struct TaskFeaturePage: Fact {
        let items: [TaskFeature]
    }

    struct TaskQuery: Fact {
        let repository: String?
        let state: TaskState?
        let owner: String?
        let label: String?
        let query: String?
        let cursor: String?
        let limit: Int?

        static let notes: Notes<Self> = [
            \.repository: "Only this repository's; otherwise those of all.",
            \.owner: "Without `@`.", \.label: "Without `#`.",
            \.query: MemberNote("Only tasks with all these words.", maxLength: 200),
            \.cursor: cursorNote, \.limit: limitNote(200, most: 5_000),
        ]
    }

    struct NewTask: Fact {
        let repository: String?
        let text: String
        let owner: String?
        let labels: [String]?
        let priority: String?
        let due: String?
        let threadID: String?

        static let notes: Notes<Self> = [
            \.repository: "By default the default one.",
            \.text: MemberNote("One line.", minLength: 1, maxLength: TaskText.limit),
            \.labels: "At most \(TaskText.labelLimit).",
            \.priority: "A word, such as `high`.", \.due: "Such as `2026-12-01`.",
            \.threadID: "The thread that it comes from.",
        ]

        var changes: [TaskWish.Change] {
            var changes = [TaskWish.Change.text(self.text)]
            if let owner = self.owner, !owner.isEmpty { changes.append(.owner(owner)) }
            if let labels = self.labels, !labels.isEmpty { changes.append(.labels(labels)) }
            if let priority = self.priority, !priority.isEmpty { changes.append(.priority(priority)) }
            if let due = self.due, !due.isEmpty { changes.append(.due(due)) }
            return changes
        }
    }

    struct TaskChange: ChangeDocument {
        let state: TaskState?
        let owner: Change<String>
        let text: String?
        let labels: [String]?
        let priority: Change<String>
        let due: Change<String>
        let note: String?
        let link: String?
        let base: String?

        static let notes: Notes<Self> = [
            \.link: MemberNote("An address or the hash of a commit; is added to the others.", minLength: 1),
            \.text: MemberNote("One line.", minLength: 1, maxLength: TaskText.limit),
            \.labels: "At most \(TaskText.labelLimit).",
            \.priority: "A word, such as `high`.", \.due: "Such as `2026-12-01`.",
            \.note: MemberNote("Is added to the others.", minLength: 1),
            \.base: MemberNote(
                "The `commit` at which the task was read: nothing is changed if it is another one since.", minLength: 7,
                maxLength: 64),
        ]

        var changes: [TaskWish.Change] {
            var changes: [TaskWish.Change] = []
            if let state = self.state { changes.append(.state(state)) }
            if let owner = self.owner.wish { changes.append(.owner(owner)) }
            if let text = self.text { changes.append(.text(text)) }
            if let labels = self.labels { changes.append(.labels(labels)) }
            if let priority = self.priority.wish { changes.append(.priority(priority)) }
            if let due = self.due.wish { changes.append(.due(due)) }
            if let note = self.note { changes.append(.note(note)) }
            return changes
        }
    }
}

extension Change<String> {
    /// Nil for what stays; within it nil, or an empty text, for what is taken away.
    fileprivate var wish: String?? {
        switch self {
        case .keep: .none
        case .remove: .some(nil)
        case .set(let text): .some(text.isEmpty ? nil : text)
        }
    }
}

extension TaskState: WordChoice {}
