import Analytics
import Audit
import Chat
import Database
import JSON
import Primitives
import Store
import TestSupport
import Testing

@testable import Posts
@testable import Sessions
@testable import Threads

@Suite("Ratings of answers", .timeLimit(.minutes(1)))
struct RatingTests {
    private static let day: Range<Int64> = 0..<86_400_000

    private static func call(_ model: String) -> TurnEvent {
        .usage(ModelCall(.chat, asked: model, input: 1, output: 1, began: 1_000, ended: 1_000))
    }

    private static func thumbs(
        _ harness: BridgeHarness, by keys: [AnalyticsKey] = [.model]
    ) async throws -> [String: [Int64]] {
        let table = try await harness.bridge.store.read { ledger in
            try ledger.analytics(
                AnalyticsQuery(Self.day, by: keys), prices: harness.bridge.environment.settings.analytics.prices)
        }
        return Dictionary(
            uniqueKeysWithValues: table.items.map {
                ($0.key.joined(separator: " "), [$0.sums.thumbsUp, $0.sums.thumbsDown])
            })
    }

    @Test("a reaction on an answer counts for its model and persona; each person has one, which a new one replaces")
    func reactions() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.event(Self.call("small")), .event(.text("one"))], [.event(.text("two"))]))
        let turn = try #require(try await harness.ask("first")).operation
        try await harness.settle()
        let session = try #require(try await harness.turn(turn)).session
        try await harness.bridge.store.write { ledger in
            try ledger.connection.execute("UPDATE sessions SET persona = 'reviewer'", [])
        }
        let post = try #require(harness.adapter.posts.first { $0.text == "one" }).id
        try await expectEqual(harness.adapter.choose(.reaction("👍🏽"), at: post), .stored)
        try await expectEqual(harness.adapter.choose(.reaction("👍"), at: post), .stored)
        try await expectEqual(harness.adapter.choose(.reaction("👎"), at: post, from: "gina"), .stored)
        try await expectEqual(Self.thumbs(harness), ["small": [1, 1]])
        try await expectEqual(Self.thumbs(harness, by: [.persona]), ["": [0, 0], "reviewer": [1, 1]])
        try await expectEqual(harness.adapter.choose(.reaction("👎"), at: post), .stored)
        try await expectEqual(Self.thumbs(harness)["small"], [0, 2])
        // Other emoji and other people are nobody's rating.
        try await expectEqual(harness.adapter.choose(.reaction("🎉"), at: post), .ignored("no choice"))
        try await expectEqual(harness.adapter.choose(.reaction("👍"), at: post, from: "mallory"), .ignored("stranger"))
        // The same after the sums by hour, and without the conversation, whose words go.
        for _ in 0..<2 { _ = try await harness.bridge.store.write { ledger in try ledger.sumUsage() } }
        try await expectEqual(Self.thumbs(harness)["small"], [0, 2])
        try await expectEqual(Self.thumbs(harness, by: [.persona])["reviewer"], [0, 2])
        try await harness.bridge.store.write { ledger in
            try ledger.markDeleted(session)
            _ = try ledger.purge(session, limit: 100)
        }
        let left = try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT turn FROM ratings", []).count
        }
        expectEqual(left, 0)
        try await expectEqual(Self.thumbs(harness)["small"], [0, 2])
        await harness.bridge.stop()
    }

    @Test("a rating that is changed again and again is one record until the sums have it")
    func changes() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.event(Self.call("small")), .event(.text("one"))]))
        let turn = try #require(try await harness.ask("first")).operation
        try await harness.settle()
        let store = harness.bridge.store
        func change(_ ratings: [Rating?]) async throws {
            try await store.write { ledger in
                for rating in ratings {
                    let isKnown = try ledger.rate(
                        rating, nil, turn: turn, by: "p", from: UsageOrigin(), at: 5_000)
                    #expect(isKnown)
                }
            }
        }
        func records() async throws -> Int {
            try await store.read { ledger in
                try ledger.connection.query("SELECT id FROM usage_records WHERE kind = 'rating'", []).count
            }
        }
        for _ in 0..<20 { try await change([.up, .down, nil, .down]) }
        try await expectEqual(records(), 1)
        try await expectEqual(Self.thumbs(harness)["small"], [0, 1])
        for _ in 0..<2 { _ = try await store.write { ledger in try ledger.sumUsage() } }
        try await change([.up, .down, .up])
        try await expectEqual(records(), 2)
        try await expectEqual(Self.thumbs(harness)["small"], [1, 0])
        await harness.bridge.stop()
    }

    @Test("`rate` is about the last answer of the thread, and keeps the words with it")
    func command() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.event(Self.call("small")), .event(.text("one"))]))
        _ = try await harness.ask("!rate up")
        _ = try await harness.ask("!rate")
        let turn = try #require(try await harness.ask("first")).operation
        try await harness.settle()
        _ = try await harness.ask("!rate down much too long")
        _ = try await harness.ask("!rate down")
        try await harness.settle()
        let said = harness.adapter.texts.joined(separator: "\n")
        #expect(said.contains("There is no answer in this thread yet"))
        #expect(said.contains("Write `!rate up` or `!rate down`"))
        #expect(said.contains("👎 noted for the last answer."))
        try await expectEqual(Self.thumbs(harness)["small"], [0, 1])
        let stored = try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT turn, value, word FROM ratings", []).map {
                [try $0.text("turn"), try $0.text("value"), try $0.text("word")]
            }
        }
        expectEqual(stored, [[turn, "down", "much too long"]])
        let thread = try #require(
            try await harness.bridge.store.read { try $0.session(id: try $0.turn(id: turn)?.session ?? "") }
        ).key
        let alice = try #require(try await harness.turn(turn)).sender
        #expect(try await harness.bridge.rate(nil, turn: turn, in: thread, by: alice))
        try await expectEqual(Self.thumbs(harness)["small"], [0, 0])
        #expect(try await !harness.bridge.rate(.up, turn: "op_unknown", in: thread, by: alice))
        await harness.bridge.stop()
    }

    @Test("a lifted budget and a specification's commit are in the audit")
    func audit() async throws {
        let entries = Protected<[AuditEntry]>([])
        var settings = BridgeSettings(
            publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50), repositories: ["notes"])
        settings.analytics.budgets.host = [Budgets.Budget(.day, 5)]
        let notice = CommitNotice(
            repository: "notes", sha: String(repeating: "a", count: 40), branch: "main", subject: "Specify", files: 1,
            additions: 1, deletions: 0)
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.event(.commit(notice)), .event(.text("done"))]), settings: settings,
            audit: { _, entry in entries.withLock { $0.append(entry) } })
        _ = try await harness.ask("!budget lift host")
        _ = try await harness.ask("!specify a thing")
        try await harness.settle()
        let found = entries.withLock { $0 }
        let lift = try #require(found.first { $0.kind == .budgetLifted })
        #expect(lift.actor == "fake:one/alice" && lift.details["scope"] == "host")
        expectEqual(lift.details["until"], "1970-01-02T00:00:01Z")
        let commit = try #require(found.first { $0.kind == .commit })
        #expect(commit.actor == "fake:one/alice" && commit.details["subject"] == "Specify")
        await harness.bridge.stop()
    }

    @Test("records leave after their lifetime, when the sums by hour have them")
    func lifetime() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.event(Self.call("small")), .event(.text("one"))]))
        _ = try await harness.ask("first")
        try await harness.settle()
        let store = harness.bridge.store
        try await expectEqual(store.write { ledger in try ledger.deleteUsage(before: 2_000, limit: 100) }, 0)
        for _ in 0..<2 { _ = try await store.write { ledger in try ledger.sumUsage() } }
        try await expectEqual(store.write { ledger in try ledger.deleteUsage(before: 1_000, limit: 100) }, 0)
        #expect(try await store.write { ledger in try ledger.deleteUsage(before: 2_000, limit: 100) } > 0)
        let table = try await store.read { ledger in
            try ledger.analytics(
                AnalyticsQuery(Self.day, by: [.model]), prices: harness.bridge.environment.settings.analytics.prices)
        }
        #expect(table.totals.turns == 1 && table.totals.tokens.input == 1 && table.totals.turnTime(0.5) != nil)
        await harness.bridge.stop()
    }

    @Test("a report of several days has a picture where files are shown, and only its text where nothing can draw")
    func picture() async throws {
        let report = ReportSchedule(
            name: "weekly <b>", time: try #require(ReportSchedule.Time("Mon 09:00")), zone: .utc, period: .week,
            targets: ["fake:one/#team"])
        let directory = try TemporaryDirectory()
        var settings = BridgeSettings(
            publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50), repositories: ["notes"],
            filesDirectory: directory.path + "/files")
        settings.analytics.reports = [report]
        settings.analytics.prices = PriceTable(own: ["small": Price(input: 1_000_000, output: 0)])
        let drawn = Protected<[String]>([])
        for canDraw in [true, false] {
            let harness = try await BridgeHarness(
                traits: RoomTraits(capabilities: [.files], textLimit: 4_000, textUnit: .bytes, uploadLimit: 1 << 20),
                worker: ScriptedWorker([.event(Self.call("small")), .event(.text("one"))]), settings: settings)
            _ = try await harness.ask("first")
            try await harness.settle()
            var environment = harness.bridge.environment
            if canDraw {
                environment.draw = { svg in
                    drawn.withLock { $0.append(svg) }
                    return Array("png".utf8)
                }
            }
            let posting = ReportPosting(
                posts: ThreadPosts(
                    store: harness.bridge.store, adapters: harness.bridge.adapters, environment: environment))
            let week: Int64 = 7 * 86_400_000
            await posting.post(report, to: report.targets[0], at: 0)
            await posting.post(report, to: report.targets[0], at: week)
            try await harness.settle()
            let isShown: @Sendable ([FakeAdapter.Post]) -> Bool = { posts in
                posts.contains { $0.text.contains("weekly <b> (1969-12-29 to 1970-01-04") }
                    && posts.contains { $0.file?.name.hasSuffix(".png") == true } == canDraw
            }
            await harness.adapter.waitForPosts(until: isShown)
            await harness.bridge.stop()
        }
        let svg = try #require(drawn.withLock { $0.first })
        #expect(svg.contains("weekly &lt;b>") && svg.contains("estimated cost a day") && svg.contains(">12-29<"))
        expectEqual(svg.split(separator: "<rect ").count, 2 + 7)
        #expect(svg.contains(">$1.00<") && svg.contains(">$0.50<"))
    }
}
