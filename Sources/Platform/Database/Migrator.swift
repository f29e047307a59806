/// One step of the schema. There are no steps back, and a released step never changes.
package struct Migration: Sendable {
    /// 1, 2, 3, … without gaps.
    package let number: Int
    package let name: String
    /// One or more statements, run in one transaction.
    package let sql: String
    /// The same for PostgreSQL where its words for types and tables are not all that differs.
    package let postgreSQL: String?
    /// How many steps a program must know to use a store that has this one: its number, or less if it only adds what older
    /// programs need not know. Then one may go back to them.
    package let minReader: Int

    package init(number: Int, name: String, sql: String, postgreSQL: String? = nil, minReader: Int? = nil) {
        self.number = number
        self.name = name
        self.sql = sql
        self.postgreSQL = postgreSQL
        self.minReader = minReader ?? number
    }

    func text(for dialect: SQLDialect) -> String {
        dialect == .sqlite ? self.sql : self.postgreSQL ?? SQLText.schema(self.sql)
    }

    /// Reveals changes to a released step: 64-bit FNV-1a of the SQL, in hexadecimal.
    var checksum: String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in self.sql.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}

extension [Migration] {
    /// How many of these steps a program must know to use a store that has all of them.
    package var minReader: Int {
        var known = self.count
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
    /// The store's, for messages.
    private let name: String

    init(_ migrations: [Migration], name: String) throws(DatabaseError) {
        self.migrations = migrations.sorted { $0.number < $1.number }
        self.name = name
        guard self.migrations.map(\.number) == (0..<migrations.count).map({ $0 + 1 }) else {
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
        let isNew = try self.write(on: connection) { () throws(DatabaseError) in
            // Asks the catalogue anew, unlike a look at it: another process may have just made the table.
            try connection.script(Self.table)
            if try !self.namesReaders(connection) {
                try connection.script("ALTER TABLE schema_migrations ADD COLUMN min_reader INTEGER")
            }
            guard try self.applied(connection) == 0 else { return false }
            for (migration, text) in zip(self.migrations, Self.texts(self.migrations, for: connection.dialect)) {
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
                try self.write(on: connection) { () throws(DatabaseError) in
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
        return Array(self.migrations.dropFirst(try self.applied(connection)))
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
            SQLValue(self.migrations.count))
        return try needed?.int("needed") ?? 0 <= self.migrations.count
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
            guard index < self.migrations.count else {
                if try self.mayUseNewer(connection) { return rows.count }
                throw DatabaseError(
                    code: .tooNew,
                    message:
                        "the store \(self.name) was written by a newer version (schema \(rows.count), this program "
                        + "knows \(self.migrations.count)): install the newer version, or restore an older backup")
            }
            let migration = self.migrations[index]
            guard try row.int("number") == migration.number, try row.text("checksum") == migration.checksum else {
                throw DatabaseError(
                    code: .migration,
                    message:
                        "step \(migration.number) (\(migration.name)) of the store \(self.name) differs from this "
                        + "program's: it belongs to another build; use that build, or restore a backup")
            }
        }
        return rows.count
    }

    private func write<Value>(
        on connection: any StoreConnection, _ body: () throws(DatabaseError) -> Value
    ) throws(DatabaseError) -> Value {
        try connection.begin(.write)
        do throws(DatabaseError) {
            let value = try body()
            try connection.commit()
            return value
        } catch {
            connection.giveUpTransaction()
            throw error
        }
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
        try connection.execute(
            "INSERT INTO schema_migrations (number, name, checksum, min_reader) VALUES ($1, $2, $3, $4)",
            SQLValue(migration.number), .text(migration.name), .text(migration.checksum), SQLValue(migration.minReader))
    }

    private func checkReferences(_ connection: any StoreConnection) throws(DatabaseError) {
        guard let file = connection as? SQLiteConnection else { return }
        if let row = try file.control("PRAGMA foreign_key_check").first {
            throw DatabaseError(
                code: .constraint, message: "rows of \(row[0].text ?? "a table") refer to missing rows")
        }
    }

    /// The steps for a new store. In SQLite, a table has the columns from the beginning that later steps add: for each
    /// `ADD COLUMN`, SQLite reads the whole schema anew, which takes more time than the rest of all steps.
    static func texts(_ migrations: [Migration], for dialect: SQLDialect) -> [String] {
        let texts = migrations.map { $0.text(for: dialect) }
        guard dialect == .sqlite else { return texts }
        // As bytes, because characters take ten times as long.
        var steps = texts.map { text in
            text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Substring.init)
        }
        for step in steps.indices {
            var rest: [Substring] = []
            for line in steps[step] {
                let words = line.hasPrefix("ALTER ") ? line.split(separator: " ", maxSplits: 5) : []
                let isFolded =
                    words.count == 6 && words[3] == "ADD" && words[5].hasSuffix(";")
                    && Self.add(words[5].dropLast(), toTable: words[2], in: &steps, before: step)
                if !isFolded { rest.append(line) }
            }
            steps[step] = rest
        }
        return steps.map { $0.joined(separator: "\n") }
    }

    /// Adds a column behind those of a table as an earlier step makes it. Returns false if no step does in a way that can
    /// be read here.
    private static func add(
        _ definition: Substring, toTable name: Substring, in steps: inout [[Substring]], before step: Int
    ) -> Bool {
        for step in (0..<step).reversed() {
            // A table that was made anew has only what was copied into it.
            guard !steps[step].contains("ALTER TABLE new_\(name) RENAME TO \(name);") else { return false }
            guard let start = steps[step].firstIndex(of: "CREATE TABLE \(name) (") else { continue }
            let constraints = ["PRIMARY KEY (", "UNIQUE (", "FOREIGN KEY (", "CHECK ("]
            for line in steps[step].indices[(start + 1)...] {
                let text = steps[step][line].drop { $0 == " " }
                if text.hasPrefix(")") {
                    steps[step].insert(", \(definition)", at: line)
                } else if constraints.contains(where: text.hasPrefix) {
                    steps[step].insert("    \(definition),", at: line)
                } else {
                    continue
                }
                return true
            }
        }
        return false
    }
}
