import Chat
import Database
import TestSupport
import Testing

@testable import Sessions

@Suite("What a turn's open asks decide", .timeLimit(.minutes(1)))
struct OpenAsksTests {
    private static func ask(_ id: String, isApproval: Bool = true) -> AskRecord {
        let bindings = [
            AskBinding(
                request: ApprovalRequest(
                    action: .run, subject: "make", directory: "/workspace", tool: "run", approver: .ownersOnly,
                    scope: .call("1.1")),
                session: "s", turn: "t", requester: "alice")
        ]
        return AskRecord(
            id: id, session: "s", turn: "t", kind: isApproval ? .approval : .question, lead: "", tail: "",
            options: [], rule: .owners, requester: Sample.person("alice"), bindings: isApproval ? bindings : [],
            question: nil, parked: nil, digest: "", route: Route(room: Sample.room), message: 1, createdAt: 0,
            expiresAt: 1)
    }

    @Test("the end of an ask wakes all who wait for it, once")
    func ended() async throws {
        var asks = OpenAsks()
        #expect(asks.isEmpty)
        let (first, second) = (asks.wait(for: Self.ask("a1")), asks.wait(for: Self.ask("a1")))
        _ = asks.wait(for: Self.ask("a2"))
        let waiters = asks.end(Self.ask("a1"))
        #expect(waiters.count == 2 && asks.end(Self.ask("a1")).isEmpty && !asks.isEmpty)
        for waiter in waiters { waiter.resume(with: .success(Self.ask("a1"))) }
        try await expectEqual(first.value().id, "a1")
        try await expectEqual(second.value().id, "a1")
    }

    @Test("only approvals that outlive their turn stay open when the host stops")
    func lasting() {
        var asks = OpenAsks()
        _ = asks.wait(for: Self.ask("a2"))
        _ = asks.wait(for: Self.ask("a1"))
        _ = asks.wait(for: Self.ask("a3", isApproval: false))
        expectEqual(asks.lasting, ["a1", "a2"])
        expectEqual(asks.leave().sorted(), ["a1", "a2", "a3"])
        #expect(asks.isEmpty && asks.lasting.isEmpty)
    }

    @Test("of the asks of all threads the oldest are read, of one thread all")
    func many() async throws {
        let directory = try TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let store = SessionStore(
            database: try TestDatabase.open(path: directory.path + "/store", migrations: Schema.migrations))
        let (all, own) = try await store.write { ledger in
            for number in 0...Ledger.mostOpenAsks { try ledger.insert(Self.ask("a\(number)", isApproval: false)) }
            return (try ledger.openAsks().map(\.id), try ledger.openAsks(of: "s").map(\.id))
        }
        expectEqual(all, (0..<Ledger.mostOpenAsks).map { "a\($0)" })
        expectEqual(own, all + ["a\(Ledger.mostOpenAsks)"])
        try await expectEqual(store.read { ledger in try ledger.openAsks(of: "t").count }, 0)
    }
}
