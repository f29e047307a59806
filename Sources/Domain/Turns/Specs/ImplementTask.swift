internal import Agent
internal import Chat
internal import Git
internal import Models
internal import Repositories
internal import SpecDocuments
internal import Specs
internal import Work

/// The work on one task: up to three tries of the agent, then a commit, or a note about what was learnt.
struct ImplementTask {
    static let tries = 3

    let run: ImplementRun
    let task: TaskEntry
    let tasks: TaskDocument
    let files: FeatureFiles

    func work() async throws -> ImplementRun.Outcome {
        var learnt: [String] = []
        for attempt in 1...Self.tries {
            let log = TaskSteps(
                self.run.agent.steps, number: self.task.number, attempt: attempt,
                letter: self.task.id.utf8.last ?? 0)
            var records = try await log.records(of: self.run.request.id, after: 0)
            if !TaskVerdict.isOver(records) {
                try await self.run.thread.begin(self.task, attempt: attempt)
                if let ending = try await self.attempt(log, after: learnt) { return .ended(ending) }
                records = try await log.records(of: self.run.request.id, after: 0)
            }
            switch TaskVerdict(records, of: self.task) {
            case .done: return try await self.commit(attempt)
            case .failed(let reason, let isFinal):
                learnt.append(reason)
                if isFinal { return try await self.leave(reason) }
            }
        }
        return try await self.leave(learnt.last ?? "the model did not finish it")
    }

    // MARK: The agent

    /// One try. Returns the turn's ending if it ends with it.
    private func attempt(_ log: TaskSteps, after learnt: [String]) async throws -> TurnEnding? {
        let run = self.run
        let agent = run.agent
        let request = self.request(learnt)
        let id = self.task.id
        let turn = agent.turn("implement", log, calibration: run.calibration) { request, thread in
            // What `undo` and the list of changes call it.
            let named = request.with(text: "implement \(id)")
            var equipment = try await agent.equipment(of: named, in: thread)
            equipment.tools.removeAll { $0.kind == .commit }
            let (read, left) = (equipment.read, CallReader(tools: equipment.tools))
            equipment.read = { call, id in
                let reading = read(call, id)
                guard case .call(let checked) = reading, checked.tool.kind == .commit else { return reading }
                return left.read(call, as: id)
            }
            return equipment
        }
        do {
            _ = try await turn.run(request, in: run.thread.named(self.task.id))
        } catch let failure as TurnFailure where failure.cause == .content {
            // The record says so.
        }
        let last = try await log.records(of: request.id, after: 0).last
        guard case .ended(.interrupted)? = last?.event else { return nil }
        return .cut(AgentEnding.interrupted.reason ?? "")
    }

    private func request(_ learnt: [String]) -> TurnRequest {
        let model = self.run.agent.catalog.assumed(self.run.agent.model.model(self.run.request.model))
        let note = TaskNotes.note(of: self.task.id, in: self.tasks)
        let prompt = ImplementPrompt(
            task: self.task, tasks: self.tasks, files: self.files, learnt: (note.map { [$0] } ?? []) + learnt,
            budget: min(model.inputLimit, 48_000) * 3 / 4)
        return self.request(prompt.text)
    }

    private func request(_ text: String) -> TurnRequest {
        self.run.request.alone(asking: text, persona: self.run.persona, feature: self.run.feature)
    }

    // MARK: The commit

    /// Commits all changes with the ticked box.
    private func commit(_ attempt: Int) async throws -> ImplementRun.Outcome {
        let subject = ImplementTexts.subject(of: self.task)
        let message = subject.hasSuffix("…") ? "\(subject)\n\n\(self.task.id) \(self.task.text)" : subject
        let ending = try await self.commit(message, named: "commit \(self.task.id).\(attempt)", task: self.task.id) {
            tasks in
            let clean = TaskDocument(MarkdownDocument(TaskNotes.removing(self.task.id, from: tasks)))
            return try clean.ticking(self.task.id)
        }
        if let ending { return .ended(ending) }
        try await self.run.thread.end(self.task, isDone: true)
        return .done
    }

    /// Takes the task's changes back and writes down why it was left.
    private func leave(_ reason: String) async throws -> ImplementRun.Outcome {
        let (run, id) = (self.run, self.task.id)
        let isNoted = TaskNotes.adding(reason, of: id, to: self.tasks) == self.tasks.markdown.bytes
        // It may have been left before a restart: then the changes in the workspace are those of another task.
        guard !isNoted || !(run.request.isResumed || run.request.isAwaited) else {
            try await run.thread.end(self.task, isDone: false)
            return .left(reason)
        }
        let snapshot = try await run.workspace().discardChanges("\(id) was left")
        // An earlier turn may have left it for the same reason.
        if !isNoted {
            let subject = ImplementTexts.noteSubject(of: self.task)
            let ending = try await self.commit(subject, named: "note \(id)", task: nil) { tasks in
                TaskNotes.adding(reason, of: id, to: tasks)
            }
            if let ending { return .ended(ending) }
        }
        try await run.thread.end(self.task, isDone: false)
        try await run.thread.report(.notice(ImplementTexts.left(self.task, reason, snapshot: snapshot?.id)))
        return .left(reason)
    }

    /// Commits the workspace with a changed list of tasks, through the gate. Somebody else may commit at the same time:
    /// then it is done again on what they left. Returns the turn's ending if nothing was committed.
    private func commit(
        _ message: String, named name: String, task: String?, _ change: (TaskDocument) throws -> [UInt8]
    ) async throws -> TurnEnding? {
        let run = self.run
        let request = self.request(run.request.text)
        let equipment = try await run.agent.equipment(of: request, in: run.thread.named(self.task.id), task: task)
        var original = self.files.files[run.path] ?? []
        var failure = ""
        for _ in 0..<Self.tries {
            // As it was, so that what others wrote into it is not in the way.
            try await run.workspace(update: .none).write(original, to: run.path)
            let workspace = try await run.workspace()
            let files = try await run.files(on: workspace)
            original = files.files[run.path] ?? []
            try await workspace.write(self.changed(run.tasks(of: files), change), to: run.path)
            switch try await equipment.commit(message, named: name) {
            case .done: return nil
            case .refused:
                try await run.workspace(update: .none).write(original, to: run.path)
                return .cut(
                    "the commit of \(self.task.id) was not allowed; its changes are in the workspace (`diff`, `commit`)"
                )
            case .failed(let reason): failure = reason
            }
            guard try await run.repository.git.tip(of: run.feature) != files.head else { break }
        }
        throw TurnFailure("\(self.task.id) can't be committed: \(failure)")
    }

    private func changed(_ tasks: TaskDocument, _ change: (TaskDocument) throws -> [UInt8]) throws -> [UInt8] {
        do {
            return try change(tasks)
        } catch let error as DocumentEditError {
            throw TurnFailure("\(self.task.id) can't be ticked: \(error.message).")
        }
    }
}
