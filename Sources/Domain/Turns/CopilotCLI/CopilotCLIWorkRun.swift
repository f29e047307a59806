internal import Agent
internal import Audit
internal import Chat
internal import Copilot
internal import Git
internal import JSON
internal import Logging
internal import Models
internal import Primitives
internal import Work

/// One turn of the CLI as an agent, on our side: decides by the gate, stores and shows the steps, keeps the limits.
actor CopilotCLIWorkRun: CopilotCLIHost {
    /// Ends the turn for a reason of ours.
    struct Ended: Error { let ending: AgentEnding }

    private let request: TurnRequest
    private let thread: any TurnThread
    private let equipment: AgentEquipment
    private let intents: CopilotCLIIntents
    private let model: String
    private let log: any StepLog
    private let audit: any AuditRecorder
    private let steering: AgentSteering
    private weak var session: CopilotCLISession?
    private let changes: CopilotCLIChanges
    /// Called when the CLI has the message.
    private let began: @Sendable () -> Void
    private let clock = ContinuousClock()

    private var lines: StepLines
    private var number: Int
    private var answers: Int
    private var steps = 0
    private var tokens = 0
    private let startedAt: ContinuousClock.Instant
    private var waited = Duration.zero
    /// The calls that the model has made, by the CLI's id.
    private var calls: [String: (id: String, tool: String, arguments: JSON)] = [:]
    private var started: Set<String> = []
    private var usage = TokenUsage(input: 0, output: 0)
    private var storing: Task<Void, any Error>?

    init(
        request: TurnRequest, thread: any TurnThread, equipment: AgentEquipment, files: any WorkspaceFiles,
        model: String, log: any StepLog, after records: [StepRecord], audit: any AuditRecorder, steering: AgentSteering,
        changes: CopilotCLIChanges, began: @escaping @Sendable () -> Void
    ) {
        self.request = request
        self.thread = thread
        self.equipment = equipment
        self.intents = CopilotCLIIntents(files: files, allowed: equipment.persona.tools)
        self.model = model
        self.log = log
        self.audit = audit
        self.steering = steering
        self.changes = changes
        self.began = began
        self.number = records.last?.number ?? 0
        self.answers = records.count { if case .answered = $0.event { true } else { false } }
        self.lines = StepLines(
            earlier: records.count { if case .finished = $0.event { true } else { false } })
        self.startedAt = ContinuousClock.now
    }

    /// Whether anything is recorded that `resume` can continue.
    var hasWorked: Bool { self.answers > 0 }

    // MARK: Events

    // Change: what the Copilot CLI may do as agent
    func handle(_ event: CopilotCLIEvent) async throws {
        switch event {
        case .began: self.began()
        case .text(let text): try await self.thread.report(.text(text))
        case .thinking(let text): try await self.thread.report(.thinking(text))
        case .waiting(let notice):
            try await self.thread.report(
                .waiting("\(notice.reason.prefix(1).uppercased())\(notice.reason.dropFirst()); trying again."))
        case .usage(let usage):
            self.usage = TokenUsage(
                input: self.usage.input + usage.input, output: self.usage.output + usage.output)
            self.tokens += usage.input + usage.output
            let now = WallClock.now()
            var call = ModelCall(.step, asked: self.model, input: usage.input, output: usage.output)
            (call.began, call.ended, call.cached, call.written) = (now, now, usage.cached, usage.written)
            (call.reasoning, call.answered) = (usage.reasoning, usage.model)
            try await self.thread.report(.usage(call))
            // The CLI asks the model by itself, so a budget is looked at after each of its answers.
            do { try await self.thread.report(.asking) } catch let error as TurnFailure {
                throw Ended(ending: .cut(error.message.withoutStop))
            }
        case .answered(let text, let calls): try await self.answered(text, calls)
        case .finished(let result): try await self.finished(result)
        case .complete(.contentFilter):
            throw ModelError(
                .filtered, "The content filter of \(self.model) blocked the answer; rephrase the message.")
        case .complete: break
        case .tick: try self.checkTime()
        }
    }

    private func answered(_ text: String, _ calls: [CopilotCLIEvent.Call]) async throws {
        self.answers += 1
        var made: [AgentCall] = []
        for (index, call) in calls.enumerated() {
            let id = "\(self.answers).\(index + 1)"
            self.calls[call.id] = (id, call.tool, call.arguments)
            made.append(AgentCall(id: id, wireID: call.id, name: call.tool, arguments: call.arguments.text))
        }
        let answer = AgentEvent.Answer(
            model: self.model, text: text, calls: made, usage: self.usage, finish: calls.isEmpty ? .stop : .toolCalls)
        self.usage = TokenUsage(input: 0, output: 0)
        try await self.record([.answered(answer)])
        guard !calls.isEmpty else { return }
        self.steps += 1
        let limits = self.equipment.limits
        if self.steps > limits.steps { throw Ended(ending: .steps(limits.steps)) }
        if self.tokens >= limits.tokens { throw Ended(ending: .tokens(limits.tokens)) }
        try self.checkTime()
    }

    private func checkTime() throws {
        let limit = self.equipment.limits.time
        if self.elapsed >= limit { throw Ended(ending: .time(Int(limit.inSeconds))) }
    }

    private func finished(_ result: CopilotCLIEvent.Result) async throws {
        guard let call = self.calls.removeValue(forKey: result.id) else { return }
        let title = self.title(of: call)
        var events: [AgentEvent] = []
        if !self.started.contains(call.id) { events.append(.started(AgentEvent.Start(call: call.id, title: title))) }
        self.started.remove(call.id)
        let status = result.exitStatus
        let outcome: ToolResult.Outcome =
            if result.isSuccess {
                (status ?? 0) == 0 ? .done : .failed
            } else {
                ["denied", "rejected"].contains(result.code ?? "") ? .denied : .failed
            }
        let changes = CopilotCLIIntents.changing.contains(call.tool)
        let text = VisibleText.of(Redaction.redact(result.text.beginning(bytes: ToolLimits.resultBytes)))
        let stored = ToolResult(
            outcome, text: text, summary: status.map { "\(title), exit \($0)" } ?? title,
            hasChanges: changes && result.isSuccess)
        events.append(.finished(AgentEvent.Finish(call: call.id, result: stored)))
        try await self.record(events, tool: call.tool)
        if call.tool == "bash", outcome != .denied { await self.recordEnd(of: call, status) }
        guard call.tool != Self.hidden else { return }
        self.lines.end(call.id, stored)
        try await self.thread.report(self.shownSteps(news: call.id))
    }

    /// The CLI's own note of what it is doing; no step.
    private static let hidden = "report_intent"

    private func title(of call: (id: String, tool: String, arguments: JSON)) -> String {
        let names = ["command", "path", "pattern", "message", "question"]
        let detail = names.lazy.compactMap { call.arguments[$0]?.stringValue }.first ?? ""
        let path = detail.hasPrefix("/workspace/") ? String(detail.dropFirst("/workspace/".count)) : detail
        return path.isEmpty ? call.tool : "\(call.tool) \(path.titled())"
    }

    // MARK: Words

    /// Takes words for the turn from now on, which `session` reads.
    func open(_ session: CopilotCLISession) {
        self.session = session
        self.listen()
        session.noticeWords()
    }

    func words(isLast: Bool) -> [String] {
        let id = self.request.session
        // Closing first, so that no words are accepted that nobody reads.
        let words = isLast ? self.steering.close(id) : self.steering.take(of: id)
        if isLast, !words.isEmpty { self.listen() }
        return words.map { "\($0.author) says: \($0.text)" }
    }

    private func listen() {
        self.steering.open(self.request.session) { [weak session = self.session] in session?.noticeWords() }
    }

    // MARK: Decisions

    func decide(_ asks: [CopilotCLIAsk]) async throws -> [CopilotCLIAsk.Decision] {
        var decisions = [CopilotCLIAsk.Decision](
            repeating: .reject("Nothing was decided about this."), count: asks.count)
        var asked: [(index: Int, intent: ToolIntent)] = []
        for (index, ask) in asks.enumerated() {
            let id = self.calls[ask.toolCallID]?.id ?? ask.toolCallID
            switch await self.intents.read(ask, id: id) {
            case .intent(let intent): asked.append((index, intent))
            case .refused(let tool, let reason):
                decisions[index] = .reject(reason)
                let result = ToolResult(.failed, text: reason, summary: "\(tool), refused")
                await self.equipment.gate.refused(id, tool: tool, result)
            }
        }
        guard !asked.isEmpty else { return decisions }
        let gate = self.equipment.gate
        let answers = try await self.waiting { try await gate.decide(asked.map(\.intent)) }
        for (position, (index, intent)) in asked.enumerated() {
            let answer = position < answers.count ? answers[position] : .expired
            decisions[index] = try await self.conclude(intent, answer)
        }
        return decisions
    }

    private func conclude(
        _ intent: ToolIntent, _ answer: GateDecision
    ) async throws -> CopilotCLIAsk.Decision {
        let decided = AgentEvent.decided(
            AgentEvent.Decision(
                call: intent.call.id,
                digest: intent.digest(session: self.request.session, requester: self.request.sender.id),
                decision: answer))
        var refusal: String?
        switch answer {
        case .allowed, .approved: break
        case .denied(let reason): refusal = reason
        case .expired: refusal = "Nobody decided about this in time, so nothing ran."
        }
        let hasEffect = intent.call.tool.kind != .read
        if refusal == nil, hasEffect {
            refusal = await self.prepare(intent)
        }
        if let refusal {
            try await self.record([decided])
            return .reject(refusal)
        }
        let files = intent.changes.map(\.path)
        let isFirst = self.started.insert(intent.call.id).inserted
        let start = AgentEvent.started(AgentEvent.Start(call: intent.call.id, title: intent.title, files: files))
        try await self.record([decided] + (isFirst ? [start] : []))
        if isFirst { self.lines.begin(intent.call.id, title: intent.title, files: files) }
        try await self.thread.report(self.shownSteps(news: nil))
        return .approve
    }

    /// What precedes an effect; returns why it must not happen.
    private func prepare(_ intent: ToolIntent) async -> String? {
        let kind = intent.call.tool.kind
        do {
            if kind == .edit || kind == .execute { try await self.changes.begin() }
            if kind == .execute {
                try await self.audit.record(
                    AuditEntry(
                        .commandStarted, of: self.request,
                        [
                            "call": .string(intent.call.id), "command": .string(intent.subject),
                            "directory": .string(intent.directory), "shell": "copilot-cli",
                        ]))
            }
        } catch {
            return "Nothing was done, because it cannot be recorded (\(error))."
        }
        // Last: the CLI writes what it computed before the question, whatever the file is by now. Our tools check theirs.
        if kind == .edit, await !self.intents.holds(intent) {
            return "Nothing was changed: \(intent.preconditions.first?.path ?? "the file") is not what it was. Read it "
                + "again."
        }
        return nil
    }

    private func recordEnd(of call: (id: String, tool: String, arguments: JSON), _ status: Int?) async {
        let details: JSON = [
            "call": .string(call.id), "command": call.arguments["command"] ?? .null,
            "status": status == nil ? "in the background" : "exited", "exit": status.map { JSON($0) } ?? .null,
        ]
        try? await self.audit.record(AuditEntry(.commandEnded, of: self.request, details))
    }

    // MARK: Our own tools

    func call(_ call: CopilotCLIToolCall) async throws -> CopilotCLIToolAnswer {
        let id = self.calls[call.toolCallID]?.id ?? call.toolCallID
        let wire = ToolCall(id: call.toolCallID, name: call.name, arguments: call.arguments.text)
        let checked: CheckedCall
        switch self.equipment.read(wire, id) {
        case .call(let call): checked = call
        case .failed(let result): return CopilotCLIToolAnswer(.failure, result.text)
        }
        switch try await self.equipment.executor.prepare(checked) {
        case .failed(let result):
            await self.equipment.gate.refused(id, tool: call.name, result)
            return CopilotCLIToolAnswer(.failure, result.text)
        case .intent(let prepared):
            // The executor numbers calls by the model's ids, which may repeat.
            let gate = self.equipment.gate
            let decision = try await self.waiting { try await gate.decide([prepared]).first ?? .expired }
            if case .reject(let reason) = try await self.conclude(prepared, decision) {
                return CopilotCLIToolAnswer(.denied, reason)
            }
            let executor = self.equipment.executor
            let result =
                checked.tool.kind == .ask
                ? try await self.waiting { try await executor.perform(prepared, approval: decision) }
                : try await executor.perform(prepared, approval: decision)
            return CopilotCLIToolAnswer(result.outcome == .done ? .success : .failure, result.text)
        }
    }

    // MARK: The record

    /// Stores events in their order, although several tasks have some.
    ///
    /// - Parameter tool: Of the call whose end is among them.
    func record(_ events: [AgentEvent], tool: String? = nil) async throws {
        let elapsed = Int(self.elapsed.inSeconds * 1000)
        let new = events.enumerated().map { index, event in
            var cost: StepCost?
            if let tool, case .finished(let finish) = event {
                cost = .tool(
                    name: tool, model: self.model, isDone: finish.result.outcome == .done, milliseconds: 0)
            }
            return StepRecord(number: self.number + 1 + index, elapsed: elapsed, event: event, cost: cost)
        }
        self.number += new.count
        let (log, turn, before) = (self.log, self.request.id, self.storing)
        // Unstructured: the next events wait for it too.
        let task = Task {
            try await before?.value
            try await log.append(new, of: turn)
        }
        self.storing = task
        try await task.value
    }

    /// Shows the last state of the steps; for the end.
    func close() async throws {
        guard self.lines.count > 0 else { return }
        try await self.thread.report(self.shownSteps(news: nil, changes: await self.equipment.changes?()))
    }

    /// Time that people take does not count.
    private func waiting<Result>(_ body: () async throws -> Result) async throws -> Result {
        let start = self.clock.now
        defer { self.waited += self.clock.now - start }
        return try await body()
    }

    private var elapsed: Duration { self.clock.now - self.startedAt - self.waited }

    private func shownSteps(news: String?, changes: GitStat? = nil) -> TurnEvent {
        self.lines.report(of: news, seconds: Int(self.elapsed.inSeconds), tokens: self.tokens, changes: changes)
    }
}
