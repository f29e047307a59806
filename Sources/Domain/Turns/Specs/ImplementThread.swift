internal import Chat
internal import Primitives
internal import SpecDocuments
internal import Specs

/// The thread of work on a list of tasks: its steps and the model's words become one growing list.
final class ImplementThread: Sendable {
    private struct State {
        var progress: ImplementProgress
        var tokens = 0
    }

    private let thread: any TurnThread
    private let state: Protected<State>
    private let startedAt = ContinuousClock.now

    init(_ thread: any TurnThread, progress: ImplementProgress) {
        self.thread = thread
        self.state = Protected(State(progress: progress))
    }

    /// For the work on one task. Its limit of time counts from its own beginning.
    func named(_ task: String) -> any TurnThread {
        TaskThread(list: self, thread: self.thread, task: task, passed: ContinuousClock.now - self.startedAt)
    }

    func report(_ event: TurnEvent) async throws { try await self.thread.report(event) }

    func say(_ text: String) async throws { try await self.thread.report(.text(text)) }

    // MARK: Progress

    func count(done: Int, of total: Int) async {
        self.state.withLock { state in
            state.progress.done = done
            state.progress.total = total
        }
    }

    func begin(_ task: TaskEntry, attempt: Int) async throws {
        self.state.withLock { $0.progress.begin(task, attempt: attempt) }
        try await self.showProgress(news: ImplementProgress.line(task, marked: "…"))
    }

    func end(_ task: TaskEntry, isDone: Bool) async throws {
        self.state.withLock { $0.progress.end(task, isDone: isDone) }
        try await self.showProgress(news: ImplementProgress.line(task, marked: isDone ? "ok" : "left"))
    }

    func showProgress(news: String? = nil) async throws {
        let seconds = Int((ContinuousClock.now - self.startedAt) / .seconds(1))
        let (shown, folded) = self.state.withLock { state in
            (state.progress.shown, state.progress.folded(seconds: seconds, tokens: state.tokens))
        }
        try await self.thread.report(.steps(TurnSteps(shown: shown, folded: folded, news: news)))
    }

    fileprivate func take(_ event: TurnEvent) async throws {
        switch event {
        // Folded: the list of tasks and the commits are what people follow.
        case .text(let text): try await self.thread.report(.reasoning(text))
        case .steps(let steps):
            self.state.withLock { $0.progress.show(ImplementProgress.lines(ofBlock: steps.shown)) }
            try await self.showProgress(news: steps.news)
        case .usage(let call):
            self.state.withLock { $0.tokens += call.input + call.output }
            try await self.thread.report(event)
        // About the task's prompt, not the thread's.
        case .summary: break
        default: try await self.thread.report(event)
        }
    }
}

/// The thread of the work on one task.
private struct TaskThread: PartThread {
    let list: ImplementThread
    let thread: any TurnThread
    let task: String
    /// Of the turn, before the task.
    let passed: Duration

    func report(_ event: TurnEvent) async throws { try await self.list.take(event) }

    func takeTime(_ time: Duration) async { await self.thread.takeTime(self.passed + time) }

    func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome {
        try await self.thread.approval(of: request.during(self.task))
    }

    func approvals(of requests: [ApprovalRequest]) async throws -> [ApprovalOutcome] {
        try await self.thread.approvals(of: requests.map { $0.during(self.task) })
    }
}
