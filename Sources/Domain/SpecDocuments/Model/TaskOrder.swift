/// "This task waits for that one", as a document says it.
package struct TaskOrder: Sendable, Hashable {
    /// Ids such as `T012`, or `Phase 3`.
    package let task: String
    package let prerequisite: String
    /// From 0.
    package let line: Int
}

extension TaskOrder {
    /// The most of a document. Two ranges on one line stand for the product of their ids.
    static let limit = 10_000

    /// The first ``limit`` from the tasks' own words and the lines of the section Dependencies.
    static func all(in document: MarkdownDocument, tasks: [TaskEntry]) -> [TaskOrder] {
        var orders: [TaskOrder] = []
        for task in tasks {
            orders += Self.orders(of: [task.id], after: task.dependencies, line: task.line, limit - orders.count)
        }
        var room = TaskID.room
        let sections = document.sections.filter { $0.level <= 3 && $0.key.utf8.starts(with: "dependencies".utf8) }
        for section in sections {
            for line in section.lines where document.lines[line].kind == .text && room > 0 {
                orders += Self.orders(in: document.visible(line), line: line, limit - orders.count, &room)
            }
        }
        return orders
    }

    /// Each of `tasks` waits for each of `needed`, up to `limit` of them.
    ///
    /// - Parameter isOfGroups: A group that overlaps what it waits for does not mean that a task waits for itself.
    private static func orders(
        of tasks: [String], after needed: [String], line: Int, isOfGroups: Bool = false, _ limit: Int
    ) -> [TaskOrder] {
        let pairs = tasks.lazy.flatMap { task in
            needed.lazy.filter { !isOfGroups || $0 != task }
                .map { TaskOrder(task: task, prerequisite: $0, line: line) }
        }
        return Array(pairs.prefix(limit))
    }

    /// - Parameter room: See ``TaskID/room``.
    private static func orders(
        in text: ArraySlice<UInt8>, line: Int, _ limit: Int, _ room: inout Int
    ) -> [TaskOrder] {
        if let word = text.index(ofIgnoringCase: "depend") {
            let verb = text[word...]
            guard let on = verb.index(ofWord: "on"), verb[word..<on].count <= 12 else { return [] }
            let left = text[..<word]
            var right = verb[on...].prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: "(") }
            // "depends on Phase 1 — blocks Phases 3–6"
            if let other = right.index(ofIgnoringCase: "block") { right = right[..<other] }
            let tasks = TaskID.all(in: left, &room)
            if !tasks.isEmpty {
                let needed = TaskID.all(in: right, &room)
                return Self.orders(of: tasks, after: needed, line: line, isOfGroups: true, limit)
            }
            let phases = Self.phases(in: left).prefix(1).map { "Phase \($0)" }
            return Self.orders(of: phases, after: Self.phases(in: right).map { "Phase \($0)" }, line: line, limit)
        }
        return self.chain(in: text, line: line, limit, &room)
    }

    /// `T001 → T002, T003 → T004`: each waits for those before the arrow.
    private static func chain(
        in text: ArraySlice<UInt8>, line: Int, _ limit: Int, _ room: inout Int
    ) -> [TaskOrder] {
        var orders: [TaskOrder] = []
        var previous: [String] = []
        var rest = text
        while true {
            let arrow = rest.indices.first { rest[$0...].begins(with: "→") || rest[$0...].begins(with: "->") }
            let ids = TaskID.all(in: rest[..<(arrow ?? rest.endIndex)], &room)
            // Groups that overlap, such as "T020–T027 → T023–T029", say nothing about single tasks.
            guard Set(ids).isDisjoint(with: previous) else { return [] }
            orders += Self.orders(of: ids, after: previous, line: line, limit - orders.count)
            previous = ids
            guard let arrow else { return orders }
            rest = rest[(arrow + (rest[arrow...].begins(with: "→") ? 3 : 2))...]
        }
    }

    /// The numbers after `Phase` and `Phases`: "Phases 3, 4, and 5".
    private static func phases(in text: ArraySlice<UInt8>) -> [Int] {
        var numbers: [Int] = []
        var rest = text
        while let index = rest.index(ofIgnoringCase: "phase") {
            rest = rest[(index + 5)...]
            if rest.first?.lowercased == UInt8(ascii: "s") { rest = rest.dropFirst() }
            var next = rest.drop { $0.isSpace }
            while let number = next.leadingNumber() {
                numbers.append(number.value)
                next = number.rest.drop { $0.isSpace || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "&") }
                if next.begins(with: "and ") { next = next.dropFirst(4) }
            }
        }
        return numbers
    }
}
