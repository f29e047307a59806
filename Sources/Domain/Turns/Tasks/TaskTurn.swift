package import Chat
internal import Primitives
internal import Repositories
internal import Sessions
package import Tasks

/// `task …`: shows and changes the list of tasks of the thread's repository, or works on one of them.
package struct TaskTurn: TurnWorker {
    private let desk: TaskDesk
    private let agent: AgentWorker

    package init(desk: TaskDesk, agent: AgentWorker) {
        self.desk = desk
        self.agent = agent
    }

    package func refusal(of text: String) -> String? { TaskCommand(text) == nil ? TaskCommand.usage : nil }

    package func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        guard let command = TaskCommand(request.text) else { throw TurnFailure(TaskCommand.usage) }
        do {
            switch command {
            case .list: return try await self.list(request, thread)
            case .show(let id):
                try await thread.report(.text(TaskTexts.card(self.desk.task(id, in: request.repository))))
                return .complete
            case .work(let id):
                return try await TaskWork(desk: self.desk, agent: self.agent, request: request, thread: thread).run(id)
            default:
                return try await self.change(self.wish(command, request), request, thread)
            }
        } catch let error as TaskError {
            throw TurnFailure("Nothing was changed: \(error.description).")
        } catch let error as RepositoryError {
            throw TurnFailure("The tasks can't be used: \(error.message).")
        }
    }

    private func list(_ request: TurnRequest, _ thread: any TurnThread) async throws -> TurnEnding {
        var filter = TaskFilter()
        filter.isUnfinished = true
        let repository = request.repository ?? self.desk.names.first
        let head = try await self.desk.refresh(request.repository)
        let (all, _, _) = try await self.desk.list(filter, in: head.repository, limit: TaskTexts.read)
        let link = self.desk.pages.file(TaskFile.path, on: head.branch, of: head.repository)
        try await thread.report(
            .text(TaskTexts.list(all, of: repository ?? head.repository, for: request.sender.taskHandle, link: link)))
        return .complete
    }

    private func wish(_ command: TaskCommand, _ request: TurnRequest) async throws -> TaskWish {
        switch command {
        case .add(let text): TaskWish(nil, [.text(text)])
        case .claim(let id): TaskWish(id, [.owner(request.sender.taskHandle)])
        case .move(let id, let state): TaskWish(id, [.state(state)])
        case .assign(let id, let who): TaskWish(id, [.owner(who)])
        case .note(let id, let text): TaskWish(id, [.note(text)])
        case .link(let id, let target): TaskWish(id, [try await self.desk.link(to: target, in: request.repository)])
        case .list, .show, .work: throw TaskError.invalid(TaskCommand.usage)
        }
    }

    private func change(
        _ wish: TaskWish, _ request: TurnRequest, _ thread: any TurnThread
    ) async throws -> TurnEnding {
        let outcome = try await self.desk.change(
            wish, in: request.repository,
            by: .init(request.sender, turn: request.id, session: request.session, isNew: request.isNew))
        if let commit = outcome.commit { try await thread.report(.commit(commit.notice)) }
        try await thread.report(.text(TaskTexts.changed(outcome.task, isNew: outcome.commit != nil)))
        return .complete
    }
}

/// What `task` answers.
enum TaskTexts {
    /// The most tasks of a listing that are read, and that are shown.
    static let read = 200
    private static let shown = 30

    static func list(_ tasks: [TaskRecord], of repository: String, for handle: String, link: String) -> String {
        guard !tasks.isEmpty else {
            return "`\(repository)` has no open task. `task add TEXT` adds one to [\(TaskFile.path)](\(link))."
        }
        let own = tasks.filter { $0.owner?.lowercased() == handle.lowercased() }
        let others = tasks.filter { $0.owner?.lowercased() != handle.lowercased() }
        var parts: [String] = []
        let most = tasks.count == self.read ? "\(self.read) or more" : "\(tasks.count)"
        parts.append("\(most) unfinished in [\(TaskFile.path)](\(link)) of `\(repository)`")
        if !own.isEmpty { parts.append("Yours:\n" + own.prefix(self.shown).map(self.line).joined(separator: "\n")) }
        let room = max(0, self.shown - own.count)
        if !others.isEmpty, room > 0 {
            let lines = others.prefix(room).map(self.line).joined(separator: "\n")
            parts.append(own.isEmpty ? lines : "Others:\n\(lines)")
        }
        if own.count + others.count > self.shown { parts.append("`task ID` shows one.") }
        return parts.joined(separator: "\n\n")
    }

    static func line(_ task: TaskRecord) -> String {
        "- `\(self.plain(task.id))` \(self.plain(task.text))\(self.marks(task))"
    }

    private static func marks(_ task: TaskRecord) -> String {
        var marks = task.state == .open ? [] : [task.state.rawValue]
        if let owner = task.owner { marks.append(self.plain(owner)) }
        marks += task.labels.map { "#\(self.plain($0))" }
        if let priority = task.priority { marks.append("!\(self.plain(priority))") }
        if let due = task.due { marks.append("due \(due)") }
        return marks.isEmpty ? "" : " · " + marks.joined(separator: " · ")
    }

    static func card(_ task: TaskRecord) -> String {
        var lines = [
            "**\(self.plain(task.id))** \(self.plain(task.text))",
            "\(task.state.rawValue)\(self.marks(task).replacing(" · \(task.state.rawValue)", with: ""))",
        ]
        lines += task.links.map { "[\(self.plain($0.text))](\($0.url))" }
        lines += task.notes.suffix(10).map { "- \(self.plain($0.who)), \(self.plain($0.date)): \(self.plain($0.text))" }
        lines.append(
            "`task claim \(task.id)` · `task start \(task.id)` · `task done \(task.id)` · `task \(task.id) do`")
        return lines.joined(separator: "\n\n")
    }

    static func changed(_ task: TaskRecord, isNew: Bool) -> String {
        let line = "`\(self.plain(task.id))` \(self.plain(task.text)) · \(task.state.rawValue)"
        let owner = task.owner.map { " · \(self.plain($0))" } ?? ""
        return line + owner + (isNew ? "" : " · it was like that already")
    }

    /// One line in which nothing is code, a link or a mention.
    private static func plain(_ text: String) -> String {
        TaskText.line(text).filter { !"`*[]<>|\\".contains($0) }
    }
}
