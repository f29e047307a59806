/// What waits for what: known ids, earlier tasks, no circles; phases in their order.
enum OrderRules {
    static func findings(in tasks: TaskDocument, _ document: FeatureDocument) -> [DocumentFinding] {
        self.orders(tasks, document) + self.cycles(tasks, document) + self.phases(tasks, document)
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
                        "\(name) does not exist, so that nothing can wait for it: correct the number.")
                }
            }
            for id in [order.prerequisite, order.task] where places[id] == nil {
                return DocumentFinding(
                    .taskOrder, in: document, line: order.line,
                    "\(id) does not exist, so that nothing can wait for it: correct the id.")
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
        var needed: [String: [TaskOrder]] = [:]
        for order in tasks.orders { needed[order.task, default: []].append(order) }
        return OrderCycles.all(in: needed).map { cycle in
            let names = cycle.map(\.task) + [cycle[0].task]
            let shown = names.count > 12 ? Array(names.prefix(11)) + ["…"] : names
            return DocumentFinding(
                .taskCycle, in: document, line: cycle.map(\.line).min(),
                "\(shown.joined(separator: " waits for ")), so that none of them can begin: remove one of these "
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
