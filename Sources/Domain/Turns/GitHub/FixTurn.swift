internal import Agent
internal import Chat
internal import Git
internal import GitHub
internal import Models
internal import Primitives
internal import Repositories
internal import Store
internal import Threads
internal import Work

/// `fix [PR] [TEXT]`: lets the agent answer failed checks and comments of the thread's pull request, and replies to
/// them with its commits.
struct FixTurn: TurnWorker {
    let work: GitHubWork
    let agent: AgentWorker

    private static let failure = "Nothing can be fixed"

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        try await self.work.explaining(Self.failure) {
            let place = try self.work.place(of: request)
            let persona = try self.agent.taskPersona(for: request, failure: Self.failure, command: "fix")
            _ = try await place.repository.checkReady()
            let branch = try await self.work.branch(of: request, in: place.repository).name
            let target = try await FixTarget.found(request, branch, place, self.work)
            let log = self.agent.steps
            guard !target.items.isEmpty else {
                // Begun again after a crash: what there was is answered already.
                if let ending = try await self.ending(of: request, log) { return ending }
                try await thread.report(.text(Self.nothing(target)))
                return .complete
            }
            return try await self.fix(target, request, persona, log, place, thread)
        }
    }

    private static func nothing(_ target: FixTarget) -> String {
        guard let number = target.pull else {
            return
                "Nothing is open: \(GitHubTexts.code(target.branch)) has no failed check, and no pull request is known here."
        }
        return "Nothing is open: #\(number) has no failed check and no unanswered comment."
    }

    private func ending(of request: TurnRequest, _ log: StoredSteps) async throws -> TurnEnding? {
        guard case .ended? = try await log.records(of: request.id, after: 0).last?.event else { return nil }
        return .complete
    }

    private func fix(
        _ target: FixTarget, _ request: TurnRequest, _ persona: String, _ log: StoredSteps, _ place: GitHubWork.Place,
        _ thread: any TurnThread
    ) async throws -> TurnEnding {
        let annotations = await self.annotations(of: target, place)
        // A check says what its program printed, which may be anybody's words.
        let hasCheckText =
            !annotations.values.allSatisfy(\.isEmpty)
            || target.items.contains { $0.kind == .check && !$0.text.isEmpty }
        let isForeign = try await hasCheckText ? true : self.isForeign(target, place)
        // Whoever wrote it may be gone, or may have got more rights, when the turn is continued.
        if isForeign, !request.hasForeignText {
            try await self.agent.store.write(ofTurn: request.id) { ledger in try ledger.markForeign(request.id) }
        }
        let fixThread = FixThread(thread: thread)
        let asked = request.alone(
            asking: FixPrompt.text(
                target.items, on: target.branch, wish: target.wish, annotations: annotations
            ) { DataBlock.of($0, from: $1) },
            persona: persona, hasForeignText: isForeign)
        let count = target.items.count.counted("thing")
        try await thread.report(.thinking("Fixing \(count) that GitHub reports."))
        if try await self.ending(of: request, log) == nil {
            let turn = self.agent.turn("fix", log) { request, thread in
                try await self.agent.equipment(of: Self.named(request), in: thread)
            }
            let ending = try await turn.run(asked, in: fixThread)
            guard ending == .complete else { return ending }
        }
        var commits = try await place.repository.commits(ofTurn: request.id)
        if commits.isEmpty, try await self.hasChanges(asked) {
            try await self.commit(target, asked, fixThread)
            commits = try await place.repository.commits(ofTurn: request.id)
        }
        guard !commits.isEmpty else { return .complete }
        try await FixReplies(work: self.work, settings: self.agent.settings).send(
            commits.map(\.id.hex), target, request, place, thread)
        try await self.work.news.markAnswered(target.items.map(\.key), in: request.session)
        return .complete
    }

    /// Whether somebody who may not push has written a part of what is open. What GitHub does not say counts as that.
    private func isForeign(_ target: FixTarget, _ place: GitHubWork.Place) async throws -> Bool {
        if target.items.contains(where: { $0.writer == .outsider }) { return true }
        for login in Set(target.items.filter { $0.writer == .insider }.map(\.name)).sorted() {
            do {
                guard try await place.client.mayPush(login, to: place.name) else { return true }
            } catch is GitHubError {
                return true
            }
        }
        return false
    }

    /// What failed checks say about lines. Fixes work without it.
    private func annotations(
        of target: FixTarget, _ place: GitHubWork.Place
    ) async -> [String: [GitHubAnnotation]] {
        var found: [String: [GitHubAnnotation]] = [:]
        for item in target.items.prefix(5) {
            guard let check = item.check else { continue }
            found[item.key] = (try? await place.client.annotations(ofCheck: check, in: place.name))?.items
        }
        return found
    }

    // MARK: The agent

    /// What `undo` and the list of changes call it.
    private static func named(_ request: TurnRequest) -> TurnRequest { request.with(text: "fix") }

    /// Whether this turn changed files that it has not committed.
    private func hasChanges(_ request: TurnRequest) async throws -> Bool {
        let snapshot = try await self.agent.store.read { ledger in try ledger.firstSnapshot(ofTurn: request.id) }
        guard snapshot != nil else { return false }
        return try await self.agent.workbench.workspaces.workspace(of: SessionPlace(of: request)).draft() != nil
    }

    /// Commits what the model left, through the gate.
    private func commit(_ target: FixTarget, _ request: TurnRequest, _ thread: any TurnThread) async throws {
        let equipment = try await self.agent.equipment(of: Self.named(request), in: thread)
        let subject = target.pull.map { "Fix what was reported on #\($0)" } ?? "Fix failed checks"
        switch try await equipment.commit(subject, named: "commit fix") {
        case .done: return
        case .refused:
            try await thread.report(
                .notice("The commit was not allowed; the changes are in the workspace (`diff`, `commit`)."))
        case .failed(let reason): throw TurnFailure("The fix can't be committed: \(reason)")
        }
    }
}

/// The thread of a fix, which keeps no summary.
private struct FixThread: PartThread {
    let thread: any TurnThread

    func report(_ event: TurnEvent) async throws {
        // About this turn's prompt, not the thread's.
        if case .summary = event { return }
        try await self.thread.report(event)
    }

    func takeTime(_ time: Duration) async { await self.thread.takeTime(time) }
}
