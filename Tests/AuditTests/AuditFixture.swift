import Database
import JSON
import TestSupport

@testable import Audit

/// An audit in a directory of its own.
final class AuditFixture: Sendable {
    let directory: TemporaryDirectory
    let database: Database
    let log: AuditLog

    static let migrations = [
        Migration(number: 1, name: "audit", sqlite: AuditSchema.sqlite, postgreSQL: AuditSchema.postgreSQL)
    ]

    init() async throws {
        self.directory = try TemporaryDirectory()
        self.database = try TestDatabase.open(path: self.directory.path + "/store.sqlite", migrations: Self.migrations)
        self.log = try await AuditLog.open(self.database, keyIn: self.directory.path)
    }

    static func entry(_ command: String = "make test") -> AuditEntry {
        AuditEntry(
            kind: .commandStarted, session: "s1", turn: "t1", actor: "irc:local/alice",
            details: ["command": .string(command), "directory": "/workspace"])
    }

    /// Rows 1 to `count`, recorded at the milliseconds 1,000, 2,000, …
    func fill(_ count: Int) async throws {
        for number in 1...count {
            try await self.log.record(Self.entry("command \(number)"), at: Int64(number) * 1_000)
        }
    }

    func verify() async throws -> AuditVerdict {
        try await self.log.reader.verify(keyIn: self.directory.path)
    }

    /// Changes the tables as somebody would who can write the store and knows its triggers.
    func tamper(_ statements: String...) async throws {
        try await self.database.write { connection in
            let triggers =
                switch connection.dialect {
                case .sqlite: "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
                case .postgreSQL:
                    "SELECT tgname || ' ON ' || tgrelid::regclass AS name FROM pg_trigger WHERE NOT tgisinternal"
                }
            for trigger in try connection.query(triggers) {
                try connection.execute("DROP TRIGGER \(try trigger.text("name"))")
            }
            for statement in statements { try connection.execute(statement) }
        }
    }

    /// Gives row `number` the hash that fits its present content and predecessor.
    func rehash(_ number: Int64) async throws {
        try await self.database.write { connection in
            let before = try connection.first("SELECT hash FROM audit WHERE number = $1", .integer(number - 1))
            let row = try connection.first("SELECT * FROM audit WHERE number = $1", .integer(number))
            guard let before, let row else { return }
            let previous = try before.text("hash")
            let entry = AuditEntry(
                kind: .commandStarted, session: row["session"].text, turn: row["turn"].text,
                actor: try row.text("actor"), details: try JSON.parse(Array(try row.text("details").utf8)))
            let forged = AuditRow(entry, number: number, at: try row.int64("at"), previous: previous)
            try connection.execute(
                "UPDATE audit SET previous = $1, hash = $2 WHERE number = $3", .text(previous), .text(forged.hash),
                .integer(number))
        }
    }
}
