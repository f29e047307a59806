import Agent
import Chat
import Database
import JSON
import Logging
import Models
import Store
import TestSupport

@testable import Extensions
@testable import Turns

/// A desk with one approved server, and the tools of a turn that began then.
struct ExtensionScene {
    let directory: TemporaryDirectory
    let desk: ExtensionDesk
    let server: FakeExtension
    let offer: ExtensionTurnOffer
    let thread: ClosureThread
    let tools: ExtensionTools

    init(
        _ offer: ExtensionOffer, decisions: [String: String] = [:], thread: ClosureThread = ClosureThread { _ in },
        during: @escaping @Sendable (ExtensionCaller) async -> Void = { _ in }
    ) async throws {
        let directory = try TemporaryDirectory()
        let store = SessionStore(
            database: try TestDatabase.open(
                path: directory.path + "/jetbridge.sqlite", migrations: StoreSchema.migrations))
        var settings = ExtensionSettings(name: "jira", way: .program(["/opt/jira"], variables: [:]))
        settings.tools = decisions
        let server = FakeExtension(settings, offering: offer, during: during)
        self.desk = ExtensionDesk([settings], store: store, now: { 1 }, logger: Logger(label: "test")) { _ in server
        }
        let list = try await self.desk.check("jira")
        try await store.write { ledger in
            try ledger.settleExtension("jira", digest: list.digest, isApproved: true, by: "olga", at: 2)
        }
        self.directory = directory
        self.server = server
        self.offer = ExtensionTurnOffer(try await self.desk.offered(), ours: 10)
        self.thread = thread
        self.tools = ExtensionTools(
            own: NoTools(), offer: self.offer, desk: self.desk,
            asking: ExtensionAskingInTurn(
                request: TurnRequest(
                    id: "op", session: "s", text: "", sender: Sender(id: "a", identities: [], displayName: "a"),
                    role: .member),
                thread: thread, pauses: TurnPauses(), isPrivate: { false }, workspace: { _ in nil }))
    }

    func call(_ name: String, _ arguments: String) throws -> CheckedCall {
        let reading = self.offer.reader(with: [])(ToolCall(id: "w", name: name, arguments: arguments), "1.1")
        guard case .call(let call) = reading else { throw UnexpectedReading(what: "\(reading)") }
        return call
    }

    func intent(_ name: String, _ arguments: String) async throws -> ToolIntent {
        let prepared = try await self.tools.prepare(try self.call(name, arguments))
        guard case .intent(let intent) = prepared else { throw UnexpectedReading(what: "\(prepared)") }
        return intent
    }
}

struct UnexpectedReading: Error { let what: String }

private struct NoTools: ToolExecutor {
    func prepare(_ call: CheckedCall) async throws -> PreparedCall { throw UnexpectedReading(what: call.tool.name) }
    func perform(_ intent: ToolIntent, approval: GateDecision) async throws -> ToolResult {
        throw UnexpectedReading(what: intent.title)
    }
}
