internal import Chat
internal import Git
internal import Logging
internal import Models

/// One turn at work: does what ``AgentStateMachine`` says, and records each event.
///
/// What is recorded is stored before a call has an effect, before people are asked, and at the end; what precedes a
/// request is stored while the model works. Events without any of these between them share a commit.
///
/// Confined to the turn's task. A class, because the functions of a task that waits kept copies of a structure.
final class AgentRun {
    let request: TurnRequest
    let thread: any TurnThread
    let equipment: AgentEquipment
    /// The messages before the turn's own.
    var prefix: [ModelMessage]
    var model: AgentModel
    /// ``model``, and those that answer if it does not.
    var models: ModelFallbacks
    /// Makes a model and the messages before the turn's own for it.
    let change: (_ model: String) async throws -> (AgentModel, [ModelMessage])
    let log: any StepLog
    let steering: AgentSteering
    let clock: ModelClock
    let logger: Logger

    var machine: AgentStateMachine
    /// The records that the newest summary does not cover, and that summary's own.
    var records: [StepRecord] = []
    var checkpoint: AgentEvent.Summary?
    var lastNumber = 0
    /// The last of ``records``, which are not stored yet.
    private var unsaved: [StepRecord] = []
    var lines = StepLines()
    var counter = TokenCounter()
    /// What was prepared and decided for the calls of the last answer.
    var settled: [String: (intent: ToolIntent, decision: GateDecision)] = [:]
    /// Whether the thread has text of this turn, and what the next piece of text is preceded by.
    var hasText = false
    var separator = ""
    /// The turn's time before this run, and when this run began.
    private var baseTime = Duration.zero
    private var startedAt: Duration
    private var waited = Duration.zero

    init(
        request: TurnRequest, thread: any TurnThread, equipment: AgentEquipment, prefix: [ModelMessage],
        model: AgentModel, models: ModelFallbacks, log: any StepLog, steering: AgentSteering, clock: ModelClock,
        logger: Logger, change: @escaping (_ model: String) async throws -> (AgentModel, [ModelMessage])
    ) {
        self.request = request
        self.thread = thread
        self.equipment = equipment
        self.prefix = prefix
        self.model = model
        self.models = models
        self.change = change
        self.log = log
        self.steering = steering
        self.clock = clock
        self.logger = logger
        self.startedAt = clock.now
        self.machine = AgentStateMachine(limits: equipment.limits, read: equipment.read)
    }

    func run() async throws -> TurnEnding {
        do {
            return try await self.work()
        } catch {
            // A turn that is stopped or fails can be resumed.
            try? await self.store()
            throw error
        }
    }

    private func work() async throws -> TurnEnding {
        if !self.request.isNew { try await self.open() }
        while true {
            try Task.checkCancellation()
            let action = self.next
            if case .ask = action {
                try await self.takeSteering()
                try await self.ask()
            } else if let ending = try await self.perform(action) {
                return ending
            }
        }
    }

    // Not inlined: the caller would keep what the machine needs to decide.
    private var next: AgentAction { @inline(never) get { self.machine.next } }

    /// Does anything but to ask the model, for which a turn waits longest: the memory of the rest is kept apart from
    /// that. Returns the turn's end.
    @inline(never)
    private func perform(_ action: AgentAction) async throws -> TurnEnding? {
        switch action {
        case .record(.ended(let ending)):
            let events = self.last(before: ending)
            try await self.record(events)
        case .record(let event):
            await self.noteUnread(event)
            try await self.record([event], showing: true)
        case .ask: break  // done by the caller
        case .settle(let calls): try await self.settle(calls)
        case .run(let calls): try await self.perform(calls)
        case .end(let ending): return try await self.close(ending)
        }
        return nil
    }

    // MARK: Beginning and end

    /// Reads the turn's record: empty, unless a crash, a stop or a limit ended it before.
    @inline(never)
    private func open() async throws {
        let (checkpoint, records) = try await self.log.history(of: self.request.id)
        guard let last = records.last else { return }
        self.checkpoint = checkpoint
        self.records = records
        self.lastNumber = last.number
        self.baseTime = .milliseconds(last.elapsed)
        self.machine = AgentStateMachine(
            limits: self.equipment.limits, after: checkpoint, read: self.equipment.read)
        for record in records { self.machine.receive(record) }
        self.machine.recover()
        self.lines = StepLines(earlier: self.machine.tally.calls)
        try await self.stay()
        let isAnswered = self.isAnswered
        if self.request.isResumed, !isAnswered { return try await self.record([.resumed]) }
        // A turn is begun again by itself only if the thread shows nothing of it yet.
        try await self.showAgain(records)
        guard self.machine.ending == nil, !isAnswered, !self.machine.isHarmless, !self.request.isAwaited else { return }
        try await self.record([.ended(.interrupted)])
    }

    /// Whether the model has given its last answer, even if the turn's end is not stored yet.
    private var isAnswered: Bool {
        if case .record(.ended(.answered)) = self.machine.next { true } else { self.machine.ending == .answered }
    }

    private func showAgain(_ records: [StepRecord]) async throws {
        for record in records {
            guard case .answered(let answer) = record.event, !answer.text.isEmpty else { continue }
            try await self.pass(.text(answer.text))
            self.separator = answer.breakage == nil ? "\n\n" : ""
        }
    }

    /// The events at the end: words of people that came too late for it make it continue.
    private func last(before ending: AgentEnding) -> [AgentEvent] {
        let words = self.steering.close(self.request.session)
            .map { AgentEvent.steered(author: $0.author, text: $0.text) }
        guard !words.isEmpty, ending == .answered else { return words + [.ended(ending)] }
        self.steering.open(self.request.session)
        return words
    }

    private func close(_ ending: AgentEnding) async throws -> TurnEnding {
        if ending == .answered, self.machine.tally.calls == 0 {
            // A plain answer: without these records the turn would only be begun again, as without its end.
            let records = self.takeUnsaved()
            if !records.isEmpty { try await self.log.appendWithEnd(records, of: self.request.id) }
        } else {
            try await self.store()
        }
        if self.lines.count > 0 {
            try await self.thread.report(self.steps(news: nil, changes: await self.equipment.changes?()))
        }
        switch ending {
        case .answered: return .complete
        case .filtered: return .filtered(ending.reason ?? "")
        case .failed(let message, let isAboutContent):
            throw TurnFailure(message, cause: isAboutContent ? .content : .other)
        case .steps, .tokens, .time, .repeated, .failures, .denied, .full, .interrupted, .cut:
            return .cut(ending.reason ?? "")
        }
    }

    // MARK: The record

    /// Records events, to be stored by ``store()``, and acts as if they had always been there.
    ///
    /// - Parameters:
    ///   - showing: whether results among them appear in the thread's line of steps.
    ///   - call: What the answer among them took.
    func record(_ events: [AgentEvent], showing: Bool = false, call: ModelCall? = nil) async throws {
        guard !events.isEmpty else { return }
        let elapsed = self.elapsed
        let new = events.enumerated().map { index, event in
            let cost: StepCost? =
                switch event {
                case .answered: call.map { .answer($0) }
                case .finished(let finish): .tool(finish, at: elapsed, after: self.records)
                default: nil
                }
            return StepRecord(number: self.lastNumber + 1 + index, elapsed: elapsed, event: event, cost: cost)
        }
        self.unsaved += new
        self.lastNumber += new.count
        self.records += new
        for record in new { self.machine.receive(record) }
        guard showing else { return }
        for case .finished(let finish) in events { try await self.show(finish) }
    }

    /// Stores what was recorded. Returns when it is durable.
    func store() async throws {
        let records = self.takeUnsaved()
        guard !records.isEmpty else { return }
        try await self.log.append(records, of: self.request.id)
    }

    /// What is not stored yet; the caller stores it.
    func takeUnsaved() -> [StepRecord] {
        defer { self.unsaved = [] }
        return self.unsaved
    }

    func show(_ finish: AgentEvent.Finish) async throws {
        self.lines.end(finish.call, finish.result)
        try await self.thread.report(self.steps(news: finish.call))
    }

    func steps(news: String?, changes: GitStat? = nil) -> TurnEvent {
        self.lines.report(
            of: news, seconds: self.elapsed / 1000, tokens: self.machine.tally.allTokens, changes: changes)
    }

    /// The turn's own time in milliseconds.
    var elapsed: Int {
        Int((self.baseTime + self.clock.now - self.startedAt - self.waited - self.equipment.pauses()).inSeconds * 1000)
    }

    /// Time that people take does not count.
    func waiting<Result>(_ body: () async throws -> Result) async throws -> Result {
        let start = self.clock.now
        defer { self.waited += self.clock.now - start }
        return try await body()
    }

    @inline(never)
    private func takeSteering() async throws {
        let words = self.steering.take(of: self.request.session)
        try await self.record(words.map { .steered(author: $0.author, text: $0.text) })
    }
}
