internal import Agent
internal import Chat
internal import Models
internal import Primitives

/// Carries out calls of `delegate`; everything else is the turn's own.
struct DelegateTools: ToolExecutor {
    /// Characters of a part's result.
    private static let resultLimit = 12_000

    typealias Run =
        @Sendable (DelegatedPart, TaskSteps, any TurnThread, AgentLimits) async throws -> TurnEnding

    let own: any ToolExecutor
    /// Runs a part in a thread, with its record.
    let run: Run
    let log: any StepLog
    let turn: String
    let thread: any TurnThread
    /// Of the turn.
    let limits: AgentLimits
    private let isBusy = Protected(false)

    init(
        own: any ToolExecutor, log: any StepLog, turn: String, thread: any TurnThread, limits: AgentLimits,
        run: @escaping Run
    ) {
        self.own = own
        self.log = log
        self.turn = turn
        self.thread = thread
        self.limits = limits
        self.run = run
    }

    func prepare(_ call: CheckedCall) async throws -> PreparedCall {
        guard call.tool.name == "delegate" else { return try await self.own.prepare(call) }
        let parts = DelegatedPart.parts(of: call)
        guard 1...DelegatedPart.most ~= parts.count else {
            return .failed(
                ToolResult(.failed, text: "Give 1 to \(DelegatedPart.most) parts.", summary: "delegate: failed"))
        }
        let titles = parts.map(\.title).joined(separator: "; ")
        return .intent(
            ToolIntent(
                call: call, subject: parts.map { "\($0.title): \($0.task)" }.joined(separator: "\n\n"),
                directory: "/workspace", title: "delegate \(titles)".titled()))
    }

    func perform(_ intent: ToolIntent, approval: GateDecision) async throws -> ToolResult {
        try await self.perform(intent, approval: approval) { _ in }
    }

    func perform(
        _ intent: ToolIntent, approval: GateDecision, progress: @escaping @Sendable (String) -> Void
    ) async throws -> ToolResult {
        guard intent.call.tool.name == "delegate" else {
            return try await self.own.perform(intent, approval: approval, progress: progress)
        }
        guard approval.mayRun else {
            return ToolResult(.denied, text: "The call was not run: nobody allowed it.", summary: intent.title)
        }
        let isFree = self.isBusy.withLock { isBusy in
            defer { isBusy = true }
            return !isBusy
        }
        guard isFree else {
            return ToolResult(
                .failed, text: "Parts are at work already. Nothing ran: put all parts into one call.",
                summary: "delegate: failed")
        }
        defer { self.isBusy.withLock { $0 = false } }
        await self.thread.takeTime(self.limits.time)
        let parts = DelegatedPart.parts(of: intent.call)
        let share = self.limits.share(of: parts.count)
        let outcomes = try await withThrowingTaskGroup(of: (Int, DelegateOutcome).self) { group in
            for (index, part) in parts.enumerated() {
                group.addTask { (index, try await self.outcome(of: part, index, intent.call.id, share)) }
            }
            var found: [(Int, DelegateOutcome)] = []
            for try await next in group { found.append(next) }
            return found.sorted { $0.0 < $1.0 }.map(\.1)
        }
        return Self.result(of: zip(parts, outcomes).map { ($0, $1) })
    }

    private func outcome(of part: DelegatedPart, _ index: Int, _ call: String, _ limits: AgentLimits) async throws
        -> DelegateOutcome
    {
        guard let log = TaskSteps(self.log, part: index, ofCall: call) else {
            return DelegateOutcome([], failure: "too many calls in one answer")
        }
        var failure: String?
        do {
            switch try await self.run(part, log, DelegateThread(thread: self.thread, title: part.title), limits) {
            case .complete, .asked: break
            case .cut(let reason), .filtered(let reason): failure = reason
            }
        } catch let error as CancellationError {
            throw error
        } catch let error as TurnFailure {
            failure = error.message
        } catch {
            failure = "\(error)"
        }
        try Task.checkCancellation()
        return DelegateOutcome((try? await log.records(of: self.turn, after: 0)) ?? [], failure: failure)
    }

    private static func result(of outcomes: [(part: DelegatedPart, outcome: DelegateOutcome)]) -> ToolResult {
        let texts = outcomes.enumerated().map { index, next in
            let state = next.outcome.failure.map { "ended early: \(VisibleText.line($0))" } ?? "done"
            var cut = OutputCut(limit: Self.resultLimit)
            cut.append(next.outcome.text)
            let text = cut.text(advice: "Ask for less of it")
            return "Part \(index + 1), \(next.part.title): \(state)\n"
                + (text.isEmpty ? "It said nothing." : DataBlock.of(text, from: "part \(index + 1)"))
        }
        let lines = outcomes.map {
            "\($0.outcome.failure == nil ? "ok" : "failed") \($0.part.title), \($0.outcome.size)"
        }
        return ToolResult(
            outcomes.allSatisfy { $0.outcome.failure != nil && $0.outcome.text.isEmpty } ? .failed : .done,
            text: texts.joined(separator: "\n\n"), summary: "delegate: " + lines.joined(separator: "; "),
            isMarked: true, tokens: outcomes.reduce(0) { $0 + $1.outcome.tokens })
    }

    func commits(madeBy call: String) async throws -> ToolIntent? { try await self.own.commits(madeBy: call) }

    func forgetReads() async { await self.own.forgetReads() }
}

/// What became of a part.
private struct DelegateOutcome {
    var text = ""
    /// A clause; nil if it is done.
    let failure: String?
    var tokens = 0
    private var calls = 0
    private var seconds = 0

    init(_ records: [StepRecord], failure: String?) {
        self.failure = failure
        for record in records {
            self.seconds = record.elapsed / 1_000
            switch record.event {
            case .answered(let answer):
                self.tokens += answer.usage.input + answer.usage.output
                if !answer.text.isEmpty { self.text = answer.text }
            case .finished: self.calls += 1
            default: continue
            }
        }
    }

    /// `3 steps, 12 s, 4 k tokens`
    var size: String { StepLines(earlier: self.calls).folded(seconds: self.seconds, tokens: self.tokens) }
}

/// The thread of a part: its words are a result for the model, and its steps one live line.
private struct DelegateThread: PartThread {
    let thread: any TurnThread
    let title: String

    func report(_ event: TurnEvent) async throws {
        switch event {
        case .steps(let steps):
            guard let news = steps.news else { return }
            try await self.thread.report(.thinking("\(self.title): \(news)"))
        case .notice(let line): try await self.thread.report(.notice("\(self.title): \(line)"))
        case .asking, .usage: try await self.thread.report(event)
        default: return
        }
    }

    func takeTime(_ time: Duration) async {}

    func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome {
        try await self.thread.approval(of: request.during(self.title))
    }

    func approvals(of requests: [ApprovalRequest]) async throws -> [ApprovalOutcome] {
        try await self.thread.approvals(of: requests.map { $0.during(self.title) })
    }
}
