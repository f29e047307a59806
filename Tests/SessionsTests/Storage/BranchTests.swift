import Chat
import Database
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("Branches of a conversation, as they are stored", .timeLimit(.minutes(1)))
struct BranchTests {
    @Test("a version is beside what it replaces, and beside the other versions of it")
    func versions() {
        let branches = ThreadBranches(
            shown: "d",
            begun: [
                ThreadBranches.Begun(id: "b", number: 5, parent: nil, replaces: 2),
                ThreadBranches.Begun(id: "c", number: 6, parent: nil, replaces: 2),
                ThreadBranches.Begun(id: "d", number: 8, parent: "c", replaces: 7),
            ])
        expectEqual(branches.versions(of: ThreadBranches.Place(number: 2, branch: nil)), ["main", "b", "c"])
        expectEqual(branches.versions(of: ThreadBranches.Place(number: 6, branch: "c")), ["main", "b", "c"])
        expectEqual(branches.versions(of: ThreadBranches.Place(number: 7, branch: "c")), ["c", "d"])
        expectEqual(branches.versions(of: ThreadBranches.Place(number: 3, branch: nil)), [])
        expectEqual(
            branches.path(to: "d"),
            [
                ThreadBranches.Segment(branch: "d", end: .max), ThreadBranches.Segment(branch: "c", end: 7),
                ThreadBranches.Segment(branch: nil, end: 2),
            ])
        #expect(branches.branch(named: "main") == .some(.none) && branches.branch(named: "x") == nil)
        // What began it has expired.
        #expect(ThreadBranches(shown: nil, begun: [branches.begun[2]]).branch(named: "c") == .some("c"))
    }

    @Test("while a question of the shown branch waits, no other one is begun or shown")
    func asked() async throws {
        let harness = try await BridgeHarness(directory: try TemporaryDirectory())
        _ = try await harness.frames(of: try #require(try await harness.ask("one")).operation)
        try await harness.settle()
        try await harness.bridge.store.write { ledger in
            let session = try #require(try ledger.sessions(after: nil, limit: 1).items.first)
            try ledger.checkRest(session.id)
            try ledger.insert(
                AskRecord(
                    id: "a1", session: session.id, turn: "t", kind: .question, lead: "", tail: "", options: [],
                    rule: .owners, requester: Sample.person("alice"), bindings: [], question: nil, parked: nil,
                    digest: "",
                    route: session.route, message: 1, createdAt: 0, expiresAt: 1))
            #expect(throws: BranchRefusal.asked) { try ledger.checkRest(session.id) }
        }
    }

    /// Everything of a branch's beginning is one transaction: what a kill leaves is the message in the inbox, or the branch.
    @Test("an edit that was stored before the host was killed begins its branch at the next start")
    func killed() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(directory: directory)
        for text in ["one", "two"] {
            _ = try await first.frames(of: try #require(try await first.ask(text)).operation)
        }
        try await first.settle()
        try await first.bridge.store.write { ledger in
            let session = try #require(try ledger.sessions(after: nil, limit: 1).items.first)
            let message = try #require(
                try ledger.messages(of: session.id, after: nil, limit: 9).items.first { $0.text == "two" })
            let turn = try #require(try message.turn.flatMap { try ledger.turn(id: $0) })
            var edited = InboundMessage(
                thread: session.key, route: turn.route, sender: turn.sender, text: "two, edited", sentAt: 1_000,
                isDirect: true, isAddressed: true)
            edited.replaces = message.id
            _ = try ledger.insertEvent(
                "edit", adapter: session.key.adapter, body: StoredForm.text(of: edited), role: .owner, at: 1_000)
        }
        let second = try await BridgeHarness(directory: directory)
        await second.adapter.waitForText("You said: two, edited")
        try await second.settle()
        expectEqual(second.worker.requests.last?.history.filter { $0.role == .user }.map(\.text), ["one"])
        let texts = try await second.bridge.store.read { ledger in
            let session = try #require(try ledger.sessions(after: nil, limit: 1).items.first)
            let branches = try ledger.branches(of: session.id)
            #expect(branches.count == 2 && branches.shown != nil)
            return [ShownBranch.current, .named(nil), .all].map { branch in
                (try? ledger.messages(of: session.id, after: nil, limit: 20, in: branch).items
                    .filter { $0.role == .user }.map(\.text)) ?? []
            }
        }
        expectEqual(texts, [["one", "two, edited"], ["one", "two"], ["one", "two", "two, edited"]])
    }
}
