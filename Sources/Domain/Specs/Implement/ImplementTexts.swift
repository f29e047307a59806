internal import Primitives
package import SpecDocuments

/// What `implement` says.
package enum ImplementTexts {
    private static let named = 6

    package static let arguments =
        "That names no task: type `implement` for all tasks, or for example `implement T012`, `implement T012-T015` or "
        + "`implement US1`."

    private static let excess =
        "That names too much: `implement` takes at most \(TaskSelection.idLimit) tasks in \(TaskSelection.byteLimit) "
        + "bytes. Type `implement` for all tasks, or a story, for example `implement US1`."

    /// Why `implement` does not take these words; nil if it does.
    package static func refusal(of text: String) -> String? {
        guard TaskSelection(text) == nil else { return nil }
        return TaskSelection.isExcess(text) ? Self.excess : Self.arguments
    }

    package static func noTasks(_ feature: String) -> String {
        "\(feature) has no tasks.md yet, so there is nothing to implement: type `tasks` first."
    }

    package static func emptyList(_ feature: String) -> String {
        "The tasks.md of \(feature) has no task: type `tasks` to write them, or add lines such as "
            + "`- [ ] T001 Create src/app.py`."
    }

    package static func unknown(_ names: [String], in feature: String) -> String {
        let shown = names.prefix(Self.named).joined(separator: ", ")
        return "\(shown) \(names.count == 1 ? "is" : "are") not in the tasks.md of \(feature): `spec` shows its tasks."
    }

    package static func otherBranch(_ feature: String, _ branch: String, _ own: String) -> String {
        "The tasks of \(feature) are on the branch \(branch), but its work belongs to \(own), which lacks them: merge "
            + "\(branch) into \(own), or delete \(own)."
    }

    package static func uncommitted(_ files: Int, before task: String) -> String {
        let count = files.counted("file")
        return "The workspace has uncommitted changes (\(count)); they become part of the commit of \(task)."
    }

    /// The first line of the task's commit.
    package static func subject(of task: TaskEntry) -> String {
        "\(task.id) \(ImplementProgress.safe(task.text))".abridged(to: 72)
    }

    package static func left(_ task: TaskEntry, _ reason: String, snapshot: String?) -> String {
        let kept = snapshot.map { " What it had changed is in the snapshot \($0)." } ?? ""
        return "\(task.id) was left: \(Self.clause(reason)).\(kept)"
    }

    package static func noteSubject(of task: TaskEntry) -> String { "Note why \(task.id) was left" }

    /// The last words of the turn.
    package static func summary(_ queue: TaskQueue, feature: String, made: Int, left: [String: String]) -> String {
        var lines: [String] = []
        let (done, total) = (queue.done, queue.total)
        // Others may still be open when a person has named some.
        let which = queue.isOfAll ? "" : "named "
        if done == total {
            lines.append(
                made == 0
                    ? "All \(which)\(total.counted("task")) of `\(feature)` are done already."
                    : "All \(which)\(total.counted("task")) of `\(feature)` are done.")
        } else {
            lines.append("\(done) of \(which)\(total.counted("task")) of `\(feature)` are done.")
        }
        for (id, reason) in left.sorted(by: { $0.key < $1.key }).prefix(Self.named) {
            lines.append("- \(id) was left: \(Self.clause(reason)).")
        }
        let blocked = queue.blocked
        for blocked in blocked.prefix(Self.named) {
            let reason = blocked.reason ?? "it waits for \(Self.list(blocked.waitsFor))"
            lines.append("- \(blocked.task.id) cannot begin: \(reason).")
        }
        if blocked.count > Self.named { lines.append("- and \(blocked.count - Self.named) more") }
        if let first = left.keys.sorted().first {
            lines += ["", "Change the task or the plan, then type `implement \(first)` to try it again."]
        } else if made == 0, let first = blocked.first?.waitsFor.first {
            lines += ["", "Type `implement \(first)` first, or `implement` for all tasks in their order."]
        }
        return lines.joined(separator: "\n")
    }

    /// Without a full stop, on one line.
    package static func clause(_ text: String) -> String {
        var line = text.onOneLine
        while line.last == "." { line.removeLast() }
        return line.abridged(to: 240)
    }

    private static func list(_ ids: [String]) -> String {
        let more = ids.count > Self.named ? " and \(ids.count - Self.named) more" : ""
        return ids.prefix(Self.named).joined(separator: ", ") + more
    }
}
