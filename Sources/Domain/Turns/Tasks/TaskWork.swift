internal import Agent
internal import Chat
internal import Git
internal import Models
internal import Repositories
internal import Specs
internal import Store
internal import Tasks
internal import Work

/// `task ID do`: the agent works on a task in the thread's workspace. Its commits name the task, and the last one ticks the
/// box; where the thread's branch does not have the task yet, a commit of the repository's own branch does.
struct TaskWork {
    let desk: TaskDesk
    let agent: AgentWorker
    let request: TurnRequest
    let thread: any TurnThread

    func run(_ address: String) async throws -> TurnEnding {
        do {
            let persona = try self.agent.taskPersona(
                for: self.request, failure: "The task can't be done", command: "task \(address) do")
            let task = try await self.task(address)
            guard task.state == .open || task.state == .started else {
                try await self.thread.report(.text(TaskTexts.changed(task, isNew: false)))
                return .complete
            }
            return try await self.work(task, persona)
        } catch let error as WorkspaceFailure {
            throw TurnFailure("The task can't be done: \(error.message).")
        }
    }

    /// With an id: a task without one gets it here.
    private func task(_ address: String) async throws -> TaskRecord {
        let task = try await self.desk.task(address, in: self.request.repository)
        guard task.id.hasPrefix("~") else { return task }
        return try await self.desk.change(
            TaskWish(address, [.state(.started)]), in: self.request.repository, for: self.request, in: self.thread
        ).task
    }

    private func work(_ task: TaskRecord, _ persona: String) async throws -> TurnEnding {
        let agent = self.agent
        let session = self.request.session
        try await agent.store.write { ledger in
            try ledger.setThread(session, ofTask: task.id, in: task.repository)
        }
        // Unlike those of a talk, the steps are read before the turn ends.
        let log = TaskSteps(agent.steps, number: 0, attempt: 1)
        let asked = self.request.alone(asking: Self.prompt(task), persona: persona)
        var records = try await log.records(of: asked.id, after: 0)
        if !TaskVerdict.isOver(records) {
            let turn = agent.turn("tasks", log) { request, thread in
                try await agent.equipment(of: request.with(text: "task \(task.id)"), in: thread, task: task.id)
            }
            let ending = try await turn.run(asked, in: self.thread)
            guard ending == .complete else { return ending }
            records = try await log.records(of: asked.id, after: 0)
        }
        switch TaskVerdict(records, ofTask: task.text) {
        case .failed(let reason, _):
            try await self.thread.report(
                .text("\n\n`\(task.id)` is not done: \(reason). What was changed is in the workspace (`diff`, `undo`).")
            )
            return .complete
        case .done: return try await self.finish(task, asked)
        }
    }

    private static func prompt(_ task: TaskRecord) -> String {
        var lines = ["\(task.id) \(task.text)"] + task.notes.map { "note (\($0.who), \($0.date)): \($0.text)" }
        lines += task.links.map { "\($0.text): \($0.url)" }
        return """
            Carry out one task of this repository, and nothing else: \(task.id).
            Change only what the task needs, and run the tests that concern it. A task is not done while tests fail that \
            should pass. What you leave uncommitted is committed when you say that it is done, and its box is ticked: leave \
            \(TaskFile.path) as it is.
            \(TaskReport.instruction)

            The task:
            \(DataBlock.of(lines.joined(separator: "\n"), from: TaskFile.path))
            """
    }

    // MARK: The last commit

    private func finish(_ task: TaskRecord, _ asked: TurnRequest) async throws -> TurnEnding {
        let isTicked = try await self.tick(task, asked)
        let draft = try await self.agent.workbench.workspaces.workspace(of: SessionPlace(of: asked)).draft()
        if draft != nil, let ending = try await self.commit(task, asked) { return ending }
        if !isTicked {
            try await self.desk.change(
                TaskWish(task.id, [.state(.done)]), in: self.request.repository, for: asked, part: "done",
                isNew: false, in: self.thread)
        }
        return .complete
    }

    /// Ticks the box in the workspace; false if the task is not there.
    private func tick(_ task: TaskRecord, _ asked: TurnRequest) async throws -> Bool {
        let workspace = try await self.agent.workbench.workspaces.workspace(of: SessionPlace(of: asked))
        guard let file = try await workspace.find(TaskFile.path, limit: TaskFile.sizeLimit) else { return false }
        let list = TaskFile(file.bytes)
        guard let item = try? list.item(at: task.id), item.id == task.id, item.text == task.text else { return false }
        let action = TaskAction(.init(item), .state, from: nil, to: [TaskState.done.rawValue])
        let changed = try list.applying(action).file.bytes
        if changed != file.bytes { try await workspace.write(changed, to: TaskFile.path) }
        return true
    }

    /// Commits what is in the workspace, through the gate. Returns the turn's ending if nothing was committed.
    private func commit(_ task: TaskRecord, _ asked: TurnRequest) async throws -> TurnEnding? {
        let equipment = try await self.agent.equipment(
            of: asked.with(text: "task \(task.id)"), in: self.thread, task: task.id)
        let subject = "\(task.id) \(TaskText.line(task.text))"
        let message = subject.count <= 72 ? subject : "\(subject.prefix(71))…\n\n\(subject)"
        switch try await equipment.commit(message, named: "commit \(task.id)") {
        case .done: return nil
        case .refused:
            return .cut("the commit of \(task.id) was not allowed; its changes are in the workspace (`diff`, `commit`)")
        case .failed(let reason): throw TurnFailure("\(task.id) can't be committed: \(reason)")
        }
    }
}
