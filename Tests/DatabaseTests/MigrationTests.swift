import TestSupport
import Testing

@testable import Database

@Suite("Migrations", .timeLimit(.minutes(1)))
struct MigrationTests {
    private let directory: TestDirectory
    private static let steps = [
        Migration(
            number: 1, name: "people",
            sql: "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO people (name) VALUES ('a')"),
        Migration(number: 2, name: "pets", sql: "CREATE TABLE pets (owner INTEGER NOT NULL REFERENCES people (id))"),
        // Rebuilding a table that others refer to.
        Migration(
            number: 3, name: "rebuild",
            sql: """
                CREATE TABLE new_people (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
                INSERT INTO new_people SELECT id, name FROM people;
                DROP TABLE people;
                ALTER TABLE new_people RENAME TO people;
                """),
    ]

    init() throws { self.directory = try TestDirectory() }

    private func open(_ steps: [Migration]) throws(DatabaseError) -> Database {
        try Database(path: self.directory.store, migrations: steps)
    }

    private func version(of store: Database) async throws -> Int? {
        try await store.read { try $0.first("SELECT max(number) AS number FROM schema_migrations")?["number"].int }
    }

    @Test("steps are applied once and in order, from any earlier version", arguments: 0...3)
    func stepByStep(_ version: Int) async throws {
        let old = try self.open(Array(Self.steps.prefix(version)))
        try await expectEqual(self.version(of: old) ?? 0, version)
        await old.close()
        let new = try self.open(Self.steps.reversed())
        try await expectEqual(self.version(of: new), 3)
        try await expectEqual(new.read { try $0.query("SELECT name FROM people").map { $0["name"] } }, ["a"])
        let rows = try await new.read {
            try $0.query("SELECT number, name, checksum FROM schema_migrations ORDER BY number")
        }
        expectEqual(rows.map { $0["name"] }, ["people", "pets", "rebuild"])
        #expect(rows.allSatisfy { $0["checksum"].text?.utf8.count == 16 })
        // Foreign keys are enforced again afterwards.
        let code = await #expect(throws: DatabaseError.self) {
            try await new.write { try $0.execute("INSERT INTO pets (owner) VALUES (99)") }
        }?.code
        expectEqual(code, .constraint)
    }

    @Test("a new file has columns of later steps where they would be added")
    func newFile() {
        let first = """
            CREATE TABLE a (
                id INTEGER PRIMARY KEY,
                -- What it is called.
                name TEXT
            );
            CREATE TABLE b (
                x TEXT NOT NULL,
                y TEXT NOT NULL,
                PRIMARY KEY (x, y)
            ) WITHOUT ROWID;
            CREATE TABLE c (x TEXT);
            """
        let second = """
            ALTER TABLE a ADD COLUMN age INTEGER NOT NULL DEFAULT 1;
            ALTER TABLE a ADD COLUMN shown TEXT;
            ALTER TABLE b ADD COLUMN z TEXT;
            ALTER TABLE c ADD COLUMN y TEXT;
            CREATE INDEX a_by_age ON a (age);
            """
        let merged =
            first.replacing("    name TEXT\n", with: "    name TEXT,\nage INTEGER NOT NULL DEFAULT 1,\nshown TEXT\n")
            .replacing("    y TEXT NOT NULL,\n", with: "    y TEXT NOT NULL,\nz TEXT,\n")
        expectEqual(
            NewFile.schema([first, second]),
            [merged, "ALTER TABLE c ADD COLUMN y TEXT;\nCREATE INDEX a_by_age ON a (age);"])
        let rebuilt = [first, "ALTER TABLE a RENAME TO d;", second]
        expectEqual(NewFile.schema(rebuilt), rebuilt)
    }

    @Test("a newer store is refused and left unchanged")
    func tooNew() async throws {
        await (try self.open(Self.steps)).close()
        let error = #expect(throws: DatabaseError.self) { try self.open(Array(Self.steps.prefix(2))) }
        expectEqual(error?.code, .tooNew)
        expectEqual(error?.message.contains("schema 3, this program knows 2"), true)
        try await expectEqual(self.version(of: self.open(Self.steps)), 3)
    }

    @Test("an older program uses a store whose newer steps only add, and leaves them")
    func readable() async throws {
        let added = Migration(number: 4, name: "added", sql: "CREATE TABLE added (x TEXT)", minReader: 3)
        await (try self.open(Self.steps + [added])).close()
        #expect(try Database.missing(Self.steps, path: self.directory.store).isEmpty)
        try await expectEqual(self.version(of: self.open(Self.steps)), 4)
        expectEqual(#expect(throws: DatabaseError.self) { try self.open(Array(Self.steps.prefix(2))) }?.code, .tooNew)
        #expect((Self.steps + [added]).minReader == 3 && Self.steps.minReader == 3)
        let last = Migration(number: 5, name: "last", sql: "SELECT 1")
        try expectEqual(Database.missing(Self.steps + [added, last], path: self.directory.store).map(\.number), [5])
    }

    @Test("a store of a release that stored no readers is upgraded")
    func withoutReaders() async throws {
        let old = try self.open(Array(Self.steps.prefix(2)))
        try await old.write { try $0.execute("ALTER TABLE schema_migrations DROP COLUMN min_reader") }
        await old.close()
        expectEqual(#expect(throws: DatabaseError.self) { try self.open(Array(Self.steps.prefix(1))) }?.code, .tooNew)
        try await expectEqual(self.version(of: self.open(Self.steps)), 3)
    }

    @Test("a step that changed after its release is refused")
    func changed() async throws {
        await (try self.open(Self.steps)).close()
        var steps = Self.steps
        steps[1] = Migration(number: 2, name: "pets", sql: "CREATE TABLE pets (owner INTEGER)")
        let error = #expect(throws: DatabaseError.self) { try self.open(steps) }
        expectEqual(error?.code, .migration)
        expectEqual(error?.message.contains("step 2 (pets)"), true)
    }

    @Test(
        "a failed step is undone entirely, and earlier ones stay",
        arguments: ["CREATE TABLE x (y); SELEC 1", "CREATE TABLE x (y); INSERT INTO pets VALUES (42)"])
    func failing(_ sql: String) async throws {
        await (try self.open(Array(Self.steps.prefix(2)))).close()
        let steps = Array(Self.steps.prefix(2)) + [Migration(number: 3, name: "bad", sql: sql)]
        let error = #expect(throws: DatabaseError.self) { try self.open(steps) }
        expectEqual(error?.code, .migration)
        expectEqual(error?.message.contains("step 3 (bad)"), true)
        try expectEqual(Database.missing(Self.steps, path: self.directory.store).map(\.number), [3])
        let store = try self.open(Array(Self.steps.prefix(2)))
        #expect(try await store.read { try $0.query("SELECT 1 FROM sqlite_schema WHERE name = 'x'") }.isEmpty)
    }

    @Test(
        "a new store gets all steps or none, in one transaction",
        arguments: ["SELEC 1", "INSERT INTO pets VALUES (42)", "INSERT INTO people (id, name) VALUES (1, 'b')"])
    func newStore(_ sql: String) async throws {
        let steps = Self.steps + [Migration(number: 4, name: "bad", sql: sql)]
        let error = #expect(throws: DatabaseError.self) { try self.open(steps) }
        #expect(error?.code == .migration && error?.message.contains("step 4 (bad)") == true)
        try expectEqual(Database.missing(Self.steps, path: self.directory.store).map(\.number), [1, 2, 3])
        let store = try self.open(Self.steps)
        try await expectEqual(store.read { try $0.query("SELECT name FROM people").map { $0["name"] } }, ["a"])
    }

    @Test("a first step stands for those that a released store went through")
    func firstOfSeveral() async throws {
        let checksums = Self.steps.flatMap(\.checksums)
        let first = Migration(
            number: 3, name: "first release", sql: "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL);",
            sqlite: "CREATE TABLE pets (owner INTEGER NOT NULL REFERENCES people (id))", steps: checksums)
        let next = Migration(number: 4, name: "next", sql: "CREATE TABLE next (x TEXT)", minReader: 3)
        #expect(first.before == 0 && next.before == 3 && [first, next].version == 4 && [first, next].minReader == 3)
        await (try self.open(Array(Self.steps.prefix(2)))).close()
        let error = #expect(throws: DatabaseError.self) { try self.open([first, next]) }
        expectEqual(error?.code, .migration)
        expectEqual(error?.message.contains("has schema 2, from before the first release, which has 3"), true)
        await (try self.open(Self.steps)).close()
        try expectEqual(Database.missing([first, next], path: self.directory.store).map(\.number), [4])
        let released = try self.open([first, next])
        try await expectEqual(released.read { try $0.query("SELECT name FROM people").map { $0["name"] } }, ["a"])
        await released.close()

        let path = self.directory.store + ".new"
        await (try Database(path: path, migrations: [first, next])).close()
        // The steps that it stands for are noted one by one, for programs that know them.
        let new = try Database(path: path, migrations: Self.steps)
        try await expectEqual(self.version(of: new), 4)
        await new.close()
    }

    @Test("misnumbered steps are a bug in the program", arguments: [[1, 3], [2], [1, 1], [0, 1]])
    func numbering(_ numbers: [Int]) {
        let steps = numbers.map { Migration(number: $0, name: "x", sql: "SELECT 1") }
        expectEqual(#expect(throws: DatabaseError.self) { try self.open(steps) }?.code, .misuse)
    }

    @Test("stores opened at the same time apply each step once")
    func race() async throws {
        try await withThrowingTaskGroup(of: Database.self) { group in
            for _ in 0..<4 { group.addTask { @concurrent in try self.open(Self.steps) } }
            for try await database in group { try await expectEqual(self.version(of: database), 3) }
        }
    }
}
