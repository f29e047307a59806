/// Rules for dependencies: known ids, earlier tasks, no cycles; phases in order.
enum OrderRules {
    static func findings(in tasks: TaskDocument, _ document: FeatureDocument) -> [DocumentFinding] {
        self.orders(tasks, document) + self.cycles(tasks, document) + self.phases(tasks, document)
            + self.excess(tasks, document)
    }

    private static func excess(_ tasks: TaskDocument, _ document: FeatureDocument) -> [DocumentFinding] {
        guard tasks.orders.count == TaskOrder.limit else { return [] }
        return [
            DocumentFinding(
                .taskOrder, .warning, in: document,
                "Only the first \(TaskOrder.limit) dependencies count: name fewer, or let phases wait for one another.")
        ]
    }

    private static func orders(_ tasks: TaskDocument, _ document: FeatureDocument) -> [DocumentFinding] {
        var places: [String: Int] = [:]
        for (place, task) in tasks.tasks.enumerated() where places[task.id] == nil { places[task.id] = place }
        let numbers = Set(tasks.phases.compactMap(\.number))
        return tasks.orders.compactMap { order in
            if order.task.utf8.starts(with: "Phase".utf8) {
                let unknown = [order.task, order.prerequisite].first { name in
                    Int(name.dropFirst("Phase ".count)).map { !numbers.contains($0) } ?? false
                }
                return unknown.map { name in
                    DocumentFinding(
                        .taskOrder, in: document, line: order.line,
                        "\(name) does not exist, so nothing can wait for it: correct the number.")
                }
            }
            for id in [order.prerequisite, order.task] where places[id] == nil {
                return DocumentFinding(
                    .taskOrder, in: document, line: order.line,
                    "\(id) does not exist, so nothing can wait for it: correct the id.")
            }
            guard let task = places[order.task], let needed = places[order.prerequisite], needed > task else {
                return nil
            }
            return DocumentFinding(
                .taskOrder, .warning, in: document, line: order.line,
                "\(order.task) waits for \(order.prerequisite), which comes later: change their order.")
        }
    }

    private static func cycles(_ tasks: TaskDocument, _ document: FeatureDocument) -> [DocumentFinding] {
        OrderCycles.all(in: tasks.needed).map { cycle in
            let names = cycle.map(\.task) + [cycle[0].task]
            let shown = names.count > 12 ? Array(names.prefix(11)) + ["…"] : names
            return DocumentFinding(
                .taskCycle, in: document, line: cycle.map(\.line).min(),
                "\(shown.joined(separator: " waits for ")), so none of them can begin: remove one of these "
                    + "dependencies.")
        }
    }

    private static func phases(_ tasks: TaskDocument, _ document: FeatureDocument) -> [DocumentFinding] {
        var last = 0
        return tasks.phases.compactMap { phase in
            guard let number = phase.number else { return nil }
            // `Phase 3.1` and `Phase 3.2` share their number.
            defer { last = max(last, number) }
            guard number < last else { return nil }
            return DocumentFinding(
                .phaseOrder, in: document, line: phase.line,
                "Phase \(number) comes after Phase \(last): number the phases in their order.")
        }
    }
}

/// Finds cycles of tasks that wait for one another.
enum OrderCycles {
    private enum Mark {
        /// On the path, with this many tasks before it.
        case open(Int)
        case done
    }

    /// Each may have as many tasks as the document.
    static let limit = 20

    /// The first ``limit`` of one cycle for each order that closes one, in the order of ids; each begins with its lowest
    /// id.
    ///
    /// - Parameter needed: Each order once.
    static func all(in needed: [String: [TaskOrder]]) -> [[TaskOrder]] {
        var marks: [String: Mark] = [:]
        var cycles: [[TaskOrder]] = []
        for start in needed.keys.sorted() where marks[start] == nil {
            // Not recursive, because the document decides the depth.
            var path: [TaskOrder] = []
            var stack: [(name: String, next: Int)] = [(start, 0)]
            marks[start] = .open(0)
            while let top = stack.last {
                guard let orders = needed[top.name], top.next < orders.count else {
                    marks[top.name] = .done
                    stack.removeLast()
                    if !path.isEmpty { path.removeLast() }
                    continue
                }
                stack[stack.count - 1].next += 1
                let order = orders[top.next]
                switch marks[order.prerequisite] {
                case .done: break
                case nil:
                    marks[order.prerequisite] = .open(stack.count)
                    path.append(order)
                    stack.append((order.prerequisite, 0))
                case .open(let depth):
                    cycles.append(Self.rotated(Array(path[depth...]) + [order]))
                    if cycles.count == Self.limit { return cycles }
                }
            }
        }
        return cycles
    }

    private static func rotated(_ cycle: [TaskOrder]) -> [TaskOrder] {
        guard let lowest = cycle.indices.min(by: { cycle[$0].task < cycle[$1].task }) else { return cycle }
        return Array(cycle[lowest...] + cycle[..<lowest])
    }
}

/// Tasks marked `[P]` in one phase change different files.
enum ParallelRules {
    static func findings(in tasks: TaskDocument, _ document: FeatureDocument) -> [DocumentFinding] {
        var findings: [DocumentFinding] = []
        // Phases and tasks are in the order of their lines, so each phase begins after those of earlier ones.
        var rest = tasks.tasks.filter(\.isParallel)[...]
        for phase in tasks.phases {
            var first: [String: TaskEntry] = [:]
            rest = rest.drop { $0.line <= phase.line }
            for task in rest.prefix(while: { $0.line < phase.end }) {
                for path in task.paths where !path.hasSuffix("/") {
                    guard let other = first[path] else {
                        first[path] = task
                        continue
                    }
                    guard other.id != task.id else { continue }
                    findings.append(self.finding(task, other, path, document))
                }
            }
        }
        return findings
    }

    private static func finding(
        _ task: TaskEntry, _ other: TaskEntry, _ path: String, _ document: FeatureDocument
    ) -> DocumentFinding {
        // A warning: lists of other authors mark tasks that only read the file, or come in a later step.
        DocumentFinding(
            .taskParallel, in: document, line: task.line,
            "\(task.id) and \(other.id) are both parallel and name \(path), where they would collide: remove [P] from "
                + "one of them, or split the work by file.")
    }
}
