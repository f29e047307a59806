internal import Agent
internal import Analytics
internal import Chat
internal import Database
internal import Glibc
internal import JSON
internal import Logging
internal import Models
internal import Primitives
internal import Store
internal import TestSupport
internal import Turns

/// The overhead of the agent's loop besides the model and the tools, with the host's record of steps on disk.
struct AgentBenchmark {
    /// The duration of the model's answer, shorter than any real one.
    private static let answerTime = Duration.milliseconds(20)

    private let directory: String
    private let turns: Int
    private let steps: Int
    private let history: Int
    private let part: String

    /// - Parameter arguments: `directory` must exist, on the disk that is to be measured. With `part=step`, only the
    ///   median overhead of a step is printed, for a comparison from outside.
    init(_ arguments: BenchArguments) throws {
        self.directory = try arguments.text("directory")
        self.turns = arguments.number("turns", default: 20)
        self.steps = arguments.number("steps", default: 50)
        self.history = arguments.number("history", default: 2_000)
        self.part = arguments.text("part", default: "all")
    }

    func run() async throws {
        let database = try Database(path: "\(self.directory)/agent.sqlite", migrations: StoreSchema.migrations)
        let log = StoredSteps(store: SessionStore(database: database), origin: UsageOrigin())
        if self.part == "step" {
            try await self.printStep(log)
        } else {
            try await self.measureSteps(log)
            try await self.measureResume(log)
        }
        await database.close()
    }

    // MARK: Measurements

    /// On the pool, where the turns of a host are.
    @concurrent private func printStep(_ log: StoredSteps) async throws {
        _ = try await self.work("warm-up", log, pause: .zero)
        var times: [Double] = []
        for number in 1...self.turns {
            times.append(try await self.work("turn-\(number)", log, pause: Self.answerTime))
        }
        BenchOutput.line(["milliseconds": .number(BenchRounds.median(times))])
    }

    /// On the pool, as above.
    @concurrent private func measureSteps(_ log: StoredSteps) async throws {
        _ = try await self.work("warm-up", log, pause: .zero)
        var (times, instant, processor, alone): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
        // In turn, so that all meet the same disturbances.
        for number in 1...self.turns {
            times.append(try await self.work("turn-\(number)", log, pause: Self.answerTime))
            let used = Self.processorTime()
            instant.append(try await self.work("instant-\(number)", log, pause: .zero))
            processor.append((Self.processorTime() - used) / Double(self.steps))
            alone.append(try await self.commits("alone-\(number)", log))
        }
        if BenchRounds.areQuiet(("overhead of a step", times)) {
            BenchOutput.result(
                "agent", "overhead of a step, turns of \(self.steps) steps, p50", ours: BenchRounds.median(times),
                peer: 3, peerName: "the goal", unit: "ms")
            if BenchRounds.areQuiet(("a commit", alone)) {
                BenchOutput.result(
                    "agent", "overhead of a step, p50", ours: BenchRounds.median(times),
                    peer: BenchRounds.median(alone), peerName: "one commit alone", unit: "ms")
            }
        }
        guard BenchRounds.areQuiet(("overhead with an instant model", instant)) else { return }
        BenchOutput.result(
            "agent", "overhead of a step with an instant model, p50", ours: BenchRounds.median(instant), unit: "ms")
        BenchOutput.result(
            "agent", "overhead of a step, processor time, p50", ours: BenchRounds.median(processor), unit: "ms")
    }

    /// The mean time of a commit with one small row.
    private func commits(_ id: String, _ log: StoredSteps) async throws -> Double {
        let started = ContinuousClock.now
        for number in 1...self.steps {
            try await log.append([StepRecord(number: number, elapsed: 0, event: .resumed)], of: id)
        }
        return Self.milliseconds(since: started) / Double(self.steps)
    }

    @concurrent private func measureResume(_ log: StoredSteps) async throws {
        var records: [StepRecord] = []
        for step in 1...self.history {
            for event in Self.events(of: step) {
                records.append(StepRecord(number: records.count + 1, elapsed: step * 1_000, event: event))
            }
        }
        var (times, processor): ([Double], [Double]) = ([], [])
        for round in 1...2 * BenchRounds.count {
            // A turn of its own each time: the first resumption may leave a summary, which makes the next ones short.
            let turn = "long-\(round)"
            try await log.append(records, of: turn)
            let model = StepModel(steps: 0, isEnding: false)
            let (started, used) = (ContinuousClock.now, Self.processorTime())
            // It fails at its first request.
            _ = try? await self.turn(model, log).run(Self.request(turn, isResumed: true)) { _ in }
            guard let asked = model.firstRequest else { throw BenchFailure("the resumed turn asked nothing") }
            times.append((asked - started) / .milliseconds(1))
            processor.append(Self.processorTime() - used)
        }
        guard BenchRounds.areQuiet(("resume", times)) else { return }
        BenchOutput.result(
            "agent", "resume of \(self.history) steps, until the model is asked, p50", ours: BenchRounds.median(times),
            peer: 200, peerName: "the goal", unit: "ms")
        BenchOutput.result(
            "agent", "resume of \(self.history) steps, processor time, p50", ours: BenchRounds.median(processor),
            unit: "ms")
    }

    /// What a step stores.
    private static func events(of step: Int) -> [AgentEvent] {
        let (id, command) = ("\(step).1", "swift test --filter Case\(step)")
        let call = AgentCall(
            id: id, wireID: "c\(step)", name: "shell", arguments: #"{"command":"\#(command)"}"#)
        return [
            .asked(model: "bench", digest: String(repeating: "0", count: 64)),
            .answered(
                AgentEvent.Answer(
                    model: "bench", text: "", calls: [call], usage: TokenUsage(input: 1_000, output: 20),
                    finish: .toolCalls)),
            .decided(
                AgentEvent.Decision(
                    call: id, digest: String(repeating: "0", count: 64), decision: .allowed(rule: "bench"))),
            .started(AgentEvent.Start(call: id, title: "shell \(command)")),
            .finished(AgentEvent.Finish(call: id, result: IdleTools.result(of: command))),
        ]
    }

    // MARK: Figures

    private static func milliseconds(since start: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - start) / .milliseconds(1)
    }

    /// The processor time of this process, in milliseconds.
    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1_000 + Double(time.tv_nsec) / 1_000_000
    }

    // MARK: A turn

    /// Returns what a step took in milliseconds, without the time of the model.
    private func work(_ id: String, _ log: StoredSteps, pause: Duration) async throws -> Double {
        let model = StepModel(steps: self.steps, pause: pause, isEnding: true)
        let started = ContinuousClock.now
        let ending = try await self.turn(model, log).run(Self.request(id)) { _ in }
        guard ending == .complete else { throw BenchFailure("the turn ended otherwise: \(ending)") }
        return (Self.milliseconds(since: started) - model.spent / .milliseconds(1)) / Double(self.steps)
    }

    private func turn(_ model: StepModel, _ log: StoredSteps) -> AgentTurn {
        AgentTurn(model, catalog: ModelCatalog(model), log: log, logger: Logger(label: "agent")) { _, _ in
            AgentEquipment(
                persona: Persona(name: "coder", summary: "", prompt: "You work.", tools: ToolCatalog.all.map(\.name)),
                tools: ToolCatalog.all, read: CallReader(tools: ToolCatalog.all).read, executor: IdleTools(),
                gate: OpenGate(),
                limits: AgentLimits(steps: 1_000_000, tokens: .max, time: .seconds(86_400)))
        }
    }

    private static func request(_ id: String, isResumed: Bool = false) -> TurnRequest {
        TurnRequest(
            id: id, session: id, text: "Do it.",
            sender: Sender(id: "bench/alice", identities: [Identity("bench/alice")], displayName: "alice"),
            isResumed: isResumed)
    }
}

private struct OpenGate: ToolGate {
    func mayAsk(about intents: [ToolIntent]) -> Bool { false }

    func decide(_ intents: [ToolIntent]) async throws -> [GateDecision] { intents.map { _ in .allowed(rule: "bench") } }
}

/// Tools that do nothing, with results of about the size of a small file.
private struct IdleTools: ToolExecutor {
    private static let text = String(repeating: "A line of a file, as long as usual.\n", count: 28)

    func prepare(_ call: CheckedCall) async throws -> PreparedCall {
        let subject = call.arguments["command"]?.stringValue ?? ""
        return .intent(ToolIntent(call: call, subject: subject, directory: "/workspace", title: "shell \(subject)"))
    }

    func perform(_ intent: ToolIntent, approval: GateDecision) async throws -> ToolResult {
        Self.result(of: intent.subject)
    }

    static func result(of command: String) -> ToolResult {
        ToolResult(.done, text: Self.text + command, summary: "\(command), exit 0", hasChanges: true)
    }
}
