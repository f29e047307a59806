import Crypto
import Database
import TestSupport
import Testing

@testable import Sessions

@Suite("The schema", .timeLimit(.minutes(1)))
struct SchemaTests {
    private static func digest(_ text: String) -> String { hex(sha256(text)) }

    /// The digests are those of the release that these migrations were first part of. A new migration adds a row here, and
    /// no row ever changes: stores in use would be refused.
    @Test(
        "released migrations have not changed by a byte",
        arguments: [
            (16, "2c127f8f65238e7e21c14824bf342600a34c7c2f6eb533291c4f7ed551e978df"),
            (17, "8b2db8cc47b7e36588ffc6879d15c6db25d348191399746cc7272985419841d2"),
        ])
    func migrations(last: Int, digest: String) {
        #expect(Schema.migrations.map(\.number) == Array(1...19))
        let text = Schema.migrations.prefix(last).map { "\($0.number) \($0.name)\n\($0.sql)" }
            .joined(separator: "\n")
        #expect(Self.digest(text) == digest)
    }

    @Test("a new store has the same tables, indexes and triggers as ever")
    func newStore() async throws {
        let directory = try TemporaryDirectory()
        let database = try Database(path: directory.path + "/store", migrations: Schema.migrations)
        // SQLite's own tables and those of FTS5 are as its version makes them.
        let rows = try await database.read { connection in
            try connection.query(
                """
                SELECT type || ' ' || name || ' ' || COALESCE(sql, '') AS line FROM sqlite_master
                WHERE name NOT LIKE 'message_words_%' AND name NOT LIKE 'sqlite_%' AND name <> 'schema_migrations'
                ORDER BY type, name
                """
            ).map { try $0.text("line") }
        }
        await database.close()
        #expect(rows.count == 58)
        let digest = Self.digest(rows.joined(separator: "\n"))
        #expect(digest == "65cebfc0b4f595f94345bb32c5fc78e195a029d0ff4c5d0ffb8ba81000535d6f")
    }
}
