/// Tasks marked `[P]` in one phase change different files.
enum ParallelRules {
    static func findings(in tasks: TaskDocument, _ document: FeatureDocument) -> [DocumentFinding] {
        var findings: [DocumentFinding] = []
        for phase in tasks.phases {
            var first: [String: TaskEntry] = [:]
            for task in tasks.tasks where task.isParallel && phase.line < task.line && task.line < phase.end {
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
