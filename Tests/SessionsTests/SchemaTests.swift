import Primitives
import Store
import TestSupport
import Testing

@testable import Database

@Suite("The schema", .timeLimit(.minutes(1)))
struct SchemaTests {
    /// A new step adds a row here, and no row ever changes: stores in use would be refused.
    @Test("released migrations have not changed by a byte")
    func migrations() {
        expectEqual(StoreSchema.migrations.map(\.number), Array(34...56))
        expectEqual(
            StoreSchema.migrations.dropFirst().flatMap(\.checksums),
            [
                "0a30c19ce17f6981", "3c864a4f46872385", "bba3ecb18352d0f6", "d7aebeede07cf316", "dda4a8b149352813",
                "9ceefc3b6ab2c040", "3da94a5c5f7ad3ca", "f82024f9fa516d8e", "01947f9cc844d6bd",
                "e4f1d08b862a5e08", "620390b1d1bd7138", "ea10b3a983b6a3cc", "308732418ba1461a", "c6eb3c689d1dc2f7",
                "1e3409b6ad80caef", "5058185a77a8740a", "d569fc31a593f22a", "cf216f658658ac08", "d84272607a29dd15",
                "17bf51825800d717", "220fd0073a99dd6d", "b187bc2334d15223",
            ])
        expectEqual(StoreSchema.migrations[0].checksums.count, 34)
    }

    @Test("a store of the first release is brought up to what a new one has, with all that is in it")
    func firstRelease() async throws {
        let directory = try TemporaryDirectory()
        let released = try Self.firstRelease(in: directory)
        let path = directory.path + "/new"
        let new =
            TestDatabase.isPostgreSQL
            ? try Database(
                postgreSQL: PostgreSQLServer.shared.database("new_store"), migrations: StoreSchema.migrations)
            : try Database(path: path, migrations: StoreSchema.migrations)
        let shape = try await Self.shape(of: released)
        try await expectEqual(Self.shape(of: new), shape)
        #expect(shape.count > 400)
        let steps = "SELECT number, checksum, min_reader FROM schema_migrations ORDER BY number"
        try await expectEqual(
            new.read { "\(try $0.query(steps))" }, released.read { "\(try $0.query(steps))" })

        try await expectEqual(
            released.read { connection in
                try [
                    "SELECT text FROM messages ORDER BY id", "SELECT title FROM sessions",
                    "SELECT key FROM github_news",
                    "SELECT event FROM inbox",
                    "SELECT name FROM floors WHERE name <> 'message_words' ORDER BY name",
                ].map { try connection.query($0).compactMap(\.values[0].text).joined(separator: ", ") }
            }, ["hello, Good day.", "Zürich", "k2", "e1", "asks, messages, usage_hours, usage_seen"])
        try await expectEqual(
            released.read {
                try $0.first("SELECT texts, threads, bytes FROM sessions JOIN person_storage ON person = owner")
            }
            .map { [$0[0].int64, $0[1].int64, $0[2].int64] }, [2_104, 1, 2_104])
        await released.close()
        await new.close()
    }

    @Test("identities that were linked before have the settings of the first that has any, and the pins of all")
    func linkedBefore() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/old"
        let before = try TestDatabase.open(path: path, migrations: StoreSchema.migrations.filter { $0.number < 48 })
        try await before.write { connection in
            for (identity, person, at) in [
                ("a", "h1", 1), ("b", "h1", 1), ("c", "h1", 2), ("d", "h2", 1), ("e", "h2", 1),
            ] {
                try connection.execute(
                    "INSERT INTO person_identities (identity, person, linked_at) VALUES (?, ?, ?)",
                    [.text(identity), .text(person), .integer(Int64(at))])
            }
            for (person, model) in [("b", "large"), ("c", "small"), ("x", "tiny")] {
                try connection.execute(
                    "INSERT INTO preferences (person, model) VALUES (?, ?)", [.text(person), .text(model)])
            }
            for (person, session) in [("a", "s1"), ("b", "s1"), ("c", "s2"), ("x", "s3")] {
                try connection.execute(
                    "INSERT INTO pins (person, session) VALUES (?, ?)", [.text(person), .text(session)])
            }
        }
        await before.close()
        let after = try TestDatabase.open(path: path, migrations: StoreSchema.migrations)
        func rows(_ statement: String) async throws -> [String] {
            try await after.read { connection in
                try connection.query(statement).map { row in row.values.map { $0.text ?? "" }.joined(separator: " ") }
            }
        }
        try await expectEqual(
            rows("SELECT person, model FROM preferences ORDER BY person"), ["a large", "b large", "c large", "x tiny"])
        try await expectEqual(
            rows("SELECT person, session FROM pins ORDER BY person, session"),
            ["a s1", "a s2", "b s1", "b s2", "c s1", "c s2", "x s3"])
        await after.close()
    }

    /// A store as the 34 steps of the first release made it, with a few rows, opened by this release.
    private static func firstRelease(in directory: TemporaryDirectory) throws -> Database {
        guard TestDatabase.isPostgreSQL else {
            try SQLiteConnection.openWriter(path: directory.path + "/old", migrations: [], settings: DatabaseSettings())
                .script(Self.text(of: "sqlite.sql"))
            return try Database(path: directory.path + "/old", migrations: StoreSchema.migrations)
        }
        let place = try PostgreSQLServer.shared.database("first_release")
        try PostgreSQLServer.shared.run(Self.text(of: "postgresql.sql"), in: "first_release")
        return try Database(postgreSQL: place, migrations: StoreSchema.migrations)
    }

    private static func text(of name: String) -> String {
        let folder = #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined()
        return String(decoding: ProcessTable.read("\(folder)/Storage/FirstRelease/\(name)"), as: UTF8.self)
    }

    /// Columns, constraints, indexes, triggers and functions, a line each; how they are written does not matter.
    private static func shape(of store: Database) async throws -> [String] {
        try await store.read { connection in
            let statements = connection.dialect == .sqlite ? self.ofSQLite : self.ofPostgreSQL
            return try statements.flatMap { try connection.query($0) }.map { row in
                row.values.map { $0.text ?? "\($0)" }.joined(separator: " ").filter { !$0.isWhitespace }
            }.sorted()
        }
    }

    private static let ofSQLite = [
        """
        SELECT m.name, c.cid, c.name, c.type, c."notnull", c.dflt_value, c.pk
        FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'
        """,
        """
        SELECT m.name, i.origin, i."unique", c.seqno, c.name FROM sqlite_schema m JOIN pragma_index_list(m.name) i
        JOIN pragma_index_info(i.name) c WHERE m.type = 'table' AND i.origin <> 'c'
        """,
        "SELECT name, wr FROM pragma_table_list WHERE schema = 'main'",
        """
        SELECT name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL
        OR sql LIKE 'CREATE VIRTUAL%'
        """,
    ]

    private static let ofPostgreSQL = [
        """
        SELECT table_name, ordinal_position, column_name, data_type, collation_name, is_nullable, column_default,
        is_identity FROM information_schema.columns WHERE table_schema = current_schema()
        """,
        "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()",
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = current_schema()::regnamespace",
        "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid <> 0",
    ]
}
