/// Which task of a list is next. Pure: made anew from the document before each task, so that boxes that people tick in
/// between count.
package struct TaskQueue: Sendable {
    package enum Next: Sendable, Hashable {
        case task(TaskEntry)
        /// Nothing is left that can be done.
        case finished
    }

    /// An unticked task that cannot be done, and what it waits for.
    package struct Blocked: Sendable, Hashable {
        package let task: TaskEntry
        /// Ids of tasks that are not done; empty where the task itself is damaged.
        package let waitsFor: [String]
        /// A clause where it is not another task.
        package let reason: String?
    }

    private let tasks: TaskDocument
    private let selection: TaskSelection
    private let left: Set<String>
    private let ticked: Set<String>
    private let open: [TaskEntry]

    /// - Parameter left: The ids of tasks that were tried and left.
    package init(_ tasks: TaskDocument, _ selection: TaskSelection = TaskSelection(), left: Set<String> = []) {
        self.tasks = tasks
        self.selection = selection
        self.left = left
        self.ticked = Set(tasks.tasks.filter(\.isTicked).map(\.id))
        self.open = tasks.tasks.filter { !$0.isTicked }
    }

    /// The selected tasks, and how many of them are done.
    package var total: Int { self.tasks.tasks.count { self.selection.contains($0) } }
    package var done: Int { self.tasks.tasks.count { self.selection.contains($0) && $0.isTicked } }

    /// No tasks were named.
    package var isOfAll: Bool { self.selection.isAll }

    package var next: Next {
        for task in self.candidates where self.obstacle(of: task) == nil { return .task(task) }
        return .finished
    }

    /// The selected tasks that are open, were not tried, and cannot begin.
    package var blocked: [Blocked] {
        self.candidates.compactMap { self.obstacle(of: $0) }
    }

    private var candidates: [TaskEntry] {
        self.open.filter { self.selection.contains($0) && !self.left.contains($0.id) }
    }

    private func obstacle(of task: TaskEntry) -> Blocked? {
        if task.box == nil {
            return Blocked(task: task, waitsFor: [], reason: "it has no checkbox (begin its line with `- [ ] `)")
        }
        if self.tasks.tasks.count(where: { $0.id == task.id }) > 1 {
            return Blocked(task: task, waitsFor: [], reason: "its id occurs more than once (number them apart)")
        }
        let waits = self.waits(of: task)
        return waits.isEmpty ? nil : Blocked(task: task, waitsFor: waits, reason: nil)
    }

    /// The open tasks that must be done before.
    private func waits(of task: TaskEntry) -> [String] {
        let phase = self.tasks.phase(of: task)
        var waits: [String] = []
        for order in self.tasks.orders {
            if order.task == task.id {
                waits += self.open.filter { $0.id == order.prerequisite }.map(\.id)
            } else if let number = phase?.number, order.task == "Phase \(number)" {
                waits += self.open.filter { self.name(ofPhaseOf: $0) == order.prerequisite }.map(\.id)
            }
        }
        for other in self.open where other.line < task.line && self.blocks(other, task, phase) {
            waits.append(other.id)
        }
        var seen: Set<String> = [task.id]
        return waits.filter { seen.insert($0).inserted }
    }

    /// Whether an earlier task blocks a later one without anybody's having written so: what prepares everything, a left
    /// task before one of the same phase that is not marked as parallel, and a left task with the same file.
    private func blocks(_ other: TaskEntry, _ task: TaskEntry, _ phase: TaskPhase?) -> Bool {
        let earlier = self.tasks.phase(of: other)
        if let earlier, earlier != phase, earlier.kind == .setup || earlier.kind == .foundation {
            // A person who names a task means it: only what was tried and left is in its way.
            return self.selection.isAll || self.left.contains(other.id)
        }
        guard self.left.contains(other.id) else { return false }
        if earlier == phase, !task.isParallel { return true }
        return !Set(other.paths).isDisjoint(with: task.paths)
    }

    private func name(ofPhaseOf task: TaskEntry) -> String? {
        self.tasks.phase(of: task)?.number.map { "Phase \($0)" }
    }
}
