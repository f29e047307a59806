package import Chat
internal import Primitives

/// What somebody wants of a task, before it is known what it is now.
package struct TaskWish: Sendable, Hashable {
    package enum Change: Sendable, Hashable {
        case state(TaskState)
        /// Nil takes the owner away.
        case owner(String?)
        case text(String)
        case labels([String])
        /// A word; nil takes it away.
        case priority(String?)
        /// Such as `2026-12-01`; nil takes it away.
        case due(String?)
        case note(String)
        case link(text: String, url: String)
    }

    /// The task's address; nil for a new one.
    package let task: String?
    package let changes: [Change]
    /// The commit at which the person saw the task: if it has changed since, nothing is changed. Nil where that does not
    /// matter.
    package let base: String?

    package init(_ task: String?, _ changes: [Change], base: String? = nil) {
        self.task = task
        self.changes = changes
        self.base = base
    }

    /// As actions on the task as it was.
    func actions(on item: TaskItem, by who: String, on date: String) -> [TaskAction] {
        let key = TaskFile.Key(item)
        return self.changes.map { change in
            let (field, new) = Self.parts(change, who, date)
            let isAdded = field == .note || field == .link
            return TaskAction(key, field, from: isAdded ? nil : item.value(of: field), to: new)
        }
    }

    private static func parts(_ change: Change, _ who: String, _ date: String) -> (TaskAction.Field, [String]) {
        switch change {
        case .state(let state): (.state, [state.rawValue])
        case .owner(let owner): (.owner, owner.map { [$0.hasPrefix("@") ? String($0.dropFirst()) : $0] } ?? [])
        case .text(let text): (.text, [text])
        case .labels(let labels): (.labels, labels.map { $0.hasPrefix("#") ? String($0.dropFirst()) : $0 })
        case .priority(let word): (.priority, word.map { [$0.hasPrefix("!") ? String($0.dropFirst()) : $0] } ?? [])
        case .due(let day): (.due, day.map { [$0] } ?? [])
        case .note(let text): (.note, [who, date, text])
        case .link(let text, let url): (.link, [text, url])
        }
    }

    /// What the commit is called.
    func subject(_ address: String, _ title: String) -> String {
        let done: String
        switch self.changes.first {
        case _ where self.task == nil, nil:
            let more = self.changes.count { if case .text = $0 { true } else { false } } - 1
            done = more > 0 ? "Add task \(address) and \(more) more" : "Add task \(address)"
        case .state(let state):
            done =
                switch state {
                case .open: "Reopen \(address)"
                case .started: "Start \(address)"
                case .done: "Finish \(address)"
                case .dropped: "Drop \(address)"
                }
        case .owner(let owner): done = owner.map { "Assign \(address) to \($0)" } ?? "Release \(address)"
        case .text: done = "Rename \(address)"
        case .labels: done = "Label \(address)"
        case .priority(let word):
            done = word.map { "Set the priority of \(address) to \($0)" } ?? "Remove the priority of \(address)"
        case .due(let day):
            done = day.map { "Set the due date of \(address) to \($0)" } ?? "Remove the due date of \(address)"
        case .note: done = "Note on \(address)"
        case .link: done = "Link \(address)"
        }
        let text = "\(TaskText.line(done)): \(TaskText.line(title))"
        let start = text.beginning(bytes: 500)
        let isWhole = start.utf8.count == text.utf8.count && start.count <= 72
        return isWhole ? text : String(start.prefix(71)) + "…"
    }
}

extension Sender {
    /// What the person is called in lists of tasks, after `@`.
    package var taskHandle: String {
        let names = [self.displayName, String(self.id.split(whereSeparator: { "/:".contains($0) }).last ?? "")]
        for name in names {
            let word = TaskText.line(name).split(separator: " ").joined(separator: "-").filter {
                TaskText.isWord("a\($0)")
            }
            if TaskText.isWord(word) { return word.lowercased() }
        }
        return "somebody"
    }
}
