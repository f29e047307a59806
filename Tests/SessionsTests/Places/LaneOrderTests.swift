import Audit
import Chat
import Database
import JSON
import Primitives
import Store
import TestSupport
import Testing

@testable import Threads

/// Writes of different places run beside each other on PostgreSQL; SQLite has one order of all.
@Suite("The order of writes", .timeLimit(.minutes(1)))
struct LaneOrderTests {
    private static let places = (0..<10).map { Place.web("\($0)") } + [.network(AdapterID("irc:a"))]

    private static func key(_ place: Place) -> ThreadKey {
        switch place {
        case .web(let thread): ThreadKey(adapter: Place.webAdapter, value: thread)
        default: ThreadKey(adapter: AdapterID(place.name), value: "#x")
        }
    }

    /// A session with a running turn in each place.
    private static func sessions(in store: SessionStore) async throws -> [Place: String] {
        try await store.write { ledger in
            var sessions: [Place: String] = [:]
            for place in Self.places {
                let key = Self.key(place)
                let route = Route(room: RoomID(adapter: key.adapter, name: key.value))
                // Of one person, whose storage all of them count.
                let session = try ledger.session(for: key, route: route, owner: "alice", title: "", at: 1).id
                let turn = "turn \(session)"
                try ledger.insert(
                    TurnRecord(
                        id: turn, session: session, kind: .chat, work: turn, text: "", sender: Sample.person("alice"),
                        route: route, message: nil, state: .running, attempts: 1, queuedAt: 1))
                sessions[place] = session
            }
            return sessions
        }
    }

    @Test("writes of a place are stored in call order, whatever others write, and the audit among them verifies")
    func order() async throws {
        let directory = try TemporaryDirectory()
        let database = try TestDatabase.open(path: directory.path + "/store", migrations: StoreSchema.migrations)
        let store = SessionStore(database: database)
        let chain = try await AuditLog.open(database, keyIn: directory.path).chain
        let sessions = try await Self.sessions(in: store)
        let count = 60
        let recorded = Protected(0)
        await withTaskGroup(of: Void.self) { group in
            for (place, session) in sessions {
                let key = store.key(of: place)
                group.addTask {
                    var random = SystemRandomNumberGenerator()
                    await withCheckedContinuation { continuation in
                        for number in 0..<count {
                            let isRecorded = Int.random(in: 0..<4, using: &random) == 0
                            let body: @Sendable (any Connection) throws -> Void = { connection in
                                let ledger = Ledger(connection: connection)
                                try ledger.insertMessage(
                                    session: session, turn: nil, role: .note, text: "\(number)", at: 1)
                                if isRecorded {
                                    try chain.append(
                                        AuditEntry(
                                            kind: .commandStarted, session: session, turn: nil, actor: "alice",
                                            details: ["number": .integer(Int64(number))]),
                                        at: Int64(number), in: connection)
                                }
                            }
                            let isLast = number == count - 1
                            let completion: @Sendable (Result<Void, any Error>) -> Void = { result in
                                if case .failure(let error) = result { Issue.record("\(error)") }
                                if isRecorded { recorded.withLock { $0 += 1 } }
                                if isLast { continuation.resume() }
                            }
                            if !isLast, Int.random(in: 0..<4, using: &random) == 0 {
                                database.submitWithNext(key: key, body, completion: completion)
                            } else {
                                database.submit(key: key, body, completion: completion)
                            }
                        }
                    }
                }
            }
            // Of no place, in all threads.
            for number in 0..<20 {
                group.addTask {
                    _ = try? await store.write { ledger in
                        try ledger.lock(Set(sessions.values))
                        for session in sessions.values.sorted() {
                            try ledger.insertMessage(
                                session: session, turn: nil, role: .commit, text: "all \(number)", at: 1)
                        }
                    }
                }
            }
        }
        for session in sessions.values {
            let messages = try await store.read { ledger in
                try ledger.messages(of: session, after: nil, limit: 1_000).items
            }
            expectEqual(messages.filter { $0.role == .note }.map(\.text), (0..<count).map { "\($0)" })
            expectEqual(messages.count, count + 20)
        }
        let verdict = try await AuditReader(database).verify(keyIn: directory.path)
        #expect(verdict.problem == nil && verdict.rows == recorded.withLock { $0 })
        await database.close()
    }

    @Test("a turn's last step shares the commit of its end, whoever else writes")
    func lastStep() async throws {
        let directory = try TemporaryDirectory()
        let reports = Protected<[Int]>([])
        let database = try TestDatabase.open(
            path: directory.path + "/store", migrations: StoreSchema.migrations,
            settings: DatabaseSettings(commitObserver: { report in reports.withLock { $0.append(report.writes) } }))
        let store = SessionStore(database: database)
        let sessions = try await Self.sessions(in: store)
        for (place, session) in sessions {
            let turn = "turn \(session)"
            reports.withLock { $0 = [] }
            await store.writeWithNext(ofTurn: turn) { ledger in
                try ledger.insertMessage(session: session, turn: turn, role: .note, text: "step", at: 1)
            } completion: { result in
                if case .failure(let error) = result { Issue.record("\(error)") }
            }
            _ = try await store.write(of: place) { ledger in
                try ledger.insertMessage(session: session, turn: turn, role: .note, text: "end", at: 1)
            }
            expectEqual(reports.withLock { $0 }, [2])
            let texts = try await store.read { ledger in
                try ledger.messages(of: session, after: nil, limit: 9).items.map(\.text)
            }
            expectEqual(texts, ["step", "end"])
        }
        await database.close()
    }
}
