import EventLoop
import Glibc
import JSON
import Primitives
import TestSupport
import Testing

/// The database of a cluster restarts, dies, is far away or full.
@Suite("The database of a cluster", .timeLimit(.minutes(2)))
struct ClusterDatabaseTests {
    private static let settings = [
        "fsync=off", "full_page_writes=off", "max_connections=200", "wal_retrieve_retry_interval=100ms",
    ]
    /// Takes most of a second, and says which question it answers.
    private static let telling = ModelBehavior.chosen { request in
        .answer("You asked: \(request.question) That is all.", rate: 10)
    }

    /// Somebody who asks one question after the other in a thread of the web chat, and repeats what is refused.
    private final class Person: Sendable {
        private let client: GatewayClient
        private let name: String
        private let thread: String
        private let isDone = Protected(false)
        private let answered = Protected<[ContinuousClock.Instant]>([])

        init(_ name: String, _ client: GatewayClient) async throws {
            (self.client, self.name) = (client, name)
            // The host that stores the first question has the thread.
            self.thread = try await client.newThread()
            try await self.ask()
        }

        var count: Int { self.answered.withLock { $0.count } }
        /// The longest time between two answers.
        var longestGap: Duration {
            let times = self.answered.withLock { $0 }
            return zip(times.dropFirst(), times).map { $0 - $1 }.max() ?? .zero
        }

        func finish() { self.isDone.withLock { $0 = true } }

        func talk() async throws { while !self.isDone.withLock({ $0 }) { try await self.ask() } }

        private func ask() async throws {
            let (text, thread) = ("\(self.name) \(self.count)?", self.thread)
            let operation = try await self.insist { try await $0.send(text, to: thread, key: text) }
            let ended = try await self.insist { try await $0.ended(operation) }
            expectEqual(ended["state"], "complete", "\(text): \(ended.text)")
            self.answered.withLock { $0.append(.now) }
        }

        private func insist<T>(_ body: (GatewayClient) async throws -> T) async throws -> T {
            while true {
                do {
                    return try await body(self.client)
                } catch let failure as GatewayClient.Failure where failure.status == 503 {
                    try await EventLoop.shared.sleep(for: .milliseconds(100))
                }
            }
        }

        /// Everything that was asked is there once, with one answer.
        func check() async throws {
            let texts = try await self.client.transcript(of: self.thread).map(\.text)
            let all = (0..<self.count).flatMap { number in
                ["\(self.name) \(number)?", "You asked: \(self.name) \(number)? That is all."]
            }
            expectEqual(texts, all)
        }
    }

    /// Lets one person talk at each host during `faults`, which waits for answers to both in between.
    private static func conversing(
        at cluster: ClusterHosts, during faults: (_ answers: (_ count: Int) async throws -> Void) async throws -> Void
    ) async throws -> [Person] {
        let people = [
            try await Person("Ann", cluster.client(0)), try await Person("Bob", cluster.client(1)),
        ]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for person in people { group.addTask { try await person.talk() } }
            try await faults {
                let count = $0
                let goals = people.map { $0.count + count }
                for (person, goal) in zip(people, goals) { try await PostgreSQLServer.until { person.count >= goal } }
            }
            for person in people { person.finish() }
            try await group.waitForAll()
        }
        for person in people { try await person.check() }
        return people
    }

    @Test("a server that restarts, and one that dies and is replaced by its standby, cost seconds and nothing else")
    func failover() async throws {
        let primary = try PostgreSQLServer(settings: Self.settings)
        let standby = try PostgreSQLServer(settings: Self.settings, following: primary)
        try await primary.requireStandby()
        let cluster = try await ClusterHosts.started(answering: Self.telling, servers: [primary, standby])
        var places: [String] = []
        let people = try await Self.conversing(at: cluster) { answers in
            places = try cluster.places()
            for shutdown in [SIGINT, SIGQUIT] {
                try await answers(2)
                try await primary.end(shutdown)
                try primary.start()
            }
            try await answers(2)
            try await primary.end(SIGKILL)
            try standby.promote()
            try await answers(2)
        }
        for person in people { #expect(person.longestGap < .seconds(10), "\(person.longestGap)") }
        let now = try cluster.places(at: standby)
        expectEqual(now, places)
        try expectEqual(cluster.rows("SELECT event FROM inbox WHERE state = 'new'", at: standby), [])
        try await cluster.finish()
        try await standby.end(SIGINT)
    }

    @Test("a connection that is cut at any commit of a question, before or after: one question, one answer, one post")
    func cutAtCommits() async throws {
        let proxy = try await FaultProxy.started(before: PostgreSQLServer.shared.port)
        let channel = try await ClusterChannel.opened(
            answering: .chosen { .answer("About \($0.question)!") }, ports: [0: proxy.port], hasPenalty: false)
        let cluster = channel.cluster
        let thread = try await cluster.client(0).newThread()
        var asked: [String] = []
        /// Asks again and again, each time with a later commit cut, until a question has no such commit.
        func ask(
            _ trap: FaultProxy.Trap, _ place: String, atLeast count: Int, _ ask: (String) async throws -> Void
        ) async throws {
            var commit = 0
            repeat {
                let text = "\(trap) \(commit) \(place)."
                asked.append(text)
                await proxy.set(trap, atCommitAfter: text, passing: commit)
                try await ask(text)
                try await PostgreSQLServer.until {
                    try cluster.rows("SELECT 1 FROM outbox WHERE state IN ('pending', 'sending', 'unknown')").isEmpty
                }
                commit += 1
            } while await proxy.isSprung
            #expect(commit > count)
        }
        for trap in FaultProxy.Trap.allCases {
            // At least that of the question, of the answer, and of the end of the post.
            try await ask(trap, "irc", atLeast: 3) { text in
                try await channel.ask(text)
                try await channel.listen { $0.contains { $0.hasSuffix("About \(text)!") } }
            }
            try await ask(trap, "web", atLeast: 2) { text in
                let client = try await cluster.client(0)
                try await expectEqual(client.ended(client.send(text, to: thread))["state"], "complete")
            }
        }
        let inChannel = asked.filter { $0.hasSuffix("irc.") }
        for (table, column, count) in [
            ("inbox", "turn", asked.count), ("turns", "id", asked.count), ("outbox", "turn", inChannel.count),
        ] {
            let found = try cluster.rows("SELECT COUNT(*), COUNT(DISTINCT \(column)) FROM \(table)")
            expectEqual(found, ["\(count)|\(count)"], "\(table)")
        }
        for text in asked {
            let found = try cluster.rows("SELECT text FROM messages WHERE text LIKE '%\(text)%' ORDER BY id")
            expectEqual(found, [text, "About \(text)!"])
            let heard = channel.heard.count { $0.contains("About \(text)!") }
            expectEqual(heard, inChannel.contains(text) ? 1 : 0, "\(text)")
        }
        #expect(!channel.heard.contains { $0.contains("may be a repeat") })
        try await channel.close()
        await proxy.stop()
    }

    @Test("a server with a full disk, or far away: everything waits, nothing is lost, and nothing changes hands")
    func fullAndFar() async throws {
        let server = try PostgreSQLServer(settings: Self.settings)
        let disk = try await SmallDisk(megabytes: 24)
        try server.addTablespace("small", at: disk, isDefault: true)
        var proxies: [FaultProxy] = []
        for _ in 0..<2 { proxies.append(try await FaultProxy.started(before: server.port)) }
        let cluster = try await ClusterHosts.started(
            answering: Self.telling, servers: [server], ports: [0: proxies[0].port, 1: proxies[1].port])
        let clients = [try await cluster.client(0), try await cluster.client(1)]
        let said = Protected<[String]>([])
        func isReady() async throws -> [Bool] {
            var ready: [Bool] = []
            said.withLock { $0 = [] }
            for client in clients {
                let answer = try await client.answer("GET", "/readyz")
                ready.append(answer.status == 200)
                said.withLock { $0.append(answer.text) }
            }
            return ready
        }
        let thread = try await clients[0].newThread()
        _ = try await clients[0].ended(try await clients[0].send("one", to: thread))
        let long = String(repeating: "A long answer. ", count: 20_000)
        cluster.model.set(.answer(long, rate: 25, chunkLength: 4_000), for: "test")
        let running = try await clients[0].send("two", to: thread)
        try await PostgreSQLServer.until { cluster.model.answersUnderWay == 1 }
        disk.fill()
        await cluster.hosts[0].waitForLog("cannot be stored")
        let refused = try await clients[1].answer(
            "POST", "/api/v1/threads/\(thread)/messages",
            body: #"{"text": "\#(String(repeating: "too much ", count: 20_000))"}"#)
        #expect(refused.status == 507 && refused.text.contains("disk is full"), "\(refused)")
        disk.free()
        try await expectEqual(clients[1].ended(running)["state"], "complete")
        try await expectEqual(clients[1].transcript(of: thread).map(\.text).dropFirst(2), ["two", long])
        try await PostgreSQLServer.until { try await isReady() == [true, true] }

        cluster.model.set(Self.telling, for: "test")
        var places: [String] = []
        _ = try await Self.conversing(at: cluster) { answers in
            places = try cluster.places()
            // Half of a round trip.
            for proxy in proxies { await proxy.set(.delay(.milliseconds(125))) }
            try await answers(1)
            try await expectEqual(isReady(), [true, true], "\(said.withLock { $0 })")
            for proxy in proxies { await proxy.set(.delay(.seconds(1))) }
            try await PostgreSQLServer.until { try await isReady() == [false, false] }
            // Longer than a lease.
            try await EventLoop.shared.sleep(for: .seconds(4))
            for proxy in proxies { await proxy.set(.none) }
            try await answers(2)
        }
        try expectEqual(cluster.places(), places)
        try await PostgreSQLServer.until { try await isReady() == [true, true] }
        // One that is far away alone loses what it has, once.
        await proxies[0].set(.delay(.seconds(1)))
        try await PostgreSQLServer.until { try cluster.places().allSatisfy { $0.contains("|host-1|") } }
        let moved = try cluster.places()
        try await EventLoop.shared.sleep(for: .seconds(4))
        await proxies[0].set(.none)
        try await PostgreSQLServer.until { try await isReady() == [true, true] }
        try expectEqual(cluster.places(), moved)
        cluster.model.set(.answer("A short answer."), for: "test")
        try await expectEqual(clients[0].ended(clients[0].send("three", to: thread))["state"], "complete")
        try await cluster.finish()
        for proxy in proxies { await proxy.stop() }
        try await server.end(SIGINT)
        await disk.remove()
    }
}
