import Chat
import Database
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("What a turn's open asks decide", .timeLimit(.minutes(1)))
struct OpenAsksTests {
    private static func ask(
        _ id: String, isApproval: Bool = true, in session: String = "s", rule: AskRule = .owners, until: Int64 = 1
    ) -> AskRecord {
        let bindings = [
            AskBinding(
                request: ApprovalRequest(
                    action: .run, subject: "make", directory: "/workspace", tool: "run", approver: .ownersOnly,
                    scope: .call("1.1")),
                session: "s", turn: "t", requester: "alice")
        ]
        return AskRecord(
            id: id, session: session, turn: "t", kind: isApproval ? .approval : .question, lead: "", tail: "",
            options: [], rule: rule, requester: Sample.person("alice"), bindings: isApproval ? bindings : [],
            question: nil, parked: nil, digest: "", route: Route(room: Sample.room), message: 1, createdAt: 0,
            expiresAt: until)
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
            database: try TestDatabase.open(path: directory.path + "/store", migrations: StoreSchema.migrations))
        let (all, own) = try await store.write { ledger in
            for number in 0...Ledger.mostOpenAsks { try ledger.insert(Self.ask("a\(number)", isApproval: false)) }
            return (try ledger.openAsks().map(\.id), try ledger.openAsks(of: "s").map(\.id))
        }
        expectEqual(all, (0..<Ledger.mostOpenAsks).map { "a\($0)" })
        expectEqual(own, all + ["a\(Ledger.mostOpenAsks)"])
        try await expectEqual(store.read { ledger in try ledger.openAsks(of: "t").count }, 0)
    }

    @Test("asks that somebody cannot see, may not answer by their role, or that have expired do not count as read")
    func waiting() async throws {
        let directory = try TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let store = SessionStore(
            database: try TestDatabase.open(path: directory.path + "/store", migrations: StoreSchema.migrations))
        try await store.write { ledger in
            for name in ["alice", "bob"] {
                let key = ThreadKey(adapter: Sample.room.adapter, value: name)
                let route = Route(room: Sample.room)
                _ = try ledger.session(for: key, route: route, owner: name, title: "", at: 0, id: name)
            }
            func insert(_ id: String, in session: String, _ rule: AskRule, until: Int64 = 9) throws {
                try ledger.insert(Self.ask(id, isApproval: false, in: session, rule: rule, until: until))
            }
            // As many as are read, before those that count.
            for number in 0..<Ledger.mostOpenAsks {
                switch number % 3 {
                case 0: try insert("e\(number)", in: "bob", .members, until: 5)
                case 1: try insert("o\(number)", in: "bob", .owners)
                default: try insert("a\(number)", in: "alice", .members)
                }
            }
            try insert("x1", in: "bob", .members)
            try insert("x2", in: "bob", .requester)
            try insert("x3", in: "bob", .asker)
            try insert("x4", in: "gone", .asker)
        }
        try await store.read { ledger in
            func waiting(_ role: Role, _ person: String) throws -> [String] {
                try ledger.openAsks(for: ThreadVisitor(identity: person, role: role), at: 5).map(\.id)
            }
            try expectEqual(waiting(.member, "bob"), ["x1", "x2", "x3"])
            try expectEqual(waiting(.guest, "bob"), ["x3"])
            try expectEqual(waiting(.guest, "carol"), [])
            let all = try waiting(.owner, "olga")
            expectEqual(all.count, Ledger.mostOpenAsks * 2 / 3 + 3)
            #expect(!all.contains("e0") && all.contains("o1") && all.suffix(3) == ["x1", "x2", "x3"])
        }
    }
}
