internal import Primitives

/// One step of the schema. There are no steps back, and a released step never changes.
package struct Migration: Sendable {
    /// 1, 2, 3, … without gaps; only the first one may stand for several.
    package let number: Int
    package let name: String
    /// One or more statements, run in one transaction. PostgreSQL gets its own words for types and tables.
    package let sql: String
    /// What follows in SQLite alone.
    package let sqlite: String
    /// What follows in PostgreSQL alone.
    package let postgreSQL: String
    /// How many steps a program must know to use a store that has this one: its number, or less if it only adds what older
    /// programs need not know. Then one may go back to them.
    package let minReader: Int
    /// The checksums of the steps that a released store went through instead, up to this one's number.
    package let steps: [String]

    package init(
        number: Int, name: String, sql: String = "", sqlite: String = "", postgreSQL: String = "",
        minReader: Int? = nil,
        steps: [String] = []
    ) {
        self.number = number
        self.name = name
        self.sql = sql
        self.sqlite = sqlite
        self.postgreSQL = postgreSQL
        self.minReader = minReader ?? number
        self.steps = steps
    }

    /// The number of the step before it; 0 if it makes a new store.
    package var before: Int { self.number - self.checksums.count }

    func text(for dialect: SQLDialect) -> String {
        dialect == .sqlite ? "\(self.sql)\n\(self.sqlite)" : "\(SQLText.schema(self.sql))\n\(self.postgreSQL)"
    }

    /// Of each step that this one stands for. They reveal changes to a released step: 64-bit FNV-1a of the SQL, in
    /// hexadecimal.
    var checksums: [String] {
        guard self.steps.isEmpty else { return self.steps }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in (self.sql + self.sqlite).utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return [hash.digits(16, radix: 16)]
    }
}

extension [Migration] {
    /// How many steps a store has that went through all of these.
    package var version: Int { self.map(\.number).max() ?? 0 }

    /// How many of these steps a program must know to use a store that has all of them.
    package var minReader: Int {
        var known = self.version
        while known > 0, self.allSatisfy({ $0.number < known || $0.minReader < known }) { known -= 1 }
        return known
    }
}

/// Marks a store into which another one is being copied: until it is complete, no program opens it.
package enum CopyMark {
    static let number = 0

    package static func set(in connection: any Connection) throws {
        try connection.execute(
            "INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, 'incomplete copy', '')",
            .integer(Int64(Self.number)))
    }

    package static func remove(in connection: any Connection) throws {
        try connection.execute("DELETE FROM schema_migrations WHERE number = $1", .integer(Int64(Self.number)))
    }
}

/// Brings a store's schema up to this program's version.
struct Migrator {
    private static let table = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,
            applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, min_reader INTEGER
        )
        """

    private let migrations: [Migration]
    /// Those of all steps that this program knows.
    private let checksums: [String]
    /// The store's, for messages.
    private let name: String

    init(_ migrations: [Migration], name: String) throws(DatabaseError) {
        self.migrations = migrations.sorted { $0.number < $1.number }
        self.checksums = self.migrations.flatMap(\.checksums)
        self.name = name
        let first = max(self.migrations.first?.steps.count ?? 0, 1)
        guard self.migrations.map(\.number) == (0..<migrations.count).map({ first + $0 }) else {
            throw DatabaseError(
                code: .misuse,
                message: "the migrations are not numbered 1, 2, 3, …: this is a bug in the program, report it")
        }
    }

    /// Applies the missing steps: to a new store all in one transaction, which waits for the disk once and leaves nothing
    /// if it fails; to others each in its own. Another process may be doing the same.
    func run(on connection: any StoreConnection) throws(DatabaseError) {
        let missing = try self.missing(on: connection)
        if missing.isEmpty, !self.migrations.isEmpty { return }
        // Rebuilding a table drops the old one, which must not delete rows that refer to it; checked afterwards.
        let file = connection as? SQLiteConnection
        try file?.control("PRAGMA foreign_keys = OFF")
        let isNew = try connection.transaction { () throws(DatabaseError) in
            // Asks the catalogue anew, unlike a look at it: another process may have just made the table.
            try connection.script(Self.table)
            if try !self.namesReaders(connection) {
                try connection.script("ALTER TABLE schema_migrations ADD COLUMN min_reader INTEGER")
            }
            guard try self.applied(connection) == 0 else { return false }
            var texts = self.migrations.map { $0.text(for: connection.dialect) }
            if file != nil { texts = NewFile.schema(texts) }
            for (migration, text) in zip(self.migrations, texts) {
                try self.naming(migration) { () throws(DatabaseError) in
                    try self.apply(migration, text, on: connection)
                }
            }
            if let last = self.migrations.last {
                try self.naming(last) { () throws(DatabaseError) in try self.checkReferences(connection) }
            }
            return true
        }
        for migration in isNew ? [] : missing {
            // Lock first, then check: of two processes, one applies the step and the other sees that it is done.
            try self.naming(migration) { () throws(DatabaseError) in
                try connection.transaction { () throws(DatabaseError) in
                    guard try self.applied(connection) < migration.number else { return }
                    try self.apply(migration, migration.text(for: connection.dialect), on: connection)
                    try self.checkReferences(connection)
                }
            }
        }
        try file?.control("PRAGMA foreign_keys = ON")
    }

    /// The steps that the store lacks.
    func missing(on connection: any StoreConnection) throws(DatabaseError) -> [Migration] {
        try connection.begin(.read)
        defer { connection.giveUpTransaction() }
        guard try connection.hasTable("schema_migrations") else { return self.migrations }
        let applied = try self.applied(connection)
        return self.migrations.filter { $0.number > applied }
    }

    /// Stores of early releases do not.
    private func namesReaders(_ connection: any StoreConnection) throws(DatabaseError) -> Bool {
        let columns =
            connection.dialect == .sqlite
            ? "pragma_table_info('schema_migrations') WHERE name = 'min_reader'"
            : """
            information_schema.columns WHERE table_schema = current_schema() AND table_name = 'schema_migrations'
            AND column_name = 'min_reader'
            """
        return try connection.first("SELECT 1 FROM \(columns)") != nil
    }

    /// Whether this program may use a store with steps that it does not know.
    private func mayUseNewer(_ connection: any StoreConnection) throws(DatabaseError) -> Bool {
        guard try self.namesReaders(connection) else { return false }
        let needed = try connection.first(
            "SELECT MAX(COALESCE(min_reader, number)) AS needed FROM schema_migrations WHERE number > $1",
            SQLValue(self.checksums.count))
        return try needed?.int("needed") ?? 0 <= self.checksums.count
    }

    /// The number of steps applied to the file, after checking that they are this program's.
    private func applied(_ connection: any StoreConnection) throws(DatabaseError) -> Int {
        let rows = try connection.query("SELECT number, name, checksum FROM schema_migrations ORDER BY number")
        guard try rows.first?.int("number") != CopyMark.number else {
            throw DatabaseError(
                code: .migration,
                message:
                    "the store \(self.name) is an incomplete copy, because copying was interrupted: delete it, and copy again"
            )
        }
        for (index, row) in rows.enumerated() {
            guard index < self.checksums.count else {
                if try self.mayUseNewer(connection) { return rows.count }
                throw DatabaseError(
                    code: .tooNew,
                    message:
                        "the store \(self.name) was written by a newer version (schema \(rows.count), this program "
                        + "knows \(self.checksums.count)): install the newer version, or restore an older backup")
            }
            guard try row.int("number") == index + 1, try row.text("checksum") == self.checksums[index] else {
                throw DatabaseError(
                    code: .migration,
                    message:
                        "step \(index + 1) (\(try row.text("name"))) of the store \(self.name) differs from this "
                        + "program's: it belongs to another build; use that build, or restore a backup")
            }
        }
        if let first = self.migrations.first, !rows.isEmpty, rows.count < first.number {
            throw DatabaseError(
                code: .migration,
                message:
                    "the store \(self.name) has schema \(rows.count), from before the first release, which has "
                    + "\(first.number): start a build of the first release with it once, or restore a newer backup")
        }
        return rows.count
    }

    /// Names the step in errors that are its own.
    private func naming(
        _ migration: Migration, _ body: () throws(DatabaseError) -> Void
    ) throws(DatabaseError) {
        do throws(DatabaseError) {
            try body()
        } catch {
            guard error.code == .misuse || error.code == .constraint || error.code == .unique else { throw error }
            throw DatabaseError(
                code: .migration,
                message:
                    "step \(migration.number) (\(migration.name)) of the store \(self.name) failed and was rolled back: "
                    + "\(error.message)", resultCode: error.resultCode)
        }
    }

    private func apply(
        _ migration: Migration, _ text: String, on connection: any StoreConnection
    ) throws(DatabaseError) {
        try connection.script(text)
        guard connection.isInTransaction else {
            throw DatabaseError(code: .misuse, message: "a migration must not end its transaction")
        }
        let checksums = migration.checksums
        for (number, checksum) in zip((migration.before + 1)..., checksums) {
            try connection.execute(
                "INSERT INTO schema_migrations (number, name, checksum, min_reader) VALUES ($1, $2, $3, $4)",
                SQLValue(number), .text(migration.name), .text(checksum), SQLValue(min(number, migration.minReader)))
        }
    }

    private func checkReferences(_ connection: any StoreConnection) throws(DatabaseError) {
        guard let file = connection as? SQLiteConnection else { return }
        if let row = try file.control("PRAGMA foreign_key_check").first {
            throw DatabaseError(
                code: .constraint, message: "rows of \(row[0].text ?? "a table") refer to missing rows")
        }
    }
}
