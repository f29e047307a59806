import Database
import JSON
import Primitives
import Processes
import Store
import TestSupport
import Testing

/// Usage, budgets and reports of the real program.
@Suite("Usage of a repair, and reports over a crash", .serialized, .timeLimit(.minutes(3)))
struct UsageCrashTests {
    private static let settings = """
        gateway: {listen: "127.0.0.1:0"}
        model: {provider: rehearsal}
        approvals: {commands: allow, writes: allow}

        """

    @Test("a budget ends work between its steps, resume continues once it is lifted, and all views have the same sums")
    func budget() async throws {
        let directory = try TemporaryDirectory()
        let project = directory.path + "/project"
        try RealGit("/").shell("mkdir -p \(project)")
        try TestFile.write("sum() {\n    echo $(($1 - $2))\n}\n", to: project + "/sum.sh")
        try TestFile.write(". ./sum.sh\n[ \"$(sum 2 3)\" = 5 ]\n", to: project + "/test.sh")
        try RealGit(project)("init -q && git add -A && git commit -qm Start")
        // The first answer uses up the budget.
        let host = try await HostProcess(
            configuration: Self.settings + """
                repositories: [{name: project, path: "\(project)"}]
                prices: {rehearsal: {in: 1000, out: 1000}}
                budgets: {person: {day: 0.01}}

                """, directory: directory)
        try await host.start()
        let client = try await host.signIn()
        let thread = try await client.newThread()
        let person = try #require(try await client.get("/api/v1/me")["identity"]?.stringValue)
        let stopped = try await client.ended(try await client.send("Fix the failing test.", to: thread))
        expectEqual(stopped["state"]?.stringValue, "interrupted")
        let first = try await client.transcript(of: thread)
        #expect(first.contains { $0.text.contains("Your budget of $0.01 a day is used up") })
        // Nothing goes on before it is lifted.
        let refused = try await client.ended(try await client.send("/resume", to: thread))
        #expect(refused["state"]?.stringValue != "complete")
        _ = try await client.ended(try await client.send("/budget lift \(person)", to: thread))
        let done = try await client.ended(try await client.send("/resume", to: thread))
        expectEqual(done["state"]?.stringValue, "complete")
        #expect(try RealGit(project)("log --all --format=%s").split(separator: "\n").count > 1)

        let analytics = try await client.get("/api/v1/analytics?by=user,model")
        let totals = try #require(analytics["totals"])
        #expect(totals["turns"]?.intValue == 3 && totals["commits"]?.intValue == 1)
        let tokens = (totals["tokens_in"]?.intValue ?? 0) + (totals["tokens_out"]?.intValue ?? 0)
        let cost = try #require(totals["cost"]?.doubleValue)
        #expect(tokens > 100 && abs(cost - Double(tokens) / 1_000) < 0.001)
        // The refused turn asked no model.
        let models = analytics["items"]?.arrayValue?.compactMap { $0["key"]?["model"]?.stringValue }
        expectEqual(models, ["", "rehearsal"])
        expectEqual(analytics["items"]?[0]?["key"]?["user"]?.stringValue, person)
        let listed = try JSON.parse(try await host.run(["usage", "--by", "user,model", "--json"]).output)
        expectEqual(listed, analytics)
        let tools = try await client.get("/api/v1/analytics?by=tool")["items"]?.arrayValue ?? []
        let calls = tools.reduce(0) { $0 + ($1["tool_calls"]?.intValue ?? 0) }
        #expect(calls == totals["tool_calls"]?.intValue && calls > 2)
        let query: JSON = [
            "query": "{ analytics(by: \"user,model\") { totals { turns tokensIn cost } items { key } } }"
        ]
        let graph = try await client.post("/api/v1/graphql", query)["data"]?["analytics"]
        #expect(graph?["totals"]?["tokensIn"] == totals["tokens_in"] && graph?["totals"]?["cost"] == totals["cost"])
        expectEqual(graph?["items"]?[0]?["key"], analytics["items"]?[0]?["key"])
        _ = try await client.ended(try await client.send("/usage", to: thread))
        let cents = Int((cost * 100).rounded())
        let amount = "$\(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100)"
        #expect(try await client.transcript(of: thread).contains { $0.text.contains("has cost about \(amount) (an") })
        await host.kill()
    }

    @Test("a report is posted once, although the program is killed when it is stored")
    func report() async throws {
        let directory = try TemporaryDirectory()
        let before = try await HostProcess(configuration: Self.settings, directory: directory)
        try await before.start()
        let client = try await before.signIn()
        let thread = try await client.newThread()
        _ = try await client.ended(try await client.send("Hello", to: thread))
        await expectEqual(before.terminate(), .exited(0))
        // The host was off for longer than a week.
        let database = try Database(path: before.dataPath + "/jetbridge.sqlite", migrations: StoreSchema.migrations)
        try await database.write { connection in
            try connection.execute(
                "INSERT INTO report_posts (report, target, since) VALUES ('weekly', ?, 0)", [.text("web:\(thread)")])
        }
        await database.close()
        let host = try await HostProcess(
            configuration: Self.settings + """
                reports: [{name: weekly, at: "Mon 09:00", zone: Europe/Berlin, to: ["web:\(thread)"]}]

                """, directory: directory)
        try await host.start(fault: "report-stored", isReadyAwaited: false)
        try await host.waitForEnd()
        for _ in 0..<2 {
            try await host.start()
            let again = client.moved(to: try #require(host.address))
            _ = try await again.ended(try await again.send("/usage", to: thread))
            let reports = try await again.transcript(of: thread).filter { $0.text.hasPrefix("weekly (") }
            expectEqual(reports.count, 1)
            await expectEqual(host.terminate(), .exited(0))
        }
    }
}
