/// Decides which task of a list is next. Pure: rebuilt from the document before each task, so that boxes ticked in
/// between count.
package struct TaskQueue: Sendable {
    package enum Next: Sendable, Hashable {
        case task(TaskEntry)
        /// No remaining task can be done.
        case finished
    }

    /// An unticked task that cannot be done, and what it waits for.
    package struct Blocked: Sendable, Hashable {
        package let task: TaskEntry
        /// The ids of tasks that are not done; empty if the task itself is malformed.
        package let waitsFor: [String]
        /// A clause where it is not another task.
        package let reason: String?
    }

    private let tasks: TaskDocument
    private let selection: TaskSelection
    private let left: Set<String>
    private let ticked: Set<String>
    private let open: [TaskEntry]
    /// Those of the open tasks that may block later ones although no text says so.
    private let blocking: [TaskEntry]
    /// The ids that occur more than once.
    private let doubled: Set<String>
    /// By their lines.
    private let phases: [Int: TaskPhase]
    /// The ids of open tasks, by id and by the name of their phase.
    private let openByName: [String: [String]]
    private let needed: [String: [TaskOrder]]

    /// - Parameter left: The ids of tasks that were tried and left.
    package init(_ tasks: TaskDocument, _ selection: TaskSelection = TaskSelection(), left: Set<String> = []) {
        self.tasks = tasks
        self.selection = selection
        self.left = left
        self.ticked = Set(tasks.tasks.filter(\.isTicked).map(\.id))
        self.open = tasks.tasks.filter { !$0.isTicked }
        var seen: Set<String> = []
        self.doubled = Set(tasks.tasks.map(\.id).filter { !seen.insert($0).inserted })
        let phases = Dictionary(
            tasks.tasks.compactMap { task in tasks.phase(of: task).map { (task.line, $0) } },
            uniquingKeysWith: { first, _ in first })
        var openByName = Dictionary(grouping: self.open.map(\.id)) { $0 }
        for task in self.open {
            if let number = phases[task.line]?.number { openByName["Phase \(number)", default: []].append(task.id) }
        }
        self.phases = phases
        self.blocking = self.open.filter { left.contains($0.id) || phases[$0.line]?.comesFirst == true }
        self.openByName = openByName
        self.needed = tasks.needed
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
        if self.doubled.contains(task.id) {
            return Blocked(task: task, waitsFor: [], reason: "its id occurs more than once (number them apart)")
        }
        let waits = self.waits(of: task)
        return waits.isEmpty ? nil : Blocked(task: task, waitsFor: waits, reason: nil)
    }

    /// A task may wait for thousands of others, and thousands may do so.
    private static let mostWaits = 50

    /// The open tasks that must be done before, at most ``mostWaits``.
    private func waits(of task: TaskEntry) -> [String] {
        let phase = self.phases[task.line]
        var seen: Set<String> = [task.id]
        var waits: [String] = []
        for name in [task.id] + (phase?.number.map { ["Phase \($0)"] } ?? []) {
            for order in self.needed[name] ?? [] {
                for id in self.openByName[order.prerequisite] ?? [] where seen.insert(id).inserted {
                    waits.append(id)
                    if waits.count == Self.mostWaits { return waits }
                }
            }
        }
        for other in self.blocking {
            guard other.line < task.line, self.blocks(other, task, phase), seen.insert(other.id).inserted else {
                continue
            }
            waits.append(other.id)
            if waits.count == Self.mostWaits { break }
        }
        return waits
    }

    /// Whether an earlier task blocks a later one although no text says so: what prepares everything, a left task
    /// before one of the same phase that is not marked as parallel, and a left task with the same file.
    private func blocks(_ other: TaskEntry, _ task: TaskEntry, _ phase: TaskPhase?) -> Bool {
        let earlier = self.phases[other.line]
        if let earlier, earlier != phase, earlier.comesFirst {
            // Only a task that was tried and left blocks a task that a person named.
            return self.selection.isAll || self.left.contains(other.id)
        }
        guard self.left.contains(other.id) else { return false }
        if earlier == phase, !task.isParallel { return true }
        return !Set(other.paths).isDisjoint(with: task.paths)
    }
}

extension TaskPhase {
    /// Whether it prepares what all others need.
    fileprivate var comesFirst: Bool { self.kind == .setup || self.kind == .foundation }
}

/// The tasks of a list that a person selected: `T012`, `T012-T015`, `US1`, several of them, or nothing for all.
package struct TaskSelection: Sendable, Hashable {
    /// Empty together with ``stories``: all tasks.
    package let ids: Set<String>
    package let stories: Set<Int>

    package init(ids: Set<String> = [], stories: Set<Int> = []) {
        self.ids = ids
        self.stories = stories
    }

    /// Nil for a text that names neither tasks nor stories.
    package init?(_ text: String) {
        var ids: Set<String> = []
        var stories: Set<Int> = []
        // "T012 - T015" is a range too.
        let joined = Self.joined(text.uppercased())
        for word in joined.split(whereSeparator: { $0 == "," || $0 == ";" || $0.isWhitespace }) {
            if word == "AND" || word == "&" { continue }
            if word.hasPrefix("US"), let number = Int(word.dropFirst(2)) {
                stories.insert(number)
                continue
            }
            let found = TaskID.all(in: Self.bytes(of: word))
            guard !found.isEmpty, word.first == "T" else { return nil }
            ids.formUnion(found)
        }
        self.init(ids: ids, stories: stories)
    }

    package var isAll: Bool { self.ids.isEmpty && self.stories.isEmpty }

    package func contains(_ task: TaskEntry) -> Bool {
        self.isAll || self.ids.contains(task.id) || task.stories.contains { self.stories.contains($0) }
    }

    /// The named tasks and stories that a list does not have.
    package func missing(in tasks: TaskDocument) -> [String] {
        let known = Set(tasks.tasks.map(\.id))
        let numbers = Set(tasks.tasks.flatMap(\.stories))
        return self.ids.filter { !known.contains($0) }.sorted()
            + self.stories.filter { !numbers.contains($0) }.sorted().map { "US\($0)" }
    }

    /// Without the spaces around a range's mark.
    private static func joined(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            if character.isWhitespace {
                let next = rest.drop(while: \.isWhitespace)
                if let mark = next.first, Self.marks.contains(mark) { continue }
                if let last = result.last, Self.marks.contains(last) { continue }
            }
            result.append(character)
        }
        return result
    }

    private static let marks: Set<Character> = ["-", "–", "—"]

    /// With the letter after a number as ids have it: `T012a`.
    private static func bytes(of word: Substring) -> ArraySlice<UInt8> {
        var bytes = Array(word.utf8)
        for index in bytes.indices.dropFirst() {
            let isLetter = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= bytes[index]
            if isLetter, bytes[index - 1].isDigit { bytes[index] += 32 }
        }
        return bytes[...]
    }
}
