internal import Agent
internal import Chat
internal import Git
internal import Models
internal import Repositories
internal import SpecDocuments
internal import Specs
internal import Store
internal import Threads
internal import Work

/// One turn's work on a list of tasks.
struct ImplementRun {
    let agent: AgentWorker
    let calibration: TokenCalibration
    let repository: LocalRepository
    let feature: String
    let selection: TaskSelection
    let request: TurnRequest
    /// Its name; it may edit and commit.
    let persona: String
    let thread: ImplementThread

    /// Tasks that were tried and left, with the reasons.
    private var left: [String: String] = [:]
    private var made = 0

    init(
        agent: AgentWorker, calibration: TokenCalibration, repository: LocalRepository, feature: String,
        selection: TaskSelection, request: TurnRequest, persona: String, thread: any TurnThread
    ) {
        self.agent = agent
        self.calibration = calibration
        self.repository = repository
        self.feature = feature
        self.selection = selection
        self.request = request
        self.persona = persona
        self.thread = ImplementThread(thread, progress: ImplementProgress(feature: feature))
    }

    /// What became of a task.
    enum Outcome {
        case done
        /// The reason, a clause.
        case left(String)
        /// The whole turn ends.
        case ended(TurnEnding)
    }

    mutating func run() async throws -> TurnEnding {
        try await self.reportAgain()
        var isFirst = true
        while true {
            try Task.checkCancellation()
            // Brings what colleagues have committed in the meantime.
            let workspace = try await self.workspace()
            let files = try await self.files(on: workspace)
            let tasks = try self.tasks(of: files)
            let queue = TaskQueue(tasks, self.selection, left: Set(self.left.keys))
            await self.thread.count(done: queue.done, of: queue.total)
            guard case .task(let task) = queue.next else { return try await self.finish(queue) }
            if isFirst { try await self.mentionChanges(of: workspace, before: task) }
            isFirst = false
            let worker = ImplementTask(run: self, task: task, tasks: tasks, files: files)
            switch try await worker.work() {
            case .done: self.made += 1
            case .left(let reason): self.left[task.id] = reason
            case .ended(let ending): return ending
            }
        }
    }

    // MARK: What stands on the branch

    /// The thread's workspace at the last commit of the feature's branch. Throws ``WorkspaceFailure`` when uncommitted
    /// changes are in the way.
    func workspace(update: SessionPlace.Update = .required) async throws -> any WorkspaceFiles {
        try await self.agent.workbench.workspaces.workspace(
            of: SessionPlace(
                session: self.request.session, repository: self.request.repository, feature: self.feature,
                update: update))
    }

    func files(on workspace: any WorkspaceFiles) async throws -> FeatureFiles {
        guard let files = try await self.repository.feature(self.feature) else {
            throw TurnFailure(
                "The feature \(self.feature) is not in the repository \(self.repository.name): `spec` lists the features."
            )
        }
        if let own = workspace.branch, own != files.branch, try await self.repository.git.tip(of: own) != nil {
            throw TurnFailure(ImplementTexts.otherBranch(self.feature, files.branch, own))
        }
        return files
    }

    /// `specs/003-login/tasks.md`
    var path: String { "specs/\(self.feature)/tasks.md" }

    func tasks(of files: FeatureFiles) throws -> TaskDocument {
        guard let bytes = files.files[self.path] else { throw TurnFailure(ImplementTexts.noTasks(self.feature)) }
        let tasks = TaskDocument(MarkdownDocument(bytes))
        guard !tasks.tasks.isEmpty else { throw TurnFailure(ImplementTexts.emptyList(self.feature)) }
        let missing = self.selection.missing(in: tasks)
        guard missing.isEmpty else { throw TurnFailure(ImplementTexts.unknown(missing, in: self.feature)) }
        return tasks
    }

    // MARK: Beginning and end

    /// Reports commits of an earlier run of this turn that ended between a commit and its report.
    private func reportAgain() async throws {
        guard let tip = try await self.repository.git.tip(of: self.feature) else { return }
        let trailer = GitTrailer("Jetbridge-Turn", self.request.id)
        let commits = try await self.repository.git.log(from: tip, limit: Self.searched)
            .filter { $0.trailers.contains(trailer) }
        guard !commits.isEmpty else { return }
        let work = self.request.id
        let reported = Set(
            try await self.agent.store.read { ledger in try ledger.commits(ofWork: work) }.map(\.sha))
        let budget = GitStatBudget()
        for commit in commits.reversed() where !reported.contains(commit.id.hex) {
            let made = try await MadeCommit(
                commit.id, on: self.feature, of: self.repository.name, self.repository.git, within: budget)
            try await self.thread.report(.commit(made.notice))
        }
    }

    /// Commits of the branch that are searched for those of this turn.
    private static let searched = 500

    /// What is not committed yet, also of a task that was stopped, becomes part of the next commit.
    private func mentionChanges(of workspace: any WorkspaceFiles, before task: TaskEntry) async throws {
        guard !self.request.isResumed, !self.request.isAwaited, let draft = try await workspace.draft() else { return }
        try await self.thread.report(.notice(ImplementTexts.uncommitted(draft.files.count, before: task.id)))
    }

    private func finish(_ queue: TaskQueue) async throws -> TurnEnding {
        try await self.thread.showProgress()
        try await self.thread.say(
            ImplementTexts.summary(queue, feature: self.feature, made: self.made, left: self.left))
        return .complete
    }
}
