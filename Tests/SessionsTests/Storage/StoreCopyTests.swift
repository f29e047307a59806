import Database
import Primitives
import TestSupport
import Testing

@testable import Store
@testable import Threads

@Suite("Copies of the store", .timeLimit(.minutes(2)))
struct StoreCopyTests {
    private let directory: TemporaryDirectory

    init() throws { self.directory = try TemporaryDirectory() }

    private func file(_ name: String) throws -> Database {
        try Database(path: "\(self.directory.path)/\(name)", migrations: StoreSchema.migrations)
    }

    private func server(_ name: String) throws -> Database {
        try Database(postgreSQL: PostgreSQLServer.shared.database(name), migrations: StoreSchema.migrations)
    }

    /// Rows in every table, with values of each kind.
    private static func fill(_ database: Database) async throws {
        try await database.write { connection in
            for table in StoreTable.all {
                let columns = try connection.query(
                    "SELECT name, type FROM pragma_table_info($1)", .text(table.name)
                ).map { (try $0.text("name"), try $0.text("type")) }
                for number in 0..<3 {
                    if table.name == "audit" {
                        try connection.execute("UPDATE audit_head SET last = $1", .integer(Int64(number)))
                    }
                    let values = columns.map { name, type -> SQLValue in
                        switch (table.name, name, type) {
                        case ("sessions", "id", _), (_, "session", _): .text("s\(number)")
                        case ("turns", "id", _), (_, "turn", _): .text("t\(number)")
                        case ("credentials", "id", _), (_, "credential", _): .text("c\(number)")
                        case ("push_subscriptions", "id", _), (_, "subscription", _): .text("p\(number)")
                        case (_, _, "INTEGER"): .integer(Int64(number + 1))
                        case (_, _, "BLOB"): .blob([0, UInt8(number), 255])
                        case (_, "summary", _), (_, "error", _): number == 0 ? .null : .text("zero \0 and ü")
                        default: .text("\(table.name) \(name) \(number) 'ß'")
                        }
                    }
                    let places = (1...values.count).map { "$\($0)" }.joined(separator: ", ")
                    try connection.execute(
                        "INSERT INTO \(table.name) (\(columns.map(\.0).joined(separator: ", "))) VALUES (\(places))",
                        values)
                }
            }
            try connection.execute("UPDATE audit_head SET last = 3, hash = 'x', signature = 'y'")
            try connection.execute("UPDATE floors SET id = 7 WHERE name = 'asks'")
            try connection.execute("UPDATE floors SET id = 40 WHERE name = 'messages'")
        }
    }

    @Test("every table of the schema is copied, but not what belongs to one server")
    func tables() async throws {
        let database = try self.file("store")
        let names = try await database.read { connection in
            try connection.query(
                """
                SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                AND name NOT LIKE 'message_words%' AND name NOT IN ('schema_migrations', 'hosts', 'places', 'changes') ORDER BY name
                """
            ).map { try $0.text("name") }
        }
        expectEqual(names, (StoreTable.all + StoreTable.last).map(\.name).sorted())
    }

    @Test("what an interrupted copy has left is refused, and a complete copy is not")
    func interrupted() async throws {
        let (source, target) = (try self.file("source"), try self.file("target"))
        try await target.write { try CopyMark.set(in: $0) }
        let error = #expect(throws: DatabaseError.self) { _ = try self.file("target") }
        expectEqual(error?.message.contains("is an incomplete copy"), true)
        try await target.write { try CopyMark.remove(in: $0) }
        try await StoreCopy(from: source, to: target).run { _ in }
        await target.close()
        let again = try self.file("target")
        await again.close()
    }

    @Test("a store moves to PostgreSQL and back, and its ids go on where they were")
    func bothWays() async throws {
        let (first, middle, last) = (try self.file("first"), try self.server("copied"), try self.file("last"))
        try await Self.fill(first)
        var there: [StoreCopy.Table] = []
        try await StoreCopy(from: first, to: middle).run { there.append($0) }
        expectEqual(there.count, StoreTable.all.count + StoreTable.last.count)
        #expect(there.filter { $0.rows == 3 }.count >= StoreTable.all.count)
        var back: [StoreCopy.Table] = []
        try await StoreCopy(from: middle, to: last).run { back.append($0) }
        expectEqual(back, there)
        for database in [middle, last] {
            let id = try await SessionStore(database: database).write { ledger in
                try ledger.insertMessage(session: "s1", turn: "t1", role: .user, text: "next word", at: 5)
            }
            expectEqual(id, 41)
            let found = try await SessionStore(database: database).read { ledger in try ledger.lastAskNumber() }
            expectEqual(found, 7)
        }
        try await SessionStore(database: last).indexMessages()
    }

    @Test("a target that has something is refused, and nothing is changed in it")
    func notEmpty() async throws {
        let (first, other) = (try self.file("first"), try self.file("other"))
        try await Self.fill(first)
        try await other.write { connection in
            try connection.execute("INSERT INTO github_pushes (sha, created_at) VALUES ('a', 1)")
        }
        let error = await #expect(throws: StoreCopy.Failure.self) {
            try await StoreCopy(from: first, to: other).run { _ in }
        }
        expectEqual(error?.description.contains("other is not empty (github_pushes)"), true)
        let count = try await other.read { try $0.first("SELECT COUNT(*) AS count FROM sessions")?.int("count") }
        expectEqual(count, 0)
    }
}

extension Ledger {
    fileprivate func lastAskNumber() throws -> Int64? {
        try self.connection.first("SELECT id FROM floors WHERE name = 'asks'")?.int64("id")
    }
}
