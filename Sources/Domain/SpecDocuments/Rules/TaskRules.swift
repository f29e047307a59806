/// Rules for a list of tasks on its own.
enum TaskRules {
    static func findings(in tasks: TaskDocument, _ document: FeatureDocument) -> [DocumentFinding] {
        guard !tasks.tasks.isEmpty else {
            return [
                DocumentFinding(
                    .task, in: document,
                    "The document has no task: add lines such as `- [ ] T001 Create src/app.py` below a heading "
                        + "`## Phase 1: Setup`.")
            ]
        }
        return self.forms(tasks, document) + self.ids(tasks, document) + self.labels(tasks, document)
            + ParallelRules.findings(in: tasks, document) + OrderRules.findings(in: tasks, document)
            + SpecRules.questions(tasks.questions, document, .error)
    }

    private static func forms(_ tasks: TaskDocument, _ document: FeatureDocument) -> [DocumentFinding] {
        var findings: [DocumentFinding] = []
        for task in tasks.tasks {
            if task.box == nil {
                findings.append(
                    DocumentFinding(
                        .task, in: document, line: task.line,
                        "\(task.id) has no checkbox, so it can never be done: begin the line with `- [ ] `."))
            }
            if !task.text.contains(where: { $0.isLetter || $0.isNumber }) {
                findings.append(
                    DocumentFinding(
                        .task, in: document, line: task.line,
                        "\(task.id) has no description: say what is to be done, and in which file."))
            }
            if task.id.utf8.dropFirst().prefix(while: { $0.isDigit }).count < 3 {
                findings.append(
                    DocumentFinding(
                        .task, .warning, in: document, line: task.line,
                        "\(task.id) has fewer than three digits, which other programs expect: write it as T001."))
            }
        }
        findings += tasks.unnumbered.map { line in
            DocumentFinding(
                .task, in: document, line: line,
                "This task has no id, so commits and other tasks cannot name it: write `T` and three digits after "
                    + "the checkbox.")
        }
        return findings
    }

    private static func ids(_ tasks: TaskDocument, _ document: FeatureDocument) -> [DocumentFinding] {
        var findings: [DocumentFinding] = []
        var seen: [String: Int] = [:]
        var previous: TaskEntry?
        for task in tasks.tasks {
            if let first = seen[task.id] {
                findings.append(
                    DocumentFinding(
                        .idTwice, in: document, line: task.line,
                        "\(task.id) is also on line \(first + 1), so nobody knows which is meant: give this one "
                            + "the next free number."))
                continue
            }
            seen[task.id] = task.line
            // T012a follows T012.
            if let last = previous, task.number < last.number {
                findings.append(
                    DocumentFinding(
                        .idOrder, in: document, line: task.line,
                        "\(task.id) comes after \(last.id), but ids say the order of the work: move it, or give it the "
                            + "next free number."))
            }
            previous = task
        }
        return findings
    }

    private static func labels(_ tasks: TaskDocument, _ document: FeatureDocument) -> [DocumentFinding] {
        var findings: [DocumentFinding] = []
        for task in tasks.tasks {
            switch tasks.phase(of: task)?.kind {
            case .stories(let numbers):
                let names = numbers.map { "[US\($0)]" }.joined(separator: " or ")
                if task.stories.isEmpty {
                    findings.append(
                        DocumentFinding(
                            .taskLabel, in: document, line: task.line,
                            "\(task.id) is in a story's phase and names no story: write \(names) after the id."))
                } else if !task.stories.contains(where: numbers.contains) {
                    findings.append(
                        DocumentFinding(
                            .taskLabel, in: document, line: task.line,
                            "\(task.id) names US\(task.stories[0]) in the phase of another story: write \(names), or "
                                + "move the task."))
                }
                if task.paths.isEmpty {
                    findings.append(
                        DocumentFinding(
                            .taskPath, in: document, line: task.line,
                            "\(task.id) names no file, so nobody knows where the work is: add its path."))
                }
            case .setup, .foundation, .polish:
                if let story = task.stories.first {
                    findings.append(
                        DocumentFinding(
                            .taskLabel, in: document, line: task.line,
                            "\(task.id) names US\(story) outside the stories' phases: move it to that story, or remove "
                                + "the label."))
                }
            case .other, nil: break
            }
        }
        return findings
    }
}
