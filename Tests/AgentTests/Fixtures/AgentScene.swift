import Agent
import Audit
import Chat
import JSON
import Logging
import Models
import TestSupport
import Work

/// A whole turn: the loop, the gate and the tools over a workspace on the disk.
struct AgentScene {
    static let persona = Persona(
        name: "coder", summary: "", prompt: "You work.", tools: ToolCatalog.all.map(\.name))

    let model: ScriptedModel
    let tools: WorkspaceTools
    let policy: Policy
    var history: [HistoryEntry] = []
    var notes = ""

    init(_ model: ScriptedModel, _ tools: WorkspaceTools, policy: Policy = Policy()) {
        self.model = model
        self.tools = tools
        self.policy = policy
    }

    /// An answer that calls tools.
    static func calls(_ calls: (id: String, tool: String, arguments: JSON)...) -> [ScriptedModel.Step] {
        calls.map { .event(.toolCall(ToolCall(id: $0.id, name: $0.tool, arguments: $0.arguments.text))) }
            + [.event(.finished(.toolCalls))]
    }

    func run(in thread: any TurnThread, audit: any AuditRecorder) async throws -> TurnEnding {
        let settings = CurrentAgentSettings(
            AgentSettings(policy: self.policy, personas: PersonaCatalog([Self.persona]), persona: "coder"))
        let (tools, notes) = (self.tools, self.notes)
        let turn = AgentTurn(
            self.model, catalog: ModelCatalog(self.model), log: MemoryStepLog(), logger: Logger(label: "test")
        ) { request, thread in
            AgentEquipment(
                persona: Self.persona, tools: ToolCatalog.all, read: CallReader(tools: ToolCatalog.all).read,
                executor: tools,
                gate: PolicyGate(
                    settings: settings, request: request, persona: Self.persona, repository: nil, audit: audit,
                    thread: thread),
                notes: notes)
        }
        let request = TurnRequest(
            id: "t1", session: "s1", text: "Fix the failing test.",
            sender: Sender(id: "x/bob", identities: [Identity("x/bob")], displayName: "bob"), role: .member,
            history: self.history)
        return try await turn.run(request, in: thread)
    }
}
