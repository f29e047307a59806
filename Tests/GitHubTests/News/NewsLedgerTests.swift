import Chat
import Database
import TestSupport
import Testing
import Threads

@testable import GitHub
@testable import Store

@Suite("What GitHub reports, as stored", .timeLimit(.minutes(1)))
struct NewsLedgerTests {
    private let directory: TemporaryDirectory
    private let store: SessionStore

    init() throws {
        self.directory = try TemporaryDirectory()
        self.store = SessionStore(
            database: try TestDatabase.open(path: self.directory.path + "/store", migrations: StoreSchema.migrations))
    }

    private static func session(_ name: String, in ledger: Ledger) throws -> String {
        let room = RoomID(adapter: AdapterID("irc:local"), name: "#team")
        return try ledger.session(
            for: ThreadKey(adapter: room.adapter, value: "#team/\(name)"), route: Route(room: room), owner: "alice",
            title: "", at: 1
        ).id
    }

    @Test("deliveries are stored once, by id and by signature, and handled in order")
    func deliveries() async throws {
        try await self.store.write { ledger in
            #expect(try ledger.insertGitHubDelivery("b", signature: "s1", events: "[1]", at: 1))
            #expect(try ledger.insertGitHubDelivery("a", signature: "s2", events: "[2]", at: 2))
            #expect(try !ledger.insertGitHubDelivery("b", signature: "s3", events: "[3]", at: 3))
            #expect(try !ledger.insertGitHubDelivery("c", signature: "s1", events: "[1]", at: 3))
            try expectEqual(ledger.newGitHubDeliveries(limit: 9).map(\.events), ["[1]", "[2]"])
            try ledger.finishGitHubDelivery(1)
            #expect(try !ledger.insertGitHubDelivery("b", signature: "s1", events: "[4]", at: 4))
            #expect(try !ledger.insertGitHubDelivery("d", signature: "s1", events: "[4]", at: 4))
            try expectEqual(ledger.newGitHubDeliveries(limit: 9).map(\.events), ["[2]"])
            // The signature of a delivery that was refused for its id counts for nothing.
            #expect(try ledger.insertGitHubDelivery("e", signature: "s3", events: "[5]", at: 5))
        }
    }

    @Test("a delivery whose transaction failed may be delivered again")
    func failedDelivery() async throws {
        struct Failure: Error {}
        let store = self.store
        await #expect(throws: Failure.self) {
            try await store.write { ledger in
                _ = try ledger.insertGitHubDelivery("a", signature: "s1", events: "[1]", at: 1)
                throw Failure()
            }
        }
        let isNew = try await store.write { ledger in
            try ledger.insertGitHubDelivery("a", signature: "s1", events: "[1]", at: 2)
        }
        #expect(isNew)
    }

    @Test("of many open items only the newest are read, also by kind and commit; watches are those of the thread")
    func many() async throws {
        try await self.store.write { ledger in
            let session = try Self.session("one", in: ledger)
            for number in 1...1_010 {
                let row = GitHubNewsRow(
                    session: session, key: "check:\(number)", kind: number % 2 == 0 ? "check" : "comment",
                    sha: "c\(number % 10)", item: "{}", createdAt: 5)
                #expect(try ledger.insert(row))
            }
            let open = try ledger.openGitHubNews(of: session)
            expectEqual(open.map(\.key), (11...1_010).map { "check:\($0)" })
            let checks = try ledger.openGitHubNews(of: session, kind: "check", about: "c4")
            #expect(checks.count == 101 && checks.allSatisfy { $0.kind == "check" && $0.sha == "c4" })
            let other = try Self.session("other", in: ledger)
            for id in [session, other] {
                try ledger.set(
                    GitHubWatch(session: id, repository: "app", branch: "001", createdAt: 5, activeAt: 5))
            }
            try expectEqual(ledger.gitHubWatches(of: other).map(\.session), [other])
        }
    }

    @Test("of open items that are too old, a thread keeps the keys; what waits stays")
    func limit() async throws {
        try await self.store.write { ledger in
            let session = try Self.session("one", in: ledger)
            for number in 1...1_010 {
                let kind = number <= 3 ? "waiting" : "comment"
                let row = GitHubNewsRow(
                    session: session, key: "\(number)", kind: kind, sha: nil, item: "{}", createdAt: 5)
                #expect(try ledger.insert(row))
            }
            for _ in 0..<2 {
                try ledger.limitOpenGitHubNews(of: session, except: "waiting")
                try expectEqual(ledger.openGitHubNews(of: session, limit: 2_000).count, 1_003)
            }
            try expectEqual(
                ledger.openGitHubNews(of: session, kind: "comment").map(\.key), (11...1_010).map { "\($0)" })
            #expect(try ledger.hasGitHubNews("4", in: session))
            try expectEqual(ledger.removeOpenGitHubNews(of: session, kind: "waiting"), 3)
            try expectEqual(ledger.openGitHubNews(of: session, limit: 2_000).count, 1_000)
            #expect(try !ledger.hasGitHubNews("1", in: session))
        }
    }

    @Test(
        "what a thread has learnt is looked up without reading all of it",
        .enabled(if: !TestDatabase.isPostgreSQL, "the plans are SQLite's"))
    func plans() async throws {
        let plans = try await self.store.write { ledger in
            try PlanningConnection.plans(ledger.connection) { connection in
                let ledger = Ledger(connection: connection)
                _ = try ledger.openGitHubNews(of: "t_1", kind: "check", about: "abc")
                _ = try ledger.openGitHubNews(of: "t_1")
                _ = try ledger.hasGitHubNews(ofKind: "check", about: "abc", in: "t_1")
                try ledger.limitOpenGitHubNews(of: "t_1", except: "waiting")
                _ = try ledger.removeOpenGitHubNews(of: "t_1", kind: "waiting")
            }
        }
        expectEqual(plans.count, 5)
        for steps in plans {
            #expect(steps.contains { $0.contains("github_news_by_subject (session=? AND state=?") }, "\(steps)")
            #expect(!steps.contains { $0.hasPrefix("SCAN") }, "\(steps)")
        }
    }

    @Test("watches, news and own commits are kept with the session")
    func kept() async throws {
        try await self.store.write { ledger in
            let session = try Self.session("one", in: ledger)
            var watch = GitHubWatch(
                session: session, repository: "app", branch: "001", createdAt: 5, activeAt: 5)
            try ledger.set(watch)
            watch.pull = 7
            watch.head = "abc"
            watch.activeAt = 3_000
            try ledger.set(watch)
            try ledger.set(
                GitHubWatch(session: session, repository: "app", branch: "001", createdAt: 9, activeAt: 9))
            try expectEqual(ledger.gitHubWatches(), [watch])
            let row = GitHubNewsRow(
                session: session, key: "check:1", kind: "check", sha: "abc", item: "{}", createdAt: 5)
            #expect(try ledger.insert(row))
            #expect(try !ledger.insert(row))
            try expectEqual(ledger.openGitHubNews(of: session), [row])
            #expect(try ledger.hasGitHubNews(ofKind: "check", about: "abc", in: session))
            try ledger.answerGitHubNews(["check:1"], in: session)
            try expectEqual(ledger.openGitHubNews(of: session), [])
            #expect(try !ledger.isOwnCommit("abc"))
            try ledger.insertGitHubPush(of: "abc", at: 1)
            #expect(try ledger.isOwnCommit("abc"))
        }
    }
}
