import EventLoop
import Glibc
import HTTP
import JSON
import Processes
import TestSupport
import Testing

/// What networks, and poolers of the database, see of hosts that change.
@Suite("Networks of a cluster", .timeLimit(.minutes(2)))
struct ClusterNetworkTests {
    @Test("a host that hangs keeps its connection to IRC for a while: another one speaks, once, and gets the nick back")
    func ghost() async throws {
        let channel = try await ClusterChannel.opened(
            answering: .stall(after: "The beginning of an answer that has no end,\n\n"))
        let (cluster, alice) = (channel.cluster, channel.alice)
        try await channel.ask("one")
        try await cluster.client(0).waitForMetric("jetbridge_turn_first_token_seconds_count", toReach: 1)
        await cluster.hosts[0].signal(SIGSTOP)
        // If nothing of it was stored, the first question is answered anew.
        cluster.model.set(.answer("A short answer."), for: "test")
        let joined = try await alice.expect { $0.hasPrefix(":jetbot") && $0.contains(" JOIN ") }
        let ghostly = String(joined.dropFirst().prefix { $0 != "!" })
        #expect(ghostly != "jetbot")
        // Under its own name.
        try await channel.ask("two")
        try await channel.listen(to: ghostly) { lines in
            lines.count { $0.contains("A short answer.") || $0.contains("Interrupted") } == 2
        }
        await cluster.hosts[0].signal(SIGCONT)
        _ = try await alice.expect { $0.hasPrefix(":\(ghostly)!") && $0.contains(" NICK :jetbot") }
        try await PostgreSQLServer.until { try await cluster.listed().map(\.state) == ["live", "live"] }
        try await expectEqual(cluster.listed().map(\.adapters), [[], ["irc:local"]])
        try await channel.ask("three")
        let last = try await channel.listen { $0.contains { $0.hasSuffix("A short answer.") } }
        // Nothing that the old host still had.
        #expect(
            last.count { $0.contains("A short answer.") } == 1 && !last.contains { $0.contains("Interrupted") },
            "\(last)")
        try await channel.close()
    }

    @Test("an event that Slack delivers to both gateways is answered once")
    func twice() async throws {
        let slack = try await LoopbackSlack.started()
        let cluster = try await ClusterHosts.started(
            answering: .answer("A short answer."),
            more: """
                access: {owners: ["slack:\(slack.teamID)/\(LoopbackSlack.alice)"]}
                adapters: {slack: [{id: team, bot_token: {env: SLACK_BOT}, signing_secret: {env: SLACK_SIGNING}, api_url: "\(slack.apiURL)"}]}
                """,
            environment: ["SLACK_BOT": slack.botToken, "SLACK_SIGNING": slack.settings.signingSecret])
        func event(_ text: String, id: String, ts: String) -> JSON {
            [
                "type": "event_callback", "team_id": .string(slack.teamID), "api_app_id": .string(slack.settings.appID),
                "event_id": .string(id),
                "event_time": 1_790_000_000,
                "event": [
                    "type": "app_mention", "user": .string(LoopbackSlack.alice),
                    "text": .string("\(slack.mention) \(text)"),
                    "ts": .string(ts), "channel": .string(LoopbackSlack.general), "event_ts": .string(ts),
                ],
            ]
        }
        let question = slack.say("a question that is delivered by hand")
        let body = event("one", id: "Ev0TWICE", ts: question).bytes
        let clients = [try await cluster.client(0), try await cluster.client(1)]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in clients {
                group.addTask {
                    var headers = ["Content-Type": "application/json"]
                    for (name, value) in LoopbackSlack.signature(
                        of: body, secret: slack.settings.signingSecret, timestamp: time(nil))
                    { headers[name] = value }
                    let answer = try await client.answer(
                        "POST", "/hooks/slack/team", body: String(decoding: body, as: UTF8.self), headers: headers)
                    expectEqual(answer.status, 200, "\(answer.text)")
                }
            }
            try await group.waitForAll()
        }
        try await slack.wait("an answer") { !$0.shown(thread: question).isEmpty }
        _ = await cluster.hosts[0].terminate()
        expectEqual(slack.shown(thread: question).count, 1)
        try await cluster.finish()
        await slack.stop()
    }

    @Test(
        "a pooler is fine; with one that gives each transaction another session, a host looks for others' work and says so",
        arguments: [PgBouncer.Mode.session, .transaction])
    func pooler(mode: PgBouncer.Mode) async throws {
        let pooler = try await PgBouncer(before: PostgreSQLServer.shared.port, mode: mode)
        let cluster = try await ClusterHosts.started(answering: ClusterTests.slow, ports: [1: pooler.port])
        let (a, b) = (try await cluster.client(0), try await cluster.client(1))
        let remedy = "set pool_mode = session"
        try await PostgreSQLServer.until {
            let state = try await b.get("/readyz")
            let text = state["checks"]?["cluster"]?.stringValue ?? ""
            return state["status"] == "ok" && (mode == .session ? text == "ok" : text.contains(remedy))
        }
        try await PostgreSQLServer.until { try await a.get("/readyz")["checks"]?["cluster"] == "ok" }
        let doctor = try await cluster.run(1, ["doctor"])
        let wanted = mode == .session ? "hosts wake each other by PostgreSQL's notifications" : remedy
        #expect(doctor.text.contains(wanted), "\(doctor.text)\(doctor.errorText)")
        let thread = try await a.newThread()
        let first = try await a.send("one", to: thread)
        let live = try await b.live()
        try await live.subscribe(to: first)
        let frames = try await live.frames()
        await live.close()
        try await expectEqual(a.frames(of: first), frames)
        let second = try await b.send("two", to: thread)
        _ = try await b.post("/api/v1/operations/\(second)/stop")
        try await expectEqual(a.ended(second)["state"], "stopped")
        // What the host behind the pooler had is taken over once its lease has run out.
        let own = try await b.newThread()
        let third = try await b.send("three", to: own)
        // A turn that has said nothing would be answered anew.
        let last = try await a.live()
        try await last.subscribe(to: third)
        #expect(try await last.next() != nil)
        await last.close()
        await cluster.hosts[1].kill()
        try await expectEqual(a.ended(third)["state"], "interrupted")
        try await cluster.finish()
        await pooler.stop()
    }
}
