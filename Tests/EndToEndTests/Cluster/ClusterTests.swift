import EventLoop
import Glibc
import JSON
import Primitives
import Processes
import TestSupport
import Testing

/// Real hosts over PostgreSQL.
@Suite("A cluster of hosts", .timeLimit(.minutes(3)))
struct ClusterTests {
    /// Takes seconds.
    static let slow = ModelBehavior.answer(
        (1...60).map { "word\($0)" }.joined(separator: " "), rate: 25, chunkLength: 8)
    private static let short = ModelBehavior.answer("A short answer.")

    @Test("any gateway serves any thread: messages, live frames, stops, roles")
    func anyGateway() async throws {
        let cluster = try await ClusterHosts.started(answering: Self.slow)
        let (a, b) = (try await cluster.client(0), try await cluster.client(1))
        let thread = try await a.newThread()
        let first = try await a.send("one", to: thread)
        // The other host shows what this one does, and stops it.
        let live = try await b.live()
        try await live.subscribe(to: first)
        let frames = try await live.frames()
        await live.close()
        expectEqual(frames.compactMap { $0["sequence"]?.intValue }, Array(1...frames.count))
        try await expectEqual(a.frames(of: first), frames)
        let second = try await b.send("two", to: thread)
        try await EventLoop.shared.sleep(for: .milliseconds(500))
        _ = try await b.post("/api/v1/operations/\(second)/stop")
        try await expectEqual(b.ended(second)["state"], "stopped")
        let roles = try await a.transcript(of: thread).map(\.role)
        expectEqual(roles, ["user", "assistant", "user", "assistant", "note"])
        try await expectEqual(cluster.listed().map(\.threads), [1, 0])
        let listed = try await b.get("/api/v1/hosts")["items"]?.arrayValue
        expectEqual(listed?.compactMap { $0["state"]?.stringValue }, ["live", "live"])
        // A thread that begins on the second one belongs to it.
        let other = try await b.newThread()
        _ = try await b.ended(try await b.send("three", to: other))
        try await expectEqual(cluster.listed().map(\.threads), [1, 1])
        let ready = try await b.get("/readyz")
        #expect(ready["checks"]?["leases"] == "ok" && ready["checks"]?["cluster"] == "ok")
        let metrics = try await b.page("/metrics").text
        for line in [
            "jetbridge_places_owned 1", "jetbridge_handovers_total{reason=\"died\"} 0",
            "jetbridge_fenced_writes_total 0", "jetbridge_lease_age_seconds ",
        ] { #expect(metrics.contains("\n\(line)"), "\(line) is missing") }
        try await cluster.finish()
    }

    @Test("somebody whose access was taken away at one host is refused at the other")
    func access() async throws {
        let cluster = try await ClusterHosts.started(answering: Self.slow)
        let (a, b) = (try await cluster.client(0), try await cluster.client(1))
        let code = try JSON.parse(try await cluster.run(0, ["pair", "--role", "member", "--json"]).output)["code"]
        let member = try await GatewayClient(
            signingInAt: try #require(await cluster.hosts[1].address), code: code?.stringValue ?? "", name: "ann")
        let elsewhere = member.moved(to: try #require(await cluster.hosts[0].address))
        let thread = try await elsewhere.newThread()
        let running = try await elsewhere.send("one", to: thread)
        let people = try await b.get("/api/v1/people")["items"]?.arrayValue ?? []
        let id = try #require(people.first { $0["name"] == "ann" }?["id"]?.stringValue)
        let removed = try await b.answer("DELETE", "/api/v1/people/\(id)")
        #expect(removed.status == 200 || removed.status == 204, "\(removed.text)")
        try await expectEqual(a.ended(running)["state"], "stopped")
        try await expectEqual(elsewhere.answer("GET", "/api/v1/threads").status, 401)
        try await cluster.finish()
    }

    @Test("a host dies in the middle of an answer: another one says so and goes on")
    func killed() async throws {
        let cluster = try await ClusterHosts.started(answering: Self.slow)
        let (a, b) = (try await cluster.client(0), try await cluster.client(1))
        let thread = try await a.newThread()
        let running = try await a.send("one", to: thread)
        let live = try await b.live()
        try await live.subscribe(to: running)
        var seen: [JSON] = []
        while seen.count < 8, let frame = try await live.next() { seen.append(frame) }
        // All of them move at once, and nobody waits for them.
        try await cluster.addThreads(10_000)
        await cluster.hosts[0].kill()
        seen += try await live.frames()
        await live.close()
        expectEqual(seen.compactMap { $0["sequence"]?.intValue }, Array(1...seen.count))
        expectEqual(seen.last?["type"], "error")
        try await expectEqual(b.get("/api/v1/operations/\(running)")["state"], "interrupted")
        _ = try await b.ended(try await b.send("two", to: thread))
        let transcript = try await b.transcript(of: thread)
        expectEqual(transcript.map(\.role), ["user", "assistant", "note", "user", "assistant"], "\(transcript)")
        try await expectEqual(cluster.listed().map(\.state), ["gone", "live"])
        try await expectEqual(cluster.listed().map(\.threads), [0, 10_001])
        // Back again, it serves as one of them.
        try await cluster.start(0)
        _ = try await cluster.client(0).ended(try await cluster.client(0).send("three", to: thread))
        try await expectEqual(cluster.listed().map(\.state), ["live", "live"])
        // And so it does at once after its end, before anybody has seen that.
        await cluster.hosts[0].kill()
        try await cluster.start(0)
        try await expectEqual(cluster.listed().map(\.state), ["live", "live"])
        try await cluster.finish()
    }

    @Test("a host that hung comes back and writes nothing old", arguments: [1, 6])
    func hung(seconds: Int) async throws {
        let cluster = try await ClusterHosts.started(answering: Self.slow)
        let (a, b) = (try await cluster.client(0), try await cluster.client(1))
        let thread = try await a.newThread()
        let running = try await a.send("one", to: thread)
        let live = try await b.live()
        try await live.subscribe(to: running)
        try await EventLoop.shared.sleep(for: .milliseconds(300))
        await cluster.hosts[0].signal(SIGSTOP)
        try await EventLoop.shared.sleep(for: .seconds(seconds))
        let isMoved = seconds > 3
        // The other host shows the end, although the connection to this one does not end.
        if isMoved { try await expectEqual(live.frames().last?["type"], "error") }
        await live.close()
        if isMoved { _ = try await b.ended(try await b.send("two", to: thread)) }
        let before = try await b.transcript(of: thread)
        await cluster.hosts[0].signal(SIGCONT)
        let state = try await b.ended(running)["state"]?.stringValue
        expectEqual(state, isMoved ? "interrupted" : "complete")
        if isMoved {
            try await PostgreSQLServer.until { try await cluster.listed().map(\.state) == ["live", "live"] }
            try await expectEqual(b.transcript(of: thread).map(\.text), before.map(\.text))
            expectEqual(before.map(\.role), ["user", "assistant", "note", "user", "assistant"])
        }
        // Either host serves it.
        _ = try await a.ended(try await a.send("three", to: thread))
        try await cluster.finish()
    }

    @Test("a request that waits for a host that hangs is answered when another one has the thread")
    func hungRequest() async throws {
        let cluster = try await ClusterHosts.started(answering: Self.slow)
        let (a, b) = (try await cluster.client(0), try await cluster.client(1))
        let thread = try await a.newThread()
        _ = try await a.ended(try await a.send("one", to: thread))
        await cluster.hosts[0].signal(SIGSTOP)
        let answer = try await b.answer(
            "POST", "/api/v1/threads/\(thread)/messages", body: #"{"text": "two"}"#,
            headers: ["Content-Type": "application/json"])
        #expect(answer.status == 503 && answer.retryAfter == "1", "\(answer.text)")
        _ = try await b.ended(try await b.send("three", to: thread))
        await cluster.hosts[0].signal(SIGCONT)
        try await PostgreSQLServer.until { try await cluster.listed().map(\.state) == ["live", "live"] }
        // What the host that hung had got is not stored afterwards.
        try await expectEqual(b.transcript(of: thread).filter { $0.role == "user" }.map(\.text), ["one", "three"])
        try await cluster.finish()
    }

    @Test("a host hands over what it serves, and nothing is cut")
    func drained() async throws {
        let channel = try await ClusterChannel.opened(answering: Self.slow)
        let cluster = channel.cluster
        try await expectEqual(cluster.listed().map(\.adapters), [["irc:local"], []])
        let a = try await cluster.client(0)
        let thread = try await a.newThread()
        let running = try await a.send("one", to: thread)
        try await channel.ask("two")
        try await EventLoop.shared.sleep(for: .milliseconds(300))
        let drained = try await cluster.run(1, ["hosts", "drain", "host-0"])
        expectEqual(drained.text, "host-0 serves nothing any more.\n", "\(drained.errorText)")
        let b = try await cluster.client(1)
        try await expectEqual(b.get("/api/v1/operations/\(running)")["state"], "complete")
        let listed = try await cluster.listed()
        #expect(listed.map(\.state) == ["drained", "live"] && listed.map(\.adapters) == [[], ["irc:local"]])
        expectEqual(listed.map(\.threads), [0, 1])
        try await channel.listen { $0.joined().contains("word60") }
        #expect(!channel.heard.joined().contains("Interrupted"))
        let up = "jetbridge_adapter_up{adapter=\"irc:local\"}"
        #expect(try await !a.page("/metrics").text.contains(up), "an alert would say that the network is down")
        try await b.waitForMetric(up, toReach: 1)
        // Its gateway still serves, by the other host.
        _ = try await a.ended(try await a.send("three", to: thread))
        _ = try await a.ended(try await a.send("a new conversation", to: try await a.newThread()))
        #expect(try await cluster.listed().map(\.threads) == [0, 2])
        channel.alice.forget()
        try await channel.ask("four")
        try await channel.listen { $0.joined().contains("word60") }
        for (name, text) in [("host-1", "goes on: no other host is live"), ("host-9", "no host 'host-9' runs")] {
            #expect(try await cluster.run(0, ["hosts", "drain", name]).errorText.contains(text))
        }
        try await channel.close()
    }

    @Test("questions that wait when a host is stopped are answered by another one")
    func left() async throws {
        let cluster = try await ClusterHosts.started(answering: Self.slow)
        let (a, b) = (try await cluster.client(0), try await cluster.client(1))
        let thread = try await a.newThread()
        let first = try await a.send("one", to: thread)
        // What is asked before the first words is asked together.
        try await a.waitForMetric("jetbridge_turn_first_token_seconds_count", toReach: 1)
        let operations = [first, try await a.send("two", to: thread)]
        await expectEqual(cluster.hosts[0].terminate(), .exited(0))
        // Nobody asks for the thread.
        for operation in operations { try await expectEqual(b.ended(operation)["state"], "complete") }
        try await expectEqual(cluster.listed().map(\.threads), [0, 1])
        try await cluster.finish()
    }

    @Test("while a host hands over, nobody waits for the answers of others")
    func idleFirst() async throws {
        let cluster = try await ClusterHosts.started(answering: Self.slow)
        let (a, b) = (try await cluster.client(0), try await cluster.client(1))
        let (busy, idle) = (try await a.newThread(), try await a.newThread())
        cluster.model.set(Self.short, for: "test")
        _ = try await a.ended(try await a.send("one", to: idle))
        cluster.model.set(.stall(after: "An answer that has no end,"), for: "test")
        let running = try await a.send("two", to: busy)
        try await PostgreSQLServer.until { cluster.model.answersUnderWay == 1 }
        let drain = Task { try await cluster.run(1, ["hosts", "drain", "host-0"]) }
        try await PostgreSQLServer.until { try await cluster.listed().map(\.threads) == [1, 1] }
        cluster.model.set(Self.short, for: "test")
        _ = try await b.ended(try await b.send("three", to: idle))
        try await expectEqual(cluster.listed().map(\.state), ["draining", "live"])
        _ = try await b.post("/api/v1/operations/\(running)/stop")
        try await expectEqual(drain.value.status, .exited(0))
        try await expectEqual(cluster.listed().map(\.threads), [0, 2])
        try await cluster.finish()
    }

    @Test("a network follows to another host when its own dies, and what was said meanwhile is answered")
    func networkFollows() async throws {
        let channel = try await ClusterChannel.opened(answering: Self.slow)
        try await channel.ask("one")
        try await EventLoop.shared.sleep(for: .milliseconds(800))
        let died = ContinuousClock.now
        channel.alice.forget()
        await channel.cluster.hosts[0].kill()
        try await channel.alice.waitForJoin(of: "jetbot", within: .seconds(10))
        #expect(ContinuousClock.now - died < .seconds(10))
        try await channel.listen { $0.joined().contains("Interrupted by a restart") }
        try await channel.ask("two")
        try await channel.listen { $0.joined().contains("word60") }
        expectEqual(channel.heard.count { $0.contains("Interrupted") }, 1)
        try await channel.close()
    }

    @Test("a host that is cut off from the database stops posting, and another one goes on")
    func cutOff() async throws {
        let proxy = try await FaultProxy.started(before: PostgreSQLServer.shared.port)
        let cluster = try await ClusterHosts.started(answering: Self.slow, ports: [0: proxy.port])
        let (a, b) = (try await cluster.client(0), try await cluster.client(1))
        let thread = try await a.newThread()
        let running = try await a.send("one", to: thread)
        try await EventLoop.shared.sleep(for: .milliseconds(300))
        await proxy.set(.hold)
        try await expectEqual(b.ended(running)["state"], "interrupted")
        _ = try await b.ended(try await b.send("two", to: thread))
        try await expectEqual(a.answer("GET", "/readyz").status, 503)
        // What was on its way arrives late.
        await proxy.set(.none)
        try await PostgreSQLServer.until { try await a.answer("GET", "/readyz").status == 200 }
        let transcript = try await b.transcript(of: thread)
        expectEqual(transcript.map(\.role), ["user", "assistant", "note", "user", "assistant"], "\(transcript)")
        _ = try await a.ended(try await a.send("three", to: thread))
        // What cannot be stored is to be sent again, perhaps to another host.
        await proxy.set(.refuse)
        await proxy.cut()
        let refused = try await a.answer("GET", "/api/v1/threads/\(thread)")
        #expect(refused.status == 503 && refused.retryAfter == "1", "\(refused)")
        await proxy.set(.none)
        try await PostgreSQLServer.until { try await a.answer("GET", "/readyz").status == 200 }
        try await cluster.finish()
        await proxy.stop()
    }

    @Test("what stalls for all hosts moves nothing; a host whose renewals alone are lost, loses what it has")
    func renewals() async throws {
        let proxies = [
            try await FaultProxy.started(before: PostgreSQLServer.shared.port),
            try await FaultProxy.started(before: PostgreSQLServer.shared.port),
        ]
        let cluster = try await ClusterHosts.started(
            answering: Self.slow, ports: [0: proxies[0].port, 1: proxies[1].port])
        let (a, b) = (try await cluster.client(0), try await cluster.client(1))
        let thread = try await a.newThread()
        let running = try await a.send("one", to: thread)
        try await EventLoop.shared.sleep(for: .milliseconds(300))
        // Longer than a lease. What each of them sent at its beginning is answered at its end.
        for stall in [4_000, 3_300, 5_100] {
            for proxy in proxies { await proxy.set(.hold) }
            try await EventLoop.shared.sleep(for: .milliseconds(stall))
            for proxy in proxies { await proxy.set(.none) }
            try await EventLoop.shared.sleep(for: .milliseconds(3_500))
        }
        try await expectEqual(a.ended(running)["state"], "complete")
        try await expectEqual(cluster.listed().map(\.threads), [1, 0])
        cluster.model.set(.stall(after: "An answer that has no end,"), for: "test")
        let next = try await a.send("two", to: thread)
        try await EventLoop.shared.sleep(for: .milliseconds(300))
        // The host's own session, but none of those with which it writes.
        await proxies[0].set(.swallow, ofConnectionsNaming: "jetbridge run")
        try await expectEqual(b.ended(next)["state"], "interrupted")
        cluster.model.set(Self.short, for: "test")
        _ = try await b.ended(try await b.send("three", to: thread))
        await proxies[0].set(.none)
        try await PostgreSQLServer.until { try await a.answer("GET", "/readyz").status == 200 }
        try await expectEqual(cluster.listed().map(\.threads), [0, 1])
        let roles = try await a.transcript(of: thread).map(\.role)
        expectEqual(roles, ["user", "assistant", "user", "assistant", "note", "user", "assistant"], "\(roles)")
        _ = try await a.ended(try await a.send("four", to: thread))
        try await cluster.finish()
        for proxy in proxies { await proxy.stop() }
    }

    @Test("clocks an hour apart move nothing; a host that dies while it hands over loses nothing and repeats nothing")
    func clocks() async throws {
        let cluster = try await ClusterHosts.started(
            answering: Self.short)
        _ = await cluster.hosts[1].terminate()
        try await cluster.start(1, environment: try FakeClock.anHourAhead())
        let (a, b) = (try await cluster.client(0), try await cluster.client(1))
        let thread = try await b.newThread()
        _ = try await b.ended(try await b.send("one", to: thread))
        try await expectEqual(cluster.listed().map(\.state), ["live", "live"])
        try await expectEqual(cluster.listed().map(\.threads), [0, 1])
        cluster.model.set(.stall(after: "An answer that has no end,"), for: "test")
        let running = try await b.send("two", to: thread)
        // A turn that has said nothing would be answered anew.
        let live = try await a.live()
        try await live.subscribe(to: running)
        #expect(try await live.next() != nil)
        await live.close()
        let drain = Task { try await cluster.run(0, ["hosts", "drain", "host-1"]) }
        try await PostgreSQLServer.until { try await cluster.listed().map(\.state) == ["live", "draining"] }
        await cluster.hosts[1].kill()
        try await expectEqual(a.ended(running)["state"], "interrupted")
        cluster.model.set(Self.short, for: "test")
        _ = try await a.ended(try await a.send("three", to: thread))
        let result = try await drain.value
        #expect(result.status != .exited(0), "\(result.text)\(result.errorText)")
        let transcript = try await a.transcript(of: thread)
        expectEqual(
            transcript.map(\.role), ["user", "assistant", "user", "assistant", "note", "user", "assistant"],
            "\(transcript)")
        expectEqual(transcript.filter { $0.role == "user" }.map(\.text), ["one", "two", "three"])
        try await expectEqual(cluster.listed().map(\.threads), [1, 0])
        try await cluster.finish()
    }

    @Test("hosts that cannot hear each other lose time only")
    func deaf() async throws {
        let cluster = try await ClusterHosts.started(answering: Self.slow)
        let (a, b) = (try await cluster.client(0), try await cluster.client(1))
        try await PostgreSQLServer.until { try await b.get("/readyz")["checks"]?["cluster"] == "ok" }
        let thread = try await a.newThread()
        let running = try await a.send("one", to: thread)
        let live = try await b.live()
        try await live.subscribe(to: running)
        var frames: [JSON] = []
        while frames.count < 4, let frame = try await live.next() { frames.append(frame) }
        let disturbance = Task {
            while !Task.isCancelled {
                _ = try cluster.rows(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name = 'jetbridge wakes'
                    """)
                try await EventLoop.shared.sleep(for: .milliseconds(10))
            }
        }
        frames += try await live.frames()
        await live.close()
        expectEqual(frames.compactMap { $0["sequence"]?.intValue }, Array(1...frames.count))
        try await expectEqual(b.ended(running)["state"], "complete")
        try await PostgreSQLServer.until {
            let ready = try await b.get("/readyz")
            return ready["checks"]?["cluster"]?.stringValue?.hasPrefix("PostgreSQL's notifications are not heard")
                == true
                && ready["status"] == "ok"
        }
        // Found by looking.
        let second = try await b.send("two", to: thread)
        _ = try await b.post("/api/v1/operations/\(second)/stop")
        try await expectEqual(b.ended(second)["state"], "stopped")
        disturbance.cancel()
        _ = await disturbance.result
        try await PostgreSQLServer.until { try await b.get("/readyz")["checks"]?["cluster"] == "ok" }
        let third = try await b.send("three", to: thread)
        try await expectEqual(b.frames(of: third), a.frames(of: third))
        try await cluster.finish()
    }

    @Test("another key, a taken name, no cluster: each is refused with what to do")
    func refused() async throws {
        let cluster = try await ClusterHosts.started(1, answering: Self.slow)
        let other = try TemporaryDirectory()
        try TestFile.makeFolder(other.path)
        func log(_ changes: [(String, String)]) async throws -> String {
            var text = await cluster.hosts[0].configuration
            for (old, new) in changes { text = text.replacing(old, with: new) }
            let host = try await HostProcess(configuration: text)
            let error = await #expect(throws: HostProcess.Failure.self) {
                try await host.start(environment: ["PG_PASSWORD": PostgreSQLServer.password.reveal()])
            }
            return "\(error.map { "\($0)" } ?? "")"
        }
        #expect(try await log([]).contains("the host host-0 runs already"))
        let key = other.path + "/key"
        try TestFile.write(String(repeating: "z1", count: 32), to: key, mode: 0o600)
        let text = await cluster.hosts[0].configuration
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("cluster:") })
        let foreign = "cluster: {name: host-7, key: {file: \"\(key)\"}}"
        #expect(try await log([(String(line), foreign)]).contains("give all hosts the same one"))
        #expect(try await log([(String(line), "")]).contains("hosts of a cluster serve the database"))
        // A host that is alone keeps a cluster away.
        _ = await cluster.hosts[0].terminate()
        let alone = try await HostProcess(
            configuration: text.replacing(String(line), with: ""), dataPath: cluster.hosts[0].dataPath)
        try await alone.start(environment: ["PG_PASSWORD": PostgreSQLServer.password.reveal()])
        #expect(try await log([]).contains("a host without a section 'cluster' serves the database"))
        _ = await alone.terminate()
        try await cluster.start(0)
        try await cluster.finish()
    }
}
