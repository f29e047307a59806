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
            (19, "a20442858ad27759740729aa5e9bb462dbbe4de52090aede003f69673492796e"),
            (20, "3642e289d44d20e2959a61c77d6cccda6272321da2a2ed094ce92dc94a685747"),
            (22, "d92dcf920f76c259857458a823adffb9c4b1c0a0c7ed80e519d593af7f10c36e"),
            (25, "6c6fc2de2070eb3965b27c9dbaec1deb4fc53a8ea2ab702e3dabb5744e32d4dc"),
            (28, "4a71d651c33ce89f9596af026b09f79cd663f46f90545302c79021405b5c2c10"),
        ])
    func migrations(last: Int, digest: String) {
        expectEqual(Schema.migrations.map(\.number), Array(1...39))
        let text = Schema.migrations.prefix(last).map { "\($0.number) \($0.name)\n\($0.sql)" }
            .joined(separator: "\n")
        expectEqual(Self.digest(text), digest)
    }

    @Test("a store that went through all steps has the same tables, indexes and triggers as ever")
    func newStore() async throws {
        let directory = try TemporaryDirectory()
        let first = Array(Schema.migrations.prefix(1))
        await (try Database(path: directory.path + "/store", migrations: first)).close()
        let database = try TestDatabase.open(path: directory.path + "/store", migrations: Schema.migrations)
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
        expectEqual(rows.count, 144)
        let digest = Self.digest(rows.joined(separator: "\n"))
        expectEqual(digest, "77464c77261a2bfffeac09140195b8e7ca245b9218249e9b6369b3c74040c25b")
    }
}
