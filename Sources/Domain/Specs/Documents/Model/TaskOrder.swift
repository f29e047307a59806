/// "This task waits for that one", as a document says it.
package struct TaskOrder: Sendable, Hashable {
    /// Ids such as `T012`, or `Phase 3`.
    package let task: String
    package let prerequisite: String
    /// From 0.
    package let line: Int
}

extension TaskOrder {
    /// From the tasks' own words and the lines of the section Dependencies.
    static func all(in document: MarkdownDocument, tasks: [TaskEntry]) -> [TaskOrder] {
        var orders: [TaskOrder] = []
        for task in tasks {
            orders += task.dependencies.map { TaskOrder(task: task.id, prerequisite: $0, line: task.line) }
        }
        let sections = document.sections.filter { $0.level <= 3 && $0.key.utf8.starts(with: "dependencies".utf8) }
        for section in sections {
            for line in section.lines where document.lines[line].kind == .text {
                orders += Self.orders(in: document.visible(line), line: line)
            }
        }
        return orders
    }

    private static func orders(in text: ArraySlice<UInt8>, line: Int) -> [TaskOrder] {
        if let word = text.index(ofIgnoringCase: "depend") {
            let verb = text[word...]
            guard let on = verb.index(ofWord: "on"), verb[word..<on].count <= 12 else { return [] }
            let left = text[..<word]
            var right = verb[on...].prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: "(") }
            // "depends on Phase 1 — blocks Phases 3–6"
            if let other = right.index(ofIgnoringCase: "block") { right = right[..<other] }
            let tasks = TaskID.all(in: left)
            if !tasks.isEmpty {
                let needed = TaskID.all(in: right)
                return tasks.flatMap { task in
                    needed.filter { $0 != task }.map { TaskOrder(task: task, prerequisite: $0, line: line) }
                }
            }
            let phases = Self.phases(in: left).prefix(1)
            let needed = Self.phases(in: right)
            return phases.flatMap { phase in
                needed.map { TaskOrder(task: "Phase \(phase)", prerequisite: "Phase \($0)", line: line) }
            }
        }
        return self.chain(in: text, line: line)
    }

    /// `T001 → T002, T003 → T004`: each waits for those before the arrow.
    private static func chain(in text: ArraySlice<UInt8>, line: Int) -> [TaskOrder] {
        var orders: [TaskOrder] = []
        var previous: [String] = []
        var rest = text
        while true {
            let arrow = rest.index(ofIgnoringCase: "→") ?? rest.index(ofIgnoringCase: "->")
            let ids = TaskID.all(in: rest[..<(arrow ?? rest.endIndex)])
            // Groups that overlap, such as "T020–T027 → T023–T029", say nothing about single tasks.
            guard Set(ids).isDisjoint(with: previous) else { return [] }
            for id in ids {
                orders += previous.map { TaskOrder(task: id, prerequisite: $0, line: line) }
            }
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
