import Database
import TestSupport
import Testing

@testable import Sessions

@Suite("A new store", .timeLimit(.minutes(1)))
struct NewStoreTests {
    @Test("has what a store of the first release has after all steps")
    func schema() async throws {
        let directory = try TemporaryDirectory()
        let old = directory.path + "/old"
        await (try Database(path: old, migrations: Array(Schema.migrations.prefix(1)))).close()
        let upgraded = try await Self.content(of: Database(path: old, migrations: Schema.migrations))
        let new = try await Self.content(of: Database(path: directory.path + "/new", migrations: Schema.migrations))
        expectEqual(new, upgraded)
        #expect(new.count > 150)
    }

    /// The statements of all tables, indexes and triggers without their spaces, which differ, and the rows of each table.
    private static func content(of store: Database) async throws -> [String: String] {
        try await store.read { connection in
            var content: [String: String] = [:]
            for row in try connection.query("SELECT type, name, COALESCE(sql, '') AS sql FROM sqlite_schema") {
                let name = try row.text("name")
                content[name] = try row.text("sql").filter { !$0.isWhitespace }
                guard try row.text("type") == "table", name != "schema_migrations" else { continue }
                content["rows of \(name)"] = "\(try connection.query("SELECT * FROM \"\(name)\""))"
            }
            let steps = try connection.query("SELECT number, checksum, min_reader FROM schema_migrations ORDER BY 1")
            content["steps"] = "\(steps)"
            return content
        }
    }
}
