import Database
import TestSupport
import Testing

@Suite("Statements and rows", .timeLimit(.minutes(1)))
struct ConnectionTests {
    private let store: TestStore

    init() throws { self.store = try TestStore() }

    @Test("every kind of value is stored and read back unchanged")
    func valuesRoundTrip() async throws {
        let values: [SQLValue] = [
            nil, 0, 1, -1, .integer(.max), .integer(.min), 0.5, .real(-1e300), "", "x", "é😀\u{0}y", .text("a'b\"c"),
            .blob([]),
            .blob([0, 255, 0]), true, SQLValue(Int?.none), SQLValue("z" as String?), SQLValue([7] as [UInt8]?),
        ]
        let back = try await self.store.database.write { connection in
            try connection.execute("CREATE TEMP TABLE v (id INTEGER PRIMARY KEY, value)")
            for value in values { try connection.execute("INSERT INTO v (value) VALUES ($1)", value) }
            return try connection.query("SELECT value FROM v ORDER BY id").map { $0["value"] }
        }
        expectEqual(back, values)
    }

    @Test("columns are read by name and type")
    func typedColumns() async throws {
        let row = try #require(
            try await self.store.database.read {
                try $0.first("SELECT 7 AS i, 'x' AS t, 1.5 AS d, x'0102' AS b, NULL AS n, 1 AS y")
            })
        try expectEqual(row.int("i"), 7)
        try expectEqual(row.int64("i"), 7)
        try expectEqual(row.text("t"), "x")
        try expectEqual(row.double("d"), 1.5)
        try expectEqual(row.double("i"), 7)
        try expectEqual(row.bytes("b"), [1, 2])
        #expect(try row.bool("y"))
        #expect(row["n"].isNull && row["n"].text == nil)
        expectEqual(row[0], 7)
        expectEqual("\(row)", "Row(i, t, d, b, n, y)")
        let error = #expect(throws: DatabaseError.self) { try row.text("n") }
        expectEqual(error?.code, .wrongType)
    }

    @Test("parameters are matched by number, as in PostgreSQL, or by position")
    func parameters() async throws {
        let rows = try await self.store.database.read { connection in
            [
                try connection.first("SELECT $2 || $1 || $2 AS x", "a", "b"),
                try connection.first("SELECT ? || ? AS x", "a", "b"),
                try connection.first("SELECT $1 AS x", ["list"]),
            ]
        }
        expectEqual(rows.map { $0?["x"] }, ["bab", "ab", "list"])
    }

    @Test("the number of changed rows is returned")
    func effects() async throws {
        try await self.store.database.write { connection throws in
            try expectEqual(connection.rowsChanged(by: "INSERT INTO notes (text) VALUES ('a'), ('b')"), 2)
            try expectEqual(connection.laterID("INSERT INTO notes (text) VALUES ('c') RETURNING id", [])(), 3)
            try expectEqual(connection.rowsChanged(by: "UPDATE notes SET text = text || '!'"), 3)
            try expectEqual(connection.rowsChanged(by: "DELETE FROM notes WHERE id = $1", 9), 0)
            #expect(try connection.first("SELECT id FROM notes WHERE id = 9") == nil)
        }
    }

    @Test(
        "an invalid statement is misuse and leaves the store usable",
        arguments: [
            ("SELEC 1", []), ("SELECT $1", []), ("SELECT 1", [1]), ("SELECT x FROM nowhere", []), ("", []), ("  ", []),
            ("COMMIT", []), (" begin", []), ("PRAGMA user_version = 1", []), ("ATTACH 'x' AS y", []), ("ROLLBACK;", []),
            ("DELETE FROM sqlite_schema", []),
        ] as [(String, [SQLValue])])
    func mistakes(_ sql: String, _ values: [SQLValue]) async throws {
        let database = self.store.database
        let code = await self.store.code { try await database.write { _ = try $0.execute(sql, values) } }
        expectEqual(code, .misuse)
        try await self.store.add("still works")
    }

    @Test("a violated constraint has a specific code and undoes its write")
    func constraints() async throws {
        try await self.store.add("a")
        await expectEqual(self.store.code { try await self.store.add("a") }, .unique)
        let database = self.store.database
        let code = await self.store.code {
            try await database.write { connection in
                try connection.execute("INSERT INTO notes (text) VALUES ('gone')")
                try connection.execute("INSERT INTO notes (text) VALUES (NULL)")
            }
        }
        expectEqual(code, .constraint)
        try await expectEqual(self.store.texts(), ["a"])
    }

    @Test("many different statements run although the cache is bounded")
    func statementCacheIsBounded() async throws {
        let sum = try await self.store.database.read { connection in
            try (0..<1_000).reduce(0) { try $0 + (connection.first("SELECT \($1) AS n")?.int("n") ?? 0) }
        }
        expectEqual(sum, 499_500)
    }
}
