import Database
import Glibc
import JSON
import Primitives
import Processes
import Store
import TestSupport
import Testing

/// Schedules of the real program, which is killed while they run.
@Suite("Schedules over a crash", .serialized, .timeLimit(.minutes(30)))
struct ScheduleCrashTests {
    private static let settings = """
        gateway: {listen: "127.0.0.1:0"}
        model: {provider: rehearsal}

        """

    /// Due in the past, as after a stop; the host looks when it starts.
    private static func makeDue(_ host: HostProcess, at moment: Int64) async throws {
        let database = try Database(path: host.dataPath + "/jetbridge.sqlite", migrations: StoreSchema.migrations)
        try await database.write { connection in
            try connection.execute("UPDATE schedules SET next_at = ?", [.integer(moment)])
        }
        await database.close()
    }

    @Test(
        "a missed run happens once, although the program is killed when it is stored",
        arguments: ["schedule-stored", "turn-started", "turn-closed"])
    func killed(fault: String) async throws {
        let directory = try TemporaryDirectory()
        let host = try await HostProcess(configuration: Self.settings, directory: directory)
        try await host.start()
        let client = try await host.signIn()
        let thread = try await client.newThread()
        _ = try await client.ended(try await client.send("/every 2h Say hello", to: thread))
        _ = try await client.ended(try await client.send("/remind every 2h stretch", to: thread))
        await expectEqual(host.terminate(), .exited(0))
        try await Self.makeDue(host, at: 1)
        try await host.start(fault: fault, isReadyAwaited: false)
        try await host.waitForEnd()
        for _ in 0..<2 {
            try await host.start()
            let again = client.moved(to: try #require(host.address))
            try await eventually("the run has an answer") {
                let transcript = try await again.transcript(of: thread)
                return transcript.last { $0.role == "user" }?.text == "Say hello"
                    && transcript.contains { $0.role == "assistant" }
            }
            let transcript = try await again.transcript(of: thread)
            expectEqual(transcript.count { $0.role == "user" }, 1, "\(transcript)")
            expectEqual(transcript.count { $0.text.hasPrefix("Scheduled by ") }, 1)
            expectEqual(transcript.count { $0.text.hasPrefix("Reminder for ") }, 1)
            await expectEqual(host.terminate(), .exited(0))
        }
    }

    @Test("a host that is killed again and again while schedules are due runs each once")
    func kills() async throws {
        let directory = try TemporaryDirectory()
        let host = try await HostProcess(configuration: Self.settings, directory: directory)
        try await host.start()
        let client = try await host.signIn()
        let threads = [try await client.newThread(), try await client.newThread()]
        let count = 40
        for number in 0..<count {
            let schedule: JSON = [
                "thread_id": .string(threads[number % 2]), "schedule": "every 2h", "text": .string("note \(number)"),
                "kind": "remind",
            ]
            _ = try await client.post("/api/v1/schedules", schedule)
        }
        let rounds = getenv("JETBRIDGE_KILLS").flatMap { Int(String(cString: $0)) } ?? 3
        var random = SeededGenerator(state: UInt64(rounds))
        for round in 1...rounds {
            await host.kill()
            try await Self.makeDue(host, at: Int64(round))
            try await host.start(isReadyAwaited: false)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0..<150, using: &random)))
            await host.kill()
            try await host.start()
            try await eventually("all are posted") { try await Self.posted(host).count == round * count }
        }
        let texts = Dictionary(grouping: try await Self.posted(host)) { $0 }
        expectEqual(texts.count, count)
        expectEqual(texts.filter { $0.value.count != rounds }.map(\.key), [])
        await expectEqual(host.terminate(), .exited(0))
    }

    private static func posted(_ host: HostProcess) async throws -> [String] {
        let database = try Database(path: host.dataPath + "/jetbridge.sqlite", migrations: StoreSchema.migrations)
        let texts = try await database.read { connection in
            try connection.query("SELECT text FROM messages WHERE text LIKE 'Reminder for %'", []).map {
                String(try $0.text("text").split(separator: ": ").last ?? "")
            }
        }
        await database.close()
        return texts
    }

    @Test("with two hosts, of which one after the other is killed, each run happens once")
    func hosts() async throws {
        let cluster = try await ClusterHosts.started(answering: .answer("Hello."))
        let client = try await cluster.client(0)
        let threads = [try await client.newThread(), try await client.newThread()]
        let count = 40
        for number in 0..<count {
            let schedule: JSON = [
                "thread_id": .string(threads[number % 2]), "schedule": "every 2h", "text": .string("note \(number)"),
                "kind": "remind",
            ]
            _ = try await client.post("/api/v1/schedules", schedule)
        }
        let posted = "SELECT COUNT(*) FROM messages WHERE text LIKE 'Reminder for %'"
        let rounds = getenv("JETBRIDGE_KILLS").flatMap { Int(String(cString: $0)) } ?? 4
        var random = SeededGenerator(state: UInt64(rounds))
        for round in 1...rounds {
            _ = try cluster.rows(
                "UPDATE schedules SET next_at = \(round); UPDATE floors SET id = id + 1 WHERE name = 'schedules'")
            let killed = Int.random(in: 0..<2, using: &random)
            try await PostgreSQLServer.until { Int(try cluster.rows(posted)[0]) ?? 0 > (round - 1) * count }
            await cluster.hosts[killed].kill()
            try await PostgreSQLServer.until { Int(try cluster.rows(posted)[0]) ?? 0 >= round * count }
            expectEqual(try cluster.rows(posted), ["\(round * count)"])
            try await PostgreSQLServer.until {
                try await cluster.listed(by: 1 - killed)[killed].state == "gone"
            }
            try await cluster.start(killed)
        }
        expectEqual(
            try cluster.rows(
                "SELECT COUNT(*) FROM (SELECT text FROM messages GROUP BY text HAVING COUNT(*) <> \(rounds)) AS x"),
            ["0"])
        try await cluster.finish()
    }
}
