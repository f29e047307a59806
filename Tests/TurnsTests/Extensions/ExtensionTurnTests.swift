import Agent
import Audit
import Chat
import JSON
import Logging
import Models
import Primitives
import TestSupport
import Testing

@testable import Extensions
@testable import Turns

/// A whole turn: the loop, the gate and a server.
@Suite("Turns with extensions", .timeLimit(.minutes(1)))
struct ExtensionTurnTests {
    private final class MemoryLog: StepLog {
        let records = Protected<[StepRecord]>([])

        func append(_ records: [StepRecord], of turn: String) async throws {
            self.records.withLock { $0 += records }
        }

        func records(of turn: String, after number: Int) async throws -> [StepRecord] {
            self.records.withLock { $0.filter { $0.number > number } }
        }

        func checkpoint(of turn: String) async throws -> StepRecord? { nil }
    }

    private struct NoAudit: AuditRecorder {
        func record(_ entry: AuditEntry) async throws {}
    }

    private final class Thread: TurnThread {
        let steps = Protected<[TurnSteps]>([])
        let requests = Protected<[ApprovalRequest]>([])

        func report(_ event: TurnEvent) async throws {
            if case .steps(let steps) = event { self.steps.withLock { $0.append(steps) } }
        }

        func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome {
            self.requests.withLock { $0.append(request) }
            return .approved(ask: "a1", by: "olga")
        }
    }

    @Test("the model gets what the server answers, a person approves the exact call, and the line shows how far it is")
    func whole() async throws {
        let shown = Gate(isOpen: false)
        let scene = try await ExtensionScene(.tools(("search", "Finds issues."))) { caller in
            caller.progress(ExtensionProgress(done: 1, total: 2, message: nil))
            await shown.pass()
        }
        scene.server.answer("search", with: ExtensionResult([.text("ABC-1 is open")]))
        let model = ScriptedModel([
            [
                .event(.toolCall(ToolCall(id: "w", name: "jira__search", arguments: #"{"text":"open"}"#))),
                .event(.finished(.toolCalls)),
            ],
            ScriptedModel.answer("It is open."),
        ])
        let persona = Persona(name: "coder", summary: "", prompt: "You work.", tools: ["extensions"])
        let thread = Thread()
        let turn = AgentTurn(
            model, catalog: ModelCatalog(model), log: MemoryLog(), logger: Logger(label: "test")
        ) { request, thread in
            AgentEquipment(
                persona: persona, tools: scene.offer.tools, read: scene.offer.reader(with: []), executor: scene.tools,
                gate: PolicyGate(
                    settings: CurrentAgentSettings(
                        AgentSettings(personas: PersonaCatalog([persona]), persona: "coder")),
                    request: request, persona: persona, repository: nil, audit: NoAudit(), thread: thread))
        }
        let request = TurnRequest(
            id: "t1", session: "s1", text: "What is open?",
            sender: Sender(id: "x/bob", identities: [Identity("x/bob")], displayName: "bob"), role: .member)
        let run = Task { try await turn.run(request, in: thread) }
        try await eventually("the line shows the progress") {
            thread.steps.withLock { $0.contains { $0.shown.contains(": 50 %") } }
        }
        shown.setOpen(true)
        try await expectEqual(run.value, .complete)
        expectEqual(scene.server.calls, [FakeExtension.Call("search", ["text": "open"])])
        let asked = try #require(thread.requests.withLock { $0.first })
        #expect(asked.action == .call && asked.subject == "jira__search (search of jira)\n\"text\": \"open\"")
        let told = try #require(model.requests.last?.messages.last)
        #expect(told.text.contains("ABC-1 is open"))
        expectEqual(model.requests.first?.tools.map(\.name), ["jira__search"])
    }
}
