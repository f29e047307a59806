package import Chat
internal import Primitives
internal import Repositories
package import Tasks

/// `task …`: shows and changes the list of tasks of the thread's repository, or works on one of them.
package struct TaskTurn: TurnWorker {
    private let desk: TaskDesk
    private let agent: AgentWorker

    package init(desk: TaskDesk, agent: AgentWorker) {
        self.desk = desk
        self.agent = agent
    }

    package func refusal(of text: String) -> String? {
        do {
            _ = try TaskCommand(text)
            return nil
        } catch {
            return error.description + "."
        }
    }

    package func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        do {
            let command = try TaskCommand(request.text)
            switch command {
            case .list: return try await self.list(request, thread)
            case .show(let id):
                let task = try await self.desk.task(id, in: request.repository)
                let card = TaskTexts.card(task, await self.desk.commits(of: task))
                let handle = try await self.desk.handle(of: request.sender)
                try await thread.report(.offer(card, TaskTexts.buttons(task, for: handle)))
                return .complete
            case .me(let name):
                try await self.desk.call(request.sender, name)
                try await thread.report(.text("You are `@\(name)` in lists of tasks, and hear what is assigned to it."))
                return .complete
            case .work(let id):
                return try await TaskWork(desk: self.desk, agent: self.agent, request: request, thread: thread).run(id)
            default:
                return try await self.change(self.wish(command, request), request, thread)
            }
        } catch TaskError.proposed(let url) {
            try await thread.report(
                .text("The branch is protected, so the change is a pull request of its own: \(url)"))
            return .complete
        } catch let error as TaskError {
            throw TurnFailure("Nothing was changed: \(error.description).")
        } catch let error as RepositoryError {
            throw TurnFailure("That did not work: \(error.message).")
        }
    }

    private func list(_ request: TurnRequest, _ thread: any TurnThread) async throws -> TurnEnding {
        var filter = TaskFilter()
        filter.isUnfinished = true
        let head = try await self.desk.refresh(request.repository)
        let (all, _, _) = try await self.desk.list(filter, in: head.repository, limit: TaskTexts.read)
        let link = self.desk.pages.file(TaskFile.path, on: head.branch, of: head.repository)
        try await thread.report(
            .text(
                try await TaskTexts.list(
                    all, of: head.repository, for: self.desk.handle(of: request.sender), link: link)))
        // The list is as good without them.
        let features = TaskTexts.features((try? await self.desk.features(of: head.repository)) ?? [])
        if !features.isEmpty { try await thread.report(.text("\n\n" + features)) }
        return .complete
    }

    private func wish(_ command: TaskCommand, _ request: TurnRequest) async throws -> TaskWish {
        switch command {
        case .add(let text): TaskWish(nil, [.text(text)])
        case .claim(let id): TaskWish(id, [.owner(try await self.desk.handle(of: request.sender))])
        case .move(let id, let state): TaskWish(id, [.state(state)])
        case .assign(let id, let who): TaskWish(id, [.owner(who)])
        case .note(let id, let text): TaskWish(id, [.note(text)])
        case .link(let id, let target): TaskWish(id, [try await self.desk.link(to: target, in: request.repository)])
        case .list, .show, .me, .work: preconditionFailure("these change nothing")
        }
    }

    private func change(
        _ wish: TaskWish, _ request: TurnRequest, _ thread: any TurnThread
    ) async throws -> TurnEnding {
        let outcome: TaskDesk.Outcome
        do {
            outcome = try await self.desk.change(wish, in: request.repository, for: request, in: thread)
        } catch TaskError.conflict(let conflict) {
            guard try await Self.asks(conflict, thread) else {
                try await thread.report(.text("`\(conflict.task)` stays as it is."))
                return .complete
            }
            outcome = try await self.desk.change(wish, in: request.repository, for: request, in: thread)
        }
        let text = TaskTexts.changed(outcome.task, isNew: outcome.commit != nil)
        let handle = try await self.desk.handle(of: request.sender)
        try await thread.report(.offer(text, TaskTexts.buttons(outcome.task, for: handle)))
        return .complete
    }

    /// Whether the person wants their change on what somebody else has made of the task.
    private static func asks(_ conflict: TaskConflict, _ thread: any TurnThread) async throws -> Bool {
        let question = ThreadQuestion(
            .conflict, TaskText.escaped(conflict.sentence) + " What now?",
            options: [.init("Change it all the same"), .init("Leave it as it is", isRecommended: true)])
        guard case .option(key: "A", _, _) = try await thread.answer(to: question, lifetime: nil).content else {
            return false
        }
        return true
    }
}

extension TaskDesk {
    /// Changes a task for a turn, and shows the commit in its thread.
    ///
    /// - Parameters:
    ///   - part: Names the change where the turn makes several; nil for its only one.
    ///   - isNew: Whether nothing was done yet for it; nil if that is so where the turn is new.
    @discardableResult
    func change(
        _ wish: TaskWish, in repository: String?, for request: TurnRequest, part: String? = nil, isNew: Bool? = nil,
        in thread: any TurnThread
    ) async throws -> Outcome {
        let author = Author(
            request.sender, turn: request.id + (part.map { "-\($0)" } ?? ""), session: request.session,
            isNew: isNew ?? request.isNew)
        let outcome = try await self.change(wish, in: repository, by: author)
        if let commit = outcome.commit { try await thread.report(.commit(commit.notice)) }
        return outcome
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

    /// How far features are; those that are done are left out.
    static func features(_ features: [TaskFeature]) -> String {
        let lines = features.compactMap { feature -> String? in
            guard let next = feature.next else { return nil }
            return
                "- [`\(TaskText.plain(feature.name))`](\(feature.url)) \(feature.done) of \(feature.total) done"
                + " · next `\(TaskText.plain(next.id))` \(TaskText.escaped(next.text))"
        }
        return lines.isEmpty ? "" : "Features (`implement`):\n" + lines.prefix(5).joined(separator: "\n")
    }

    static func line(_ task: TaskRecord) -> String {
        let text = "- `\(TaskText.plain(task.id))` \(TaskText.escaped(task.text))"
        return ([text] + self.marks(task, task.state == .open ? nil : task.state)).joined(separator: " · ")
    }

    private static func marks(_ task: TaskRecord, _ state: TaskState?) -> [String] {
        var marks = [state?.rawValue, task.owner.map(TaskText.escaped)].compactMap(\.self)
        marks += task.labels.map { "#\(TaskText.escaped($0))" }
        if let priority = task.priority { marks.append("!\(TaskText.escaped(priority))") }
        if let due = task.due { marks.append("due \(due)") }
        return marks
    }

    static func card(_ task: TaskRecord, _ commits: [(sha: String, url: String, subject: String)]) -> String {
        var lines = [
            "**\(TaskText.escaped(task.id))** \(TaskText.escaped(task.text))",
            self.marks(task, task.state).joined(separator: " · "),
        ]
        lines += task.links.map { "[\(TaskText.plain($0.text))](\($0.url))" }
        lines += commits.prefix(5).map { "[\($0.sha.prefix(7))](\($0.url)) \(TaskText.escaped($0.subject))" }
        lines += task.notes.suffix(10).map {
            "- \(TaskText.escaped($0.who)), \(TaskText.escaped($0.date)): \(TaskText.escaped($0.text))"
        }
        return lines.joined(separator: "\n\n")
    }

    /// What somebody can do next. No button's command may be longer than networks take.
    static func buttons(_ task: TaskRecord, for handle: String) -> [MessageButton] {
        let id = task.id
        let isOwn = task.owner?.lowercased() == handle.lowercased()
        let claim = isOwn ? [] : [MessageButton(label: "Claim", command: "task claim \(id)")]
        let start = MessageButton(label: "Start", command: "task start \(id)")
        let done = MessageButton(label: "Done", command: "task done \(id)", style: .primary)
        let all =
            switch task.state {
            case .open: claim + [start, done]
            case .started: claim + [done]
            case .done, .dropped: [MessageButton(label: "Reopen", command: "task reopen \(id)")]
            }
        return all.filter { $0.command.utf8.count <= 40 }
    }

    static func changed(_ task: TaskRecord, isNew: Bool) -> String {
        let line = "`\(TaskText.plain(task.id))` \(TaskText.escaped(task.text)) · \(task.state.rawValue)"
        let owner = task.owner.map { " · \(TaskText.escaped($0))" } ?? ""
        return line + owner + (isNew ? "" : " · it was like that already")
    }
}
