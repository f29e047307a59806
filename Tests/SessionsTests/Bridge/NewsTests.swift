import Chat
import Database
import Primitives
import TestSupport
import Testing

@testable import Sessions

@Suite("News in threads", .timeLimit(.minutes(1)))
struct NewsTests {
    private static func session(_ harness: BridgeHarness) async throws -> String {
        let submission = try #require(try await harness.ask("!usage"))
        try await harness.settleOutbox()
        harness.adapter.forgetPosts()
        return try #require(try await harness.turn(submission.operation)).session
    }

    @Test("a line with a key is posted once, and is in the transcript")
    func once() async throws {
        let harness = try await BridgeHarness()
        let session = try await Self.session(harness)
        #expect(try await harness.bridge.posts.tell("Build failed; write `stop`.", in: session, key: "a"))
        #expect(try await !harness.bridge.posts.tell("Build failed again.", in: session, key: "a"))
        #expect(try await harness.bridge.posts.tell("Another.", in: session, key: "b"))
        #expect(try await !harness.bridge.posts.tell("Lost.", in: "t_none", key: "a"))
        try await harness.settleOutbox()
        expectEqual(harness.adapter.texts, ["Build failed; write `!stop`.", "Another."])
        let texts = try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT text FROM messages WHERE role = 'note' ORDER BY id", [])
                .map { try $0.text("text") }
        }
        expectEqual(texts.suffix(2), ["Build failed; write `!stop`.", "Another."])
    }

    @Test("a line is stored together with its cause, or neither is")
    func together() async throws {
        struct Failure: Error {}
        let harness = try await BridgeHarness()
        let session = try await Self.session(harness)
        let store = harness.bridge.store
        _ = try await store.write { ledger in
            try ledger.insertGitHubDelivery("d1", signature: "s1", events: "[]", at: 1)
        }
        await #expect(throws: Failure.self) {
            try await harness.bridge.posts.tell { ledger in
                try ledger.finishGitHubDelivery(1)
                throw Failure()
            }
        }
        try await expectEqual(store.read { ledger in try ledger.newGitHubDeliveries(limit: 9) }.count, 1)
        let told = try await harness.bridge.posts.tell { ledger in
            try ledger.finishGitHubDelivery(1)
            return [ThreadNews(session: session) { "In \($0.command("fix"))" }]
        }
        expectEqual(told.count, 1)
        try await harness.settleOutbox()
        expectEqual(harness.adapter.texts, ["In `!fix`"])
        #expect(try await store.read { ledger in try ledger.newGitHubDeliveries(limit: 9) }.isEmpty)
    }

    @Test("a line that was stored before a crash is posted after it, once")
    func crash() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(directory: directory)
        let session = try await Self.session(first)
        first.adapter.setHolding(true)
        // Stored, but the process ends before the network has it.
        #expect(try await first.bridge.posts.tell("News", in: session, key: "a"))
        let second = try await BridgeHarness(directory: directory)
        try await second.settleOutbox()
        #expect(try await !second.bridge.posts.tell("News", in: session, key: "a"))
        try await second.settleOutbox()
        #expect(second.adapter.texts.count == 1 && second.adapter.texts[0].hasSuffix("News"))
        first.adapter.setHolding(false)
    }

    @Test("deliveries are stored once, by id and by signature, and handled in order")
    func deliveries() async throws {
        let harness = try await BridgeHarness()
        try await harness.bridge.store.write { ledger in
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
        let harness = try await BridgeHarness()
        await #expect(throws: Failure.self) {
            try await harness.bridge.store.write { ledger in
                _ = try ledger.insertGitHubDelivery("a", signature: "s1", events: "[1]", at: 1)
                throw Failure()
            }
        }
        let isNew = try await harness.bridge.store.write { ledger in
            try ledger.insertGitHubDelivery("a", signature: "s1", events: "[1]", at: 2)
        }
        #expect(isNew)
    }

    @Test("of many open items only the newest are read, also by kind and commit; watches are those of the thread")
    func many() async throws {
        let harness = try await BridgeHarness()
        let session = try await Self.session(harness)
        try await harness.bridge.store.write { ledger in
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
            let other = try ledger.session(
                for: Sample.thread, route: Route(room: Sample.room), owner: "alice", title: "", at: 1
            ).id
            for id in [session, other] {
                try ledger.set(
                    GitHubWatch(session: id, repository: "app", branch: "001", createdAt: 5, activeAt: 5))
            }
            try expectEqual(ledger.gitHubWatches(of: other).map(\.session), [other])
        }
        try await harness.settle()
    }

    @Test("of open items that are too old, a thread keeps the keys; what waits stays")
    func limit() async throws {
        let harness = try await BridgeHarness()
        let session = try await Self.session(harness)
        try await harness.bridge.store.write { ledger in
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
        try await harness.settle()
    }

    @Test(
        "what a thread has learnt is looked up without reading all of it",
        .enabled(if: !TestDatabase.isPostgreSQL, "the plans are SQLite's"))
    func plans() async throws {
        let harness = try await BridgeHarness()
        let plans = try await harness.bridge.store.write { ledger in
            try PlanningConnection.plans(ledger) { ledger in
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

    @Test("watches, news and own commits are kept with the session and deleted with it")
    func deleted() async throws {
        let harness = try await BridgeHarness()
        let session = try await Self.session(harness)
        let store = harness.bridge.store
        try await store.write { ledger in
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
        _ = try await harness.bridge.posts.tell("x", in: session, key: "k")
        try await harness.settle()
        try await expectEqual(SessionDeletion(store: store, filesDirectory: nil).delete(session), .deleted)
        for table in ["thread_news", "github_watches", "github_news"] {
            let count = try await store.read { ledger in
                try ledger.connection.query("SELECT COUNT(*) AS n FROM \(table)", []).first?.integer("n")
            }
            expectEqual(count, 0, "\(table)")
        }
    }
}
