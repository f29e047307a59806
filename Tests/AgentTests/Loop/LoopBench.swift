import Agent
import Chat
import Git
import JSON
import Logging
import Models
import Primitives
import TestSupport
import Work

/// A turn with a scripted model, five small tools and a gate, all in memory.
struct LoopBench {
    let model: ScriptedModel
    let executor: FakeExecutor
    /// Asked instead of ``model``, of which it may be made.
    var router: ModelRouter?
    var gate: any ToolGate = OpenGate()
    var log: any StepLog = MemoryStepLog()
    var tools = Self.basicTools
    var read = Self.basicRead
    var changes: (@Sendable () async -> GitStat?)?
    var limits = AgentLimits()
    var notes = ""
    /// The models of the persona and of the thread.
    var models: (persona: String?, thread: String?)
    var system = "You work."
    var inputLimit = 64_000
    var answerLimit = AnswerLimit()
    var isNew = false
    /// Whether the thread has what was reported, like that of a conversation.
    var threadKeepsText = false
    var steering = AgentSteering()
    let events = Protected<[TurnEvent]>([])
    let clock: ModelClock

    init(
        _ scripts: [[ScriptedModel.Step]] = [], inputLimit: Int = 64_000, clock: ModelClock = .continuous,
        executor: FakeExecutor = FakeExecutor(),
        otherwise: @escaping @Sendable (ModelRequest) -> [ScriptedModel.Step] = { _ in ScriptedModel.answer("ok") }
    ) {
        self.model = ScriptedModel(scripts, inputLimit: inputLimit, otherwise: otherwise)
        self.executor = executor
        self.clock = clock
    }

    static let basicTools = [
        Self.tool("read", .read), Self.tool("edit", .edit), Self.tool("shell", .execute), Self.tool("tasks", .plan),
        Self.tool("ask_user", .ask),
    ]

    static func tool(_ name: String, _ kind: ToolDefinition.Kind) -> ToolDefinition {
        ToolDefinition(name: name, kind: kind, description: "The tool \(name).", parameters: ["type": "object"])
    }

    /// A reader like the host's, as far as the loop is concerned.
    static let basicRead: @Sendable (ToolCall, String) -> CallReading = { call, id in
        guard let tool = Self.basicTools.first(where: { $0.name == call.name }) else {
            return .failed(ToolResult(.failed, text: "No such tool.", summary: "\(call.name), unknown"))
        }
        guard let arguments = try? JSON.parse(call.arguments), case .object = arguments else {
            return .failed(ToolResult(.failed, text: "No JSON object.", summary: "\(call.name), wrong arguments"))
        }
        return .call(CheckedCall(id: id, tool: tool, arguments: arguments))
    }

    /// An answer that calls tools: `name arguments`.
    static func calls(_ calls: String..., text: String = "", usage: TokenUsage? = nil) -> [ScriptedModel.Step] {
        var steps: [ScriptedModel.Step] = text.isEmpty ? [] : [.event(.delta(text))]
        for (index, call) in calls.enumerated() {
            let parts = call.split(separator: " ", maxSplits: 1).map(String.init)
            steps.append(
                .event(
                    .toolCall(
                        ToolCall(id: "c\(index + 1)", name: parts[0], arguments: parts.count > 1 ? parts[1] : "{}"))))
        }
        if let usage { steps.append(.event(.usage(usage))) }
        return steps + [.event(.finished(.toolCalls))]
    }

    func run(_ text: String = "Do it.", isResumed: Bool = false) async throws -> TurnEnding {
        let (gate, executor, limits, notes, system) = (self.gate, self.executor, self.limits, self.notes, self.system)
        let models = self.models
        let (tools, read, changes) = (self.tools, self.read, self.changes)
        let client: any ModelClient = self.router ?? self.model
        let catalog = ModelCatalog(client)
        // A turn does not wait for the list, whose limits the tests depend on.
        _ = try? await catalog.models()
        let turn = AgentTurn(
            client, catalog: catalog, log: self.log, steering: self.steering, answerLimit: self.answerLimit,
            clock: self.clock, logger: Logger(label: "test")
        ) { _, _ in
            AgentEquipment(
                persona: Persona(
                    name: "coder", summary: "", prompt: system, tools: tools.map(\.name), model: models.persona),
                tools: tools, read: read, executor: executor, gate: gate, limits: limits, notes: notes,
                changes: changes)
        }
        let request = TurnRequest(
            id: "t1", session: "s1", text: text,
            sender: Sender(id: "x/alice", identities: [Identity("x/alice")], displayName: "alice"),
            model: models.thread, isResumed: isResumed, isNew: self.isNew)
        return try await turn.run(request, in: Thread(events: self.events, keepsText: self.threadKeepsText))
    }

    private struct Thread: TurnThread {
        let events: Protected<[TurnEvent]>
        let keepsText: Bool

        func report(_ event: TurnEvent) async throws { self.events.withLock { $0.append(event) } }

        func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome { .expired }

        func lastText(_ count: Int) async throws -> String {
            let text = self.events.withLock { $0 }
                .compactMap { if case .text(let text) = $0 { text } else { nil } }.joined()
            return String(decoding: text.utf8.suffix(count), as: UTF8.self)
        }
    }

    /// What people read as the answer.
    var text: String {
        self.events.withLock { $0 }.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined()
    }

    var steps: TurnSteps? {
        self.events.withLock { $0 }.reversed().lazy.compactMap { if case .steps(let steps) = $0 { steps } else { nil } }
            .first
    }

    func records() async throws -> [StepRecord] { try await self.log.records(of: "t1", after: 0) }

    /// The results that the model has got, as the last request has them.
    var results: [String] {
        self.model.requests.last?.messages.filter { $0.role == .tool }.map(\.text) ?? []
    }
}

/// Carries out nothing; records what it was asked for.
final class FakeExecutor: ToolExecutor {
    typealias Behaviour = @Sendable (CheckedCall) async throws -> ToolResult

    private let behaviour: Behaviour
    private let preparation: @Sendable (CheckedCall) -> PreparedCall
    private let calls = Protected<[String]>([])
    private let forgotten = Protected(0)

    init(
        preparing preparation: @escaping @Sendable (CheckedCall) -> PreparedCall,
        performing behaviour: @escaping Behaviour
    ) {
        self.preparation = preparation
        self.behaviour = behaviour
    }

    convenience init(_ behaviour: @escaping Behaviour) {
        self.init(preparing: { .intent(FakeExecutor.intent($0)) }, performing: behaviour)
    }

    convenience init() {
        self.init { call in
            ToolResult(
                .done, text: "result of \(call.id)", summary: "\(call.tool.name) \(call.id)",
                hasChanges: call.tool.kind == .edit)
        }
    }

    /// How often it was told that the model no longer knows what it has read.
    var forgets: Int { self.forgotten.withLock { $0 } }

    func forgetReads() async { self.forgotten.withLock { $0 += 1 } }

    /// `tool arguments`, in the order in which they began.
    var executed: [String] { self.calls.withLock { $0 } }

    static func intent(_ call: CheckedCall) -> ToolIntent {
        let path = call.arguments["path"]?.stringValue ?? "f"
        return ToolIntent(
            call: call, subject: call.arguments.canonicalText, directory: "/workspace",
            title: "\(call.tool.name) \(call.arguments.canonicalText)",
            changes: call.tool.kind == .edit ? [ToolIntent.Change(path: path, bytes: [1])] : [])
    }

    func prepare(_ call: CheckedCall) async throws -> PreparedCall { self.preparation(call) }

    func perform(_ intent: ToolIntent, approval: GateDecision) async throws -> ToolResult {
        precondition(approval.mayRun)
        self.calls.withLock { $0.append("\(intent.call.tool.name) \(intent.call.arguments.canonicalText)") }
        return try await self.behaviour(intent.call)
    }
}

struct OpenGate: ToolGate {
    func mayAsk(about intents: [ToolIntent]) -> Bool { false }

    func decide(_ intents: [ToolIntent]) async throws -> [GateDecision] { intents.map { _ in .allowed(rule: "all") } }
}

/// Decides by a closure and records each question.
final class ScriptedGate: ToolGate {
    private let decide: @Sendable (ToolIntent) async -> GateDecision
    private let asked = Protected<[[String]]>([])

    init(_ decide: @escaping @Sendable (ToolIntent) async -> GateDecision) { self.decide = decide }

    /// The titles of each question's calls.
    var questions: [[String]] { self.asked.withLock { $0 } }

    func decide(_ intents: [ToolIntent]) async throws -> [GateDecision] {
        self.asked.withLock { $0.append(intents.map(\.title)) }
        var decisions: [GateDecision] = []
        for intent in intents { decisions.append(await self.decide(intent)) }
        return decisions
    }
}
