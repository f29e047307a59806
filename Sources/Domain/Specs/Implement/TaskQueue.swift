package import SpecDocuments

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
    /// The open tasks of each phase that prepares what all others need, by the phase's line and in their order. Grouped
    /// once, because each of thousands of tasks looks for those before it.
    private let preparing: [(phase: Int, tasks: [TaskEntry])]
    /// The open tasks that were tried and left, with their files.
    private let tried: [(task: TaskEntry, paths: Set<String>)]
    /// The ids that occur more than once.
    private let doubled: Set<String>
    /// By their lines.
    private let phases: [Int: TaskPhase]
    /// The ids of open tasks, by id and by the name of their phase, each once.
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
        var openByName = Dictionary(self.open.map { ($0.id, [$0.id]) }, uniquingKeysWith: { first, _ in first })
        var listed: [Int: Set<String>] = [:]
        for task in self.open {
            guard let number = phases[task.line]?.number, listed[number, default: []].insert(task.id).inserted else {
                continue
            }
            openByName["Phase \(number)", default: []].append(task.id)
        }
        self.phases = phases
        self.preparing = Self.preparing(self.open, phases)
        var known: Set<String> = []
        self.tried = self.open.filter { left.contains($0.id) && known.insert($0.id).inserted }.map {
            ($0, Set($0.paths))
        }
        self.openByName = openByName
        self.needed = tasks.needed
    }

    /// Each id once in its phase.
    private static func preparing(
        _ open: [TaskEntry], _ phases: [Int: TaskPhase]
    ) -> [(phase: Int, tasks: [TaskEntry])] {
        var groups: [(phase: Int, tasks: [TaskEntry])] = []
        var places: [Int: Int] = [:]
        var seen: [Int: Set<String>] = [:]
        for task in open {
            guard let phase = phases[task.line], phase.comesFirst,
                seen[phase.line, default: []].insert(task.id).inserted
            else { continue }
            if let place = places[phase.line] {
                groups[place].tasks.append(task)
            } else {
                places[phase.line] = groups.count
                groups.append((phase.line, [task]))
            }
        }
        return groups
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
        // Only a task that was tried and left blocks a task that a person named.
        for group in self.selection.isAll ? self.preparing : [] where group.phase != phase?.line {
            for other in group.tasks {
                guard other.line < task.line else { break }
                guard seen.insert(other.id).inserted else { continue }
                waits.append(other.id)
                if waits.count == Self.mostWaits { return waits }
            }
        }
        for (other, paths) in self.tried {
            guard other.line < task.line, self.blocks(other, paths, task, phase), seen.insert(other.id).inserted
            else { continue }
            waits.append(other.id)
            if waits.count == Self.mostWaits { break }
        }
        return waits
    }

    /// Whether a left task blocks a later one although no text says so: it prepares everything, comes before one of the
    /// same phase that is not marked as parallel, or names the same file.
    private func blocks(_ other: TaskEntry, _ paths: Set<String>, _ task: TaskEntry, _ phase: TaskPhase?) -> Bool {
        let earlier = self.phases[other.line]
        if earlier?.line == phase?.line {
            if !task.isParallel { return true }
        } else if earlier?.comesFirst == true {
            return true
        }
        return !paths.isDisjoint(with: task.paths)
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

    /// In bytes. Nobody types a longer list.
    static let byteLimit = 1_000
    /// Ranges make many ids of few words.
    static let idLimit = 500

    private enum Reading {
        case selection(ids: Set<String>, stories: Set<Int>)
        /// It has more bytes or ids than are read.
        case excess
        case nothing
    }

    /// Nil for a text that names neither tasks nor stories, or more than ``byteLimit`` and ``idLimit`` allow.
    package init?(_ text: String) {
        guard case .selection(let ids, let stories) = Self.read(text) else { return nil }
        self.init(ids: ids, stories: stories)
    }

    /// Whether a text names more than is read.
    static func isExcess(_ text: String) -> Bool { if case .excess = Self.read(text) { true } else { false } }

    private static func read(_ text: String) -> Reading {
        guard text.utf8.count <= Self.byteLimit else { return .excess }
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
            guard !found.isEmpty, word.first == "T" else { return .nothing }
            ids.formUnion(found)
            guard ids.count <= Self.idLimit else { return .excess }
        }
        return .selection(ids: ids, stories: stories)
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

    /// With one space for several, and without those around a range's mark.
    private static func joined(_ text: String) -> String {
        var result = ""
        var isAfterMark = false
        var isSpaced = false
        for character in text {
            if character.isWhitespace {
                isSpaced = true
                continue
            }
            let isMark = Self.marks.contains(character)
            if isSpaced, !isMark, !isAfterMark { result.append(" ") }
            result.append(character)
            (isAfterMark, isSpaced) = (isMark, false)
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
