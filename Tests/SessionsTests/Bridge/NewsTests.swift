import Chat
import Database
import Primitives
import Store
import TestSupport
import Testing

@testable import Posts
@testable import Sessions
@testable import Threads

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
        @Sendable func finish(_ ledger: Ledger) throws {
            try ledger.connection.execute("INSERT INTO floors (name, id) VALUES ('cause', 1)", [])
        }
        @Sendable func isFinished(_ ledger: Ledger) throws -> Bool {
            try ledger.connection.first("SELECT id FROM floors WHERE name = 'cause'", []) != nil
        }
        await #expect(throws: Failure.self) {
            try await harness.bridge.posts.tell { ledger in
                try finish(ledger)
                throw Failure()
            }
        }
        try await expectEqual(store.read { ledger in try isFinished(ledger) }, false)
        let told = try await harness.bridge.posts.tell { ledger in
            try finish(ledger)
            return [ThreadNews(session: session) { "In \($0.command("fix"))" }]
        }
        expectEqual(told.count, 1)
        try await harness.settleOutbox()
        expectEqual(harness.adapter.texts, ["In `!fix`"])
        try await expectEqual(store.read { ledger in try isFinished(ledger) }, true)
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

    @Test("watches and news are deleted with the session")
    func deleted() async throws {
        let harness = try await BridgeHarness()
        let session = try await Self.session(harness)
        let store = harness.bridge.store
        try await store.write { ledger in
            try ledger.connection.execute(
                """
                INSERT INTO github_watches (session, repository, branch, created_at, active_at) VALUES (?, 'app', '001', 5, 5)
                """, [.text(session)])
            try ledger.connection.execute(
                """
                INSERT INTO github_news (session, key, kind, item, state, created_at)
                VALUES (?, 'check:1', 'check', '{}', 'open', 5)
                """, [.text(session)])
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
