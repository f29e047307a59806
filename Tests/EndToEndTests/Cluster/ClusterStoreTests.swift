import Database
import Glibc
import HTTP
import JSON
import Processes
import Store
import TestSupport
import Testing

/// What hosts of a cluster store beside each other.
@Suite("The store of a cluster", .timeLimit(.minutes(1)))
struct ClusterStoreTests {
    @Test("a deleted thread is gone at once with all that it took, whichever host is asked")
    func deletion() async throws {
        let cluster = try await ClusterHosts.started(answering: .answer("A short answer."))
        let clients = [try await cluster.client(0), try await cluster.client(1)]
        for other in [0, 1] {
            let thread = try await clients[0].newThread()
            _ = try await clients[0].ended(try await clients[0].send("one", to: thread))
            let answer = try await clients[other].answer("DELETE", "/api/v1/threads/\(thread)")
            expectEqual(answer.status, 204, "\(answer)")
            for table in ["messages", "turns"] {
                try expectEqual(cluster.rows("SELECT COUNT(*) FROM \(table) WHERE session = '\(thread)'"), ["0"])
            }
        }
        try expectEqual(cluster.rows("SELECT SUM(bytes) FROM person_storage"), ["0"])
        try await cluster.finish()
    }

    @Test(
        "a host runs on, starts again and takes over beside a newer one, unless that one's schema needs newer readers")
    func rollingUpgrade() async throws {
        let cluster = try await ClusterHosts.started(answering: ClusterTests.slow)
        let (a, b) = (try await cluster.client(0), try await cluster.client(1))
        let (thread, other) = (try await a.newThread(), try await b.newThread())
        let operations = [try await a.send("one", to: thread), try await b.send("one", to: other)]
        /// What a newer host does when it starts.
        func migrate(_ steps: Migration...) async throws {
            await
                (try Database(
                    postgreSQL: PostgreSQLServer.shared.settings(of: cluster.database),
                    migrations: StoreSchema.migrations + steps)).close()
        }
        let count = StoreSchema.migrations.version
        let adding = Migration(
            number: count + 1, name: "moods",
            sql: """
                ALTER TABLE messages ADD COLUMN mood TEXT; ALTER TABLE sessions ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm';
                CREATE TABLE moods (name TEXT PRIMARY KEY); CREATE INDEX messages_by_mood ON messages (mood)
                """, minReader: count)
        try await migrate(adding)
        for operation in operations { try await expectEqual(a.ended(operation)["state"], "complete") }
        cluster.model.set(.answer("A short answer."), for: "test")
        _ = await cluster.hosts[1].terminate()
        try await cluster.start(1)
        let again = try await cluster.client(1)
        _ = try await again.ended(try await again.send("two", to: other))
        await cluster.hosts[0].kill()
        _ = try await cluster.anywhere { try await $0.send("two", to: thread, key: "two") }
        try await PostgreSQLServer.until { try await again.transcript(of: thread).map(\.role).count == 4 }

        try await migrate(
            adding, Migration(number: count + 2, name: "no moods", sql: "ALTER TABLE moods RENAME TO no_moods"))
        _ = try await again.ended(try await again.send("three", to: thread))
        let error = await #expect(throws: HostProcess.Failure.self) { try await cluster.start(0) }
        let problem = "was written by a newer version (schema \(count + 2), this program knows \(count))"
        #expect("\(error.map { "\($0)" } ?? "")".contains(problem))
        _ = await cluster.hosts[1].terminate()
    }

    @Test("two hosts write one audit at once, and its chain holds")
    func audit() async throws {
        let cluster = try await ClusterHosts.started(answering: .answer("Yes."))
        let clients = [try await cluster.client(0), try await cluster.client(1)]
        for number in 0..<6 {
            let paired = try await cluster.run(0, ["pair", "--role", "member", "--json"])
            _ = try await GatewayClient(
                signingInAt: try #require(await cluster.hosts[number % 2].address),
                code: try JSON.parse(paired.output)["code"]?.stringValue ?? "", name: "person \(number)")
        }
        let listed = try await clients[0].get("/api/v1/people")["items"]?.arrayValue ?? []
        let people = listed.filter { $0["name"]?.stringValue?.hasPrefix("person ") == true }
            .compactMap { $0["id"]?.stringValue }
        expectEqual(people.count, 6)
        func rows() throws -> Int { try cluster.rows("SELECT number FROM audit").count }
        let before = try rows()
        let changes = 40
        let started = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, person) in people.enumerated() {
                group.addTask {
                    for change in 0..<changes {
                        let body = #"{"role": "\#(change % 2 == 0 ? "guest" : "member")"}"#
                        let path = "/api/v1/people/\(person)"
                        let answer = try await clients[number % 2].answer("PATCH", path, body: body)
                        expectEqual(answer.status, 200, "\(answer.text)")
                    }
                }
            }
            try await group.waitForAll()
        }
        let written = try rows() - before
        expectEqual(written, people.count * changes)
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        print("two hosts: \(Int(Double(written) / seconds)) changes with their entries in the audit a second")
        // Verifies it.
        try await cluster.finish()
    }

    @Test("a text with a zero is stored cleaned, a long one as it is, a longer one refused; what is stored is found")
    func texts() async throws {
        let cluster = try await ClusterHosts.started(answering: .answer("heard\0 you"))
        let (a, b) = (try await cluster.client(0), try await cluster.client(1))
        let thread = try await a.newThread()
        var stored: [String] = []
        for (client, word) in [(a, "dodo"), (b, "okapi")] {
            let long = String(repeating: "more ", count: 8_000) + "end\(word)"
            for text in ["say\0\(word)\0 it", long] {
                try await expectEqual(client.ended(client.send(text, to: thread))["state"], "complete")
                stored += [text.replacing("\0", with: "\u{FFFD}"), "heard\u{FFFD} you"]
            }
            for (length, reason) in [
                (256 << 10 + 1, "Send it in parts"), (2_000_000, "Send it in parts"), (3 << 20, ""),
            ] {
                let body: JSON = ["text": .string(String(repeating: "x", count: length))]
                let refused = try await client.answer("POST", "/api/v1/threads/\(thread)/messages", body: body.text)
                #expect(refused.status == 413 && refused.text.contains(reason), "\(length): \(refused)")
            }
        }
        cluster.model.set(
            .answer("emu\0 " + String(repeating: "b", count: 2_000_000), chunkLength: 100_000), for: "test")
        let ended = try await b.ended(b.send("A long one, please", to: thread))
        expectEqual(ended["error"]?.stringValue?.contains("the answer is longer than"), true, "\(ended.text)")
        let transcript = try await b.transcript(of: thread).map(\.text)
        expectEqual(transcript.prefix(stored.count), stored[...])
        let cut = try #require(transcript.dropFirst(stored.count + 1).first)
        #expect(cut.count > 100_000 && cut.count < 2_000_000 && cut.hasPrefix("emu\u{FFFD} bb"))
        for query in ["dodo", "okapi", "enddodo", "endokapi", "heard", "emu"] {
            let found = try await b.answer("GET", "/api/v1/threads?q=\(query)")
            #expect(found.status == 200 && found.text.contains(thread), "\(query): \(found)")
        }
        for query in ["%00", "say%00dodo"] {
            try await expectEqual(a.answer("GET", "/api/v1/threads?q=\(query)").status, 200)
        }
        try await cluster.finish()
    }
}
