import Analytics
import Chat
import Database
import Metrics
import Primitives
import Store
import TestSupport
import Testing

@testable import Posts
@testable import Sessions
@testable import Threads

/// Turns whose usage is known, and what is said about them everywhere. They run on both engines.
@Suite("Usage, budgets and reports", .timeLimit(.minutes(1)))
struct AnalyticsTests {
    /// 2026-11-26, 12:00 UTC, a Thursday.
    private static let noon: Int64 = 1_795_694_400_000
    private static let hour: Int64 = 3_600_000
    private static let alice = "fake:one/alice"

    private static func call(
        _ input: Int, _ output: Int, cached: Int = 0, model: String = "small", at now: Int64 = Self.noon
    ) -> TurnEvent {
        var call = ModelCall(.chat, asked: model, input: input, output: output, began: now, ended: now)
        call.cached = cached
        return .usage(call)
    }

    private static func settings(_ change: (inout AnalyticsSettings) -> Void = { _ in }) -> BridgeSettings {
        var settings = BridgeSettings(
            publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50), repositories: ["notes"])
        // A dollar is 1,000 tokens in, 500 out, or 10,000 cached ones.
        settings.analytics.prices = PriceTable(own: ["small": Price(input: 1_000, output: 2_000, cached: 100)])
        change(&settings.analytics)
        return settings
    }

    private static func table(_ harness: BridgeHarness, _ query: AnalyticsQuery) async throws -> AnalyticsTable {
        let prices = harness.bridge.environment.settings.analytics.prices
        return try await harness.bridge.store.read { ledger in try ledger.analytics(query, prices: prices) }
    }

    private static let today = (noon - 12 * hour)..<(noon + 12 * hour)

    // MARK: What is counted

    @Test("known usage is the same in the table, as CSV, in the thread and in the report")
    func sums() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker(
                [.event(Self.call(2_000, 500, cached: 1_000)), .event(.text("one"))],
                [.event(Self.call(1_000, 0)), .event(Self.call(7, 3, model: "odd")), .fail("It failed.")]),
            settings: Self.settings(), now: { Self.noon })
        _ = try await harness.ask("first")
        try await harness.settle()
        _ = try await harness.ask("second")
        try await harness.settle()
        let table = try await Self.table(harness, AnalyticsQuery(Self.today, by: [.user, .model]))
        expectEqual(table.items.map(\.key), [[Self.alice, "odd"], [Self.alice, "small"]])
        let totals = table.totals
        #expect(totals.turns == 2 && totals.failed == 1 && totals.stopped == 0)
        expectEqual(totals.tokens, TokenSums(calls: 3, input: 3_007, cached: 1_000, written: 0, output: 503))
        // 1.00 for plain input, 0.10 for cached, 1.00 for output; and 1.00.
        #expect(totals.estimate == 3.1 && totals.unpriced == 10)
        expectEqual(table.items[0].sums.estimate, nil)
        #expect(table.csv.contains("small,1,0,0,3000,500,1000,3.100000,USD,"))
        #expect(totals.latencies.percentile(0.5) != nil)
        for (key, value) in [
            (AnalyticsKey.day, "2026-11-26"), (.hour, "2026-11-26T12:00:00Z"), (.repository, "notes"),
            (.network, "fake:one"),
        ] {
            try await expectEqual(
                Self.table(harness, AnalyticsQuery(Self.today, by: [key])).items.map(\.key), [[value]])
        }
        let berlin = try #require(Zone("Asia/Kolkata"))
        let local = try await Self.table(harness, AnalyticsQuery(Self.today, by: [.hour], zone: berlin))
        expectEqual(local.items.map(\.key), [["2026-11-26T17:00:00+05:30"]])
        try await expectEqual(Self.table(harness, AnalyticsQuery(Self.today, of: .user("somebody"))).totals.turns, 0)

        _ = try await harness.ask("!usage")
        try await harness.settle()
        let said = harness.adapter.texts.joined(separator: "\n")
        #expect(said.contains("This thread has cost about $3.10, without 10 tokens of models without a known price"))
        let report = try await harness.bridge.store.read { ledger in
            try ledger.report(
                on: Self.today, as: "Daily", zone: .utc, prices: harness.bridge.environment.settings.analytics.prices)
        }
        #expect(report.contains("Daily (2026-11-26, UTC):"))
        #expect(report.contains("2 turns, 1 failed, 0 stopped"))
        #expect(report.contains("3007 tokens in (33 % cached), 503 out; about $3.10 without 10 tokens"))
        #expect(report.contains("people: alice `\(Self.alice)` 2 turns, $3.10"), "\(report)")
        await harness.bridge.stop()
    }

    @Test("sums by hour say the same as the records, whatever of them is summed")
    func hours() async throws {
        let harness = try await BridgeHarness(settings: Self.settings(), now: { Self.noon })
        let store = harness.bridge.store
        let prices = harness.bridge.environment.settings.analytics.prices
        func insert(_ range: Range<Int64>) async throws {
            try await store.write { ledger in
                for number in range {
                    var turn = UsageRecord("turn", began: 0, at: Self.noon - number * 7 * Self.hour / 3)
                    (turn.turns, turn.failed, turn.calls) = (1, number % 5 == 0 ? 1 : 0, 1)
                    (turn.input, turn.cached, turn.output) = (100 + number, number, 10)
                    (turn.person, turn.repository, turn.network) = ("p\(number % 3)", "r\(number % 2)", "n")
                    (turn.model, turn.operation) = (number % 4 == 0 ? "odd" : "small", "op\(number)")
                    turn.latency = LatencyScale.letter(for: 100 + number)
                    try ledger.insert(turn)
                }
            }
        }
        let berlin = try #require(Zone("Europe/Berlin"))
        let range = (Self.noon - 3_600 * Self.hour)..<(Self.noon + Self.hour)
        let days = (Self.noon - 3_612 * Self.hour)..<(Self.noon + 12 * Self.hour)
        // At their ends are parts of hours, with records in them.
        let kolkata = try #require(Zone("Asia/Kolkata"))
        let parts = (Self.noon - 1_400 * 7 * Self.hour / 6)..<(Self.noon - Self.hour / 2)
        let queries: [AnalyticsQuery] = [
            AnalyticsQuery(days, by: [.day, .model]), AnalyticsQuery(days, by: [.user]),
            AnalyticsQuery(days, of: .repository("r1")), AnalyticsQuery(days, by: [.hour]),
            AnalyticsQuery(range), AnalyticsQuery(range, by: [.day, .model], zone: berlin),
            AnalyticsQuery(range, by: [.user]), AnalyticsQuery(range, by: [.hour, .repository]),
            AnalyticsQuery(range, by: [.network, .model]), AnalyticsQuery(range, by: [.user, .repository]),
            AnalyticsQuery(range, by: [.day], of: .user("p1")), AnalyticsQuery(range, of: .repository("r1")),
            AnalyticsQuery(parts), AnalyticsQuery(parts, by: [.user], zone: kolkata),
            AnalyticsQuery(parts, by: [.day, .model], of: .user("p2")), AnalyticsQuery(parts, by: [.hour]),
            AnalyticsQuery(parts, by: [.day], zone: kolkata),
        ]
        func tables() async throws -> [String] {
            try await store.read { ledger in try queries.map { try ledger.analytics($0, prices: prices).csv } }
        }
        try await insert(0..<400)
        let before = try await tables()
        #expect(before.allSatisfy { $0.split(separator: "\r\n").count > 1 })
        // The first call only sees the rows, the second adds them; later ones add what came after.
        for _ in 0..<2 {
            _ = try await store.write { ledger in try ledger.sumUsage() }
            try await expectEqual(tables(), before)
        }
        let summed = try await store.read { ledger in
            try ledger.connection.query("SELECT COUNT(*) AS n FROM usage_hours", []).first?.integer("n") ?? 0
        }
        #expect(summed > 400)
        try await insert(400..<800)
        let after = try await tables()
        #expect(after != before)
        for _ in 0..<3 { _ = try await store.write { ledger in try ledger.sumUsage() } }
        try await expectEqual(tables(), after)
        // Without the sums, from the records alone.
        try await store.write { ledger in
            try ledger.connection.execute("DELETE FROM usage_hours", [])
            try ledger.connection.execute("UPDATE floors SET id = 0 WHERE name = 'usage_hours'", [])
        }
        try await expectEqual(tables(), after)
        await harness.bridge.stop()
    }

    @Test("sums answer for whole hours in any zone, whatever has become of the records")
    func wholeHours() async throws {
        let kolkata = try #require(Zone("Asia/Kolkata"))
        let harness = try await BridgeHarness(settings: Self.settings(), now: { Self.noon })
        let store = harness.bridge.store
        let prices = harness.bridge.environment.settings.analytics.prices
        // A day of Kolkata begins at 18:30 of UTC.
        let start = Self.noon - 18 * Self.hour + Self.hour / 2
        let day = start..<(start + 24 * Self.hour)
        try await store.write { ledger in
            for at in [start, start + Self.hour / 2, Self.noon] {
                var turn = UsageRecord("turn", began: at, at: at)
                (turn.turns, turn.person) = (1, "p")
                try ledger.insert(turn)
            }
        }
        for _ in 0..<2 { _ = try await store.write { ledger in try ledger.sumUsage() } }
        // As retention does.
        try await store.write { ledger in
            try ledger.connection.execute(
                "DELETE FROM usage_records WHERE at > ?", [.integer(start)])
        }
        for part in [nil, AnalyticsQuery.Part.user("p")] {
            let query = AnalyticsQuery(day, zone: kolkata, of: part)
            try await expectEqual(Self.table(harness, query).totals.turns, 3)
        }
        let words: [[AnalyticsKey]] = [[.user], [.user, .day], [.tool], [.user, .network], []]
        let hasSums = try await store.read { ledger in
            words.map { ledger.hasSums(of: AnalyticsQuery(day, by: $0, zone: kolkata), prices: prices) }
        }
        expectEqual(hasSums, [true, false, false, false, true])
        await harness.bridge.stop()
    }

    @Test(
        "what is not summed up yet is read by its place, and a person's records by the person",
        .enabled(if: !TestDatabase.isPostgreSQL, "the plans are SQLite's"))
    func plans() async throws {
        let harness = try await BridgeHarness(settings: Self.settings(), now: { Self.noon })
        let prices = harness.bridge.environment.settings.analytics.prices
        let plans = try await harness.bridge.store.read { ledger in
            try PlanningConnection.plans(ledger) { ledger in
                for part in [nil, AnalyticsQuery.Part.user("p")] {
                    _ = try ledger.analytics(AnalyticsQuery(Self.today, by: [.day], of: part), prices: prices)
                }
                _ = try ledger.analytics(AnalyticsQuery(Self.today, by: [.tool], of: .user("p")), prices: prices)
            }
        }
        // The sums, the last record in them, and the rest, twice.
        expectEqual(plans.count, 7)
        for place in [2, 5] {
            #expect(
                plans[place].contains("SEARCH usage_records USING INTEGER PRIMARY KEY (rowid>?)"), "\(plans[place])")
        }
        let person = "SEARCH usage_records USING INDEX usage_records_by_person (person=? AND at>? AND at<?)"
        #expect(plans[6].contains(person), "\(plans[6])")
        await harness.bridge.stop()
    }

    @Test("a table with too many items, or too many rows of few items, is refused; without a limit it has all")
    func tooMany() async throws {
        let harness = try await BridgeHarness(settings: Self.settings(), now: { Self.noon })
        let store = harness.bridge.store
        let prices = harness.bridge.environment.settings.analytics.prices
        try await store.write { ledger in
            for number in 0..<51 {
                var record = UsageRecord("turn", began: Self.noon, at: Self.noon)
                (record.session, record.model, record.turns) = ("t\(number % 11)", "model-\(number)", 1)
                try ledger.insert(record)
            }
        }
        func count(_ keys: [AnalyticsKey], limit: Int?) async throws -> Int {
            try await store.read { ledger in
                try ledger.analytics(AnalyticsQuery(Self.today, by: keys), prices: prices, limit: limit).items.count
            }
        }
        try await expectEqual(count([.thread], limit: 11), 11)
        try await expectEqual(count([.thread], limit: nil), 11)
        // 51 rows of one item, 11 items, and 51 rows of 51 items.
        for keys in [[], [.thread], [.model]] as [[AnalyticsKey]] {
            let error = await #expect(throws: AnalyticsQuery.Problem.self) { try await count(keys, limit: 10) }
            expectEqual(error?.description, "These are more than 10 items, or 50 with their models; ask for less.")
        }
        for _ in 0..<2 { _ = try await store.write { ledger in try ledger.sumUsage() } }
        await #expect(throws: AnalyticsQuery.Problem.self) { try await count([.model], limit: 10) }
        try await expectEqual(count([.model], limit: 51), 51)
        await harness.bridge.stop()
    }

    @Test("models that have never answered count as other, and one transaction adds at most 2,000 records")
    func invented() async throws {
        let harness = try await BridgeHarness(settings: Self.settings(), now: { Self.noon })
        let store = harness.bridge.store
        try await store.write { ledger in
            try ledger.add(ProxyUsageRecord(client: "c", model: "small", requests: 1, input: 1, output: 1))
            for number in 0..<2_500 {
                var record = UsageRecord("proxy", began: Self.noon, at: Self.noon)
                (record.model, record.state, record.calls) = (number == 0 ? "small" : "made-up-\(number)", "failed", 1)
                try ledger.insert(record)
            }
        }
        let query = AnalyticsQuery(Self.today, by: [.model])
        func counts() async throws -> [String] {
            try await Self.table(harness, query).items.map { "\($0.key[0]): \($0.sums.tokens.calls)" }
        }
        try await expectEqual(counts(), ["other: 2499", "small: 1"])
        var hasMore: [Bool] = []
        for _ in 0..<3 { hasMore.append(try await store.write { ledger in try ledger.sumUsage() }) }
        expectEqual(hasMore, [false, true, false])
        try await expectEqual(counts(), ["other: 2499", "small: 1"])
        let rows = try await store.read { ledger in
            try ledger.connection.query("SELECT COUNT(*) AS n FROM usage_hours", []).first?.integer("n")
        }
        // Two models in five dimensions, by hour and by day.
        expectEqual(rows, 20)
        await harness.bridge.stop()
    }

    @Test("tools have their own sums, and outlive the thread")
    func tools() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.event(.text("one"))]), settings: Self.settings(), now: { Self.noon })
        let turn = try #require(try await harness.ask("first")).operation
        try await harness.settle()
        let store = harness.bridge.store
        try await store.write { ledger in
            let usage = [("read", true), ("read", false), ("edit", true)].map {
                UsageRecord(tool: $0, of: "small", isDone: $1, milliseconds: 2_000, at: Self.noon)
            }
            try ledger.insert(usage, ofTurn: turn, from: UsageOrigin())
        }
        let session = try #require(try await harness.turn(turn)).session
        try await store.write { ledger in
            try ledger.markDeleted(session)
            _ = try ledger.delete(turns: [turn])
        }
        let table = try await Self.table(harness, AnalyticsQuery(Self.today, by: [.tool]))
        expectEqual(table.items.map(\.key), [["edit"], ["read"]])
        #expect(table.items[1].sums.turns == 1 && table.items[1].sums.toolCalls == 2)
        #expect(table.items[1].sums.failed == 1 && table.items[1].sums.seconds == 4)
        let all = try await Self.table(harness, AnalyticsQuery(Self.today, by: [.thread]))
        expectEqual(all.items.map(\.key), [[session]])
        #expect(all.totals.turns == 1 && all.totals.toolCalls == 3 && all.totals.failed == 0)
        await harness.bridge.stop()
    }

    // MARK: Budgets

    @Test("at 80 % a budget is noted once, at 100 % turns are refused until an owner lifts it")
    func budgets() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker(
                [.event(.asking), .event(Self.call(4_100, 0)), .event(.asking), .event(.text("one"))],
                [.event(.asking), .event(Self.call(1_000, 0)), .event(.asking), .event(.text("never"))],
                [.event(.asking), .event(.text("never"))], [.event(.asking), .event(.text("two"))]),
            settings: Self.settings {
                $0.budgets.person = [Budgets.Budget(.day, 5)]
                $0.budgets.host = [Budgets.Budget(.month, 200)]
            }, now: { Self.noon })
        _ = try await harness.ask("first")
        try await harness.settle()
        var said = harness.adapter.texts
        let note = "Your budget of $5.00 a day is nearly used up (about $4.10 spent). It begins anew at "
        expectEqual(said.filter { $0.hasPrefix(note) }.count, 1)
        #expect(said.contains("one"))
        // Between the requests of a turn.
        let second = try #require(try await harness.ask("second")).operation
        try await harness.settle()
        try await expectEqual(harness.turn(second)?.state, .failed)
        _ = try await harness.ask("third")
        try await harness.settle()
        said = harness.adapter.texts
        #expect(!said.contains("never"))
        expectEqual(said.filter { $0.hasPrefix(note) }.count, 1)
        let refusal = said.filter {
            $0.contains("is used up (about $5.10 spent). It begins anew at 2026-11-27 00:00 UTC")
        }
        expectEqual(refusal.count, 2)
        expectEqual(refusal.first?.contains("budget lift \(Self.alice)"), true)

        _ = try await harness.ask("!budget")
        _ = try await harness.ask("!budget lift \(Self.alice)", from: "gina")
        _ = try await harness.ask("!budget lift \(Self.alice)")
        _ = try await harness.ask("!budget lift fake:one/nobody")
        _ = try await harness.ask("fourth")
        try await harness.settle()
        said = harness.adapter.texts
        let whole = said.joined(separator: "\n")
        #expect(whole.contains("The host's budget of $200.00 a month: about $5.10 spent, until 2026-12-01 00:00 UTC"))
        #expect(whole.contains("Only owners can lift a budget."))
        #expect(whole.contains("lifted until 2026-11-27 12:00 UTC"))
        expectEqual(said.filter { $0.contains("Nobody here has that identity yet") }.count, 1)
        #expect(said.contains("two"))
        // What a budget refuses has not failed.
        let totals = try await Self.table(harness, AnalyticsQuery(Self.today)).totals
        #expect(totals.turns == 4 && totals.failed == 0 && totals.stopped == 2)
        let metrics = harness.bridge.environment.metrics.text()
        #expect(metrics.contains("jetbridge_turns_total{state=\"stopped\"} 2"))
        #expect(!metrics.contains("jetbridge_turns_total{state=\"failed\"}"))
        await harness.bridge.stop()
    }

    @Test("what a clock that was ahead has stored of budgets does not count")
    func budgetsOfTheFuture() async throws {
        let settings = Self.settings().analytics
        let harness = try await BridgeHarness(settings: Self.settings(), now: { Self.noon })
        let future = Self.noon + 400 * 24 * Self.hour
        let (notes, lifts) = try await harness.bridge.store.write { ledger -> ([Bool], [Int64?]) in
            func state(_ now: Int64) throws -> BudgetState {
                try ledger.state(of: Budgets.Budget(.day, 5), .host, settings, at: now)
            }
            let notes = try [future, Self.noon, Self.noon].map { try ledger.noteOnce(state($0)) }
            let lifts = try [future, Self.noon + 24 * Self.hour].map { end in
                try ledger.lift(.host, until: end, by: Self.alice)
                return try state(Self.noon).liftedUntil
            }
            return (notes, lifts)
        }
        expectEqual(notes, [true, true, false])
        expectEqual(lifts, [nil, Self.noon + 24 * Self.hour])
        await harness.bridge.stop()
    }

    // MARK: Reports

    @Test("a report that was posted while the clock was ahead keeps no later one back")
    func reportsOfTheFuture() async throws {
        let report = ReportSchedule(
            name: "daily", time: try #require(ReportSchedule.Time("09:00")), zone: .utc, period: .day,
            targets: ["fake:one/#team"])
        let harness = try await BridgeHarness(settings: Self.settings { $0.reports = [report] }, now: { Self.noon })
        let posting = ReportPosting(posts: harness.bridge.posts)
        for (days, count) in [(Int64(0), 0), (400, 1), (1, 1), (2, 2)] {
            await posting.post(report, to: report.targets[0], at: Self.noon + days * 24 * Self.hour)
            try await harness.settle()
            expectEqual(harness.adapter.texts.count { $0.contains("daily (") }, count, "after \(days) days")
        }
        await harness.bridge.stop()
    }

    @Test("due tasks are named once at nine of the repository's zone, in the thread that has worked on them last")
    func dueTasks() async throws {
        let berlin = try #require(Zone("Europe/Berlin"))
        let report = ReportSchedule(
            name: "due tasks", time: .nine, zone: berlin, period: .day, targets: ["tasks:notes"], tasks: "notes")
        let harness = try await BridgeHarness(settings: Self.settings { _ in }, now: { Self.noon })
        let posting = ReportPosting(posts: harness.bridge.posts)
        func post(_ hours: Int64) async throws -> [String] {
            await posting.post(report, to: "tasks:notes", at: Self.noon + hours * Self.hour)
            try await harness.settle()
            // Each line is a message here.
            let texts = harness.adapter.texts
            return texts.indices.filter { texts[$0].contains("Due in") }.map { texts[$0...].joined(separator: "\n") }
        }
        @Sendable func add(_ id: String, _ due: String?, _ state: String, of session: String?, to ledger: Ledger) throws
        {
            try ledger.connection.execute(
                """
                INSERT INTO tasks (repository, id, line, state, owner, labels, due, words, body, session, updated_at)
                VALUES ('notes', ?, 1, ?, 'ada', '', ?, '', ?, ?, 0)
                """,
                [
                    .text(id), .text(state), .optional(due), .text(#"{"text":"Do *\#(id)*"}"#), .optional(session),
                ])
        }
        // No thread has worked on them yet.
        #expect(try await post(0).isEmpty)
        _ = try await harness.ask("hello")
        try await harness.settle()
        try await harness.bridge.store.write { ledger in
            let session = try #require(try ledger.sessions(after: nil, limit: 1).items.first)
            try add("T1", "2026-11-27", "open", of: session.id, to: ledger)
            try add("T2", "2026-11-28", "open", of: nil, to: ledger)
            try add("T3", "2026-11-27", "done", of: nil, to: ledger)
            try add("T4", nil, "open", of: nil, to: ledger)
            try add("T5", "2026-11-26", "open", of: nil, to: ledger)
        }
        // It begins with the next morning; eight in Berlin is seven in UTC.
        #expect(try await post(0).isEmpty)
        #expect(try await post(19).isEmpty)
        let said = try await post(20)
        #expect(said.count == 1 && said[0].contains("T1") && said[0].contains("2026-11-27"), "\(said)")
        #expect(!said.joined().contains("T2") && !said.joined().contains("T5"))
        try await expectEqual(post(21).count, 1)
        // Two days of downtime: what was due then is said, once.
        try await expectEqual(post(24 * 3).last?.contains("T2"), true)
        try await expectEqual(post(24 * 3 + 1).count, 2)
        await harness.bridge.stop()
    }

    @Test("a report is posted once for a period, also by another start, and begins with the next period")
    func reports() async throws {
        let report = ReportSchedule(
            name: "daily", time: try #require(ReportSchedule.Time("09:00")), zone: .utc, period: .day,
            targets: ["fake:one/#team"])
        let harness = try await BridgeHarness(settings: Self.settings { $0.reports = [report] }, now: { Self.noon })
        let posting = ReportPosting(posts: harness.bridge.posts)
        func count() -> Int { harness.adapter.texts.count { $0.contains("daily (") } }
        // New: what was before is not posted.
        await posting.post(report, to: report.targets[0], at: Self.noon)
        try await harness.settle()
        expectEqual(count(), 0)
        let tomorrow = Self.noon + 24 * Self.hour
        await posting.post(report, to: report.targets[0], at: tomorrow - 4 * Self.hour)
        try await harness.settle()
        expectEqual(count(), 0)
        async let one: Void = posting.post(report, to: report.targets[0], at: tomorrow)
        async let two: Void = ReportPosting(posts: harness.bridge.posts).post(
            report, to: report.targets[0], at: tomorrow)
        _ = await (one, two)
        await posting.post(report, to: report.targets[0], at: tomorrow + Self.hour)
        try await harness.settle()
        expectEqual(count(), 1)
        #expect(harness.adapter.texts.contains { $0.contains("daily (2026-11-26, UTC): nothing was used.") })
        // Three days of downtime: the last one is made up for.
        await posting.post(report, to: report.targets[0], at: tomorrow + 72 * Self.hour)
        try await harness.settle()
        expectEqual(count(), 2)
        #expect(harness.adapter.texts.contains { $0.contains("daily (2026-11-29, UTC)") })
        await harness.bridge.stop()
    }
}
