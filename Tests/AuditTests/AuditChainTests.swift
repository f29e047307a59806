import Crypto
import Database
import Glibc
import JSON
import Logging
import Primitives
import TestSupport
import Testing

@testable import Audit

@Suite("Audit", .timeLimit(.minutes(1)))
struct AuditChainTests {
    @Test("rows are numbered without gaps and contain the hash of the row before")
    func chain() async throws {
        let audit = try await AuditFixture()
        try await audit.fill(3)
        let rows = try await audit.log.reader.page(after: nil, limit: 10).rows
        expectEqual(rows.map(\.number), [3, 2, 1])
        expectEqual(rows.map(\.previous), [rows[1].hash, rows[2].hash, String(repeating: "0", count: 64)])
        let verdict = try await audit.verify()
        expectEqual(verdict.problem, nil)
        expectEqual(verdict.rows, 3)
        expectEqual(verdict.last, 3)
        expectEqual(verdict.hash, rows[0].hash)
    }

    @Test("a hash can be computed from an exported row by RFC 8785 and SHA-256 alone")
    func recipe() async throws {
        let audit = try await AuditFixture()
        try await audit.log.record(AuditFixture.entry("printf 'ü\\n' \u{1}"), at: 1_700_000_000_123)
        var lines: [JSON] = []
        try await audit.log.reader.export { lines.append($0.json) }
        var line = try #require(lines.first?.objectValue)
        let hash = line["hash"]?.stringValue
        let previous = line["previous"]?.stringValue ?? ""
        line["hash"] = nil
        line["previous"] = nil
        expectEqual(line["at"], "2023-11-14T22:13:20.123Z")
        expectEqual(hex(sha256(previous + JSON.object(line).canonicalText)), hash)
    }

    @Test("pages are newest first and end with no cursor")
    func pages() async throws {
        let audit = try await AuditFixture()
        try await audit.fill(5)
        let reader = audit.log.reader
        let first = try await reader.page(after: nil, limit: 2)
        expectEqual(first.rows.map(\.number), [5, 4])
        let second = try await reader.page(after: first.next, limit: 2)
        expectEqual(second.rows.map(\.number), [3, 2])
        let third = try await reader.page(after: second.next, limit: 2)
        expectEqual(third.rows.map(\.number), [1])
        expectEqual(third.next, nil)
    }

    @Test("the export is oldest first and longer than one batch")
    func export() async throws {
        let audit = try await AuditFixture()
        let chain = audit.log.chain
        try await audit.database.write { connection in
            for number in 1...1_203 {
                try chain.append(AuditFixture.entry(), at: Int64(number), in: connection)
            }
        }
        var numbers: [Int64] = []
        try await audit.log.reader.export { numbers.append($0.number) }
        expectEqual(numbers, Array(1...1_203))
        try await expectEqual(audit.verify().rows, 1_203)
    }

    @Test("an entry is part of its caller's transaction")
    func transaction() async throws {
        struct Failure: Error {}
        let audit = try await AuditFixture()
        let chain = audit.log.chain
        await #expect(throws: Failure.self) {
            try await audit.database.write { connection in
                try chain.append(AuditFixture.entry(), at: 1, in: connection)
                throw Failure()
            }
        }
        #expect(try await audit.log.reader.page(after: nil, limit: 1).rows.isEmpty)
        try await expectEqual(audit.log.record(AuditFixture.entry(), at: 2).number, 1)
        try await expectEqual(audit.verify().problem, nil)
    }

    @Test("no secret is stored, in whatever column or form it comes")
    func secrets() async throws {
        let audit = try await AuditFixture()
        let secret = Secret("correct horse \"battery\" staple")
        Redaction.register(secret)
        defer { Redaction.unregister(secret) }
        let plain = secret.reveal()
        let planted = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
        try await audit.log.record(
            AuditEntry(
                kind: .commandStarted, session: plain, turn: planted, actor: "irc:\(plain)",
                details: [
                    "command": .string("curl -H 'Authorization: Bearer \(planted)' https://example.org/?k=\(plain)"),
                    "password": "open sesame",
                    "files": [["path": .string("notes \(planted)")], .string(plain)],
                    "nested": .object([plain: 1]),
                ]), at: 1)
        var text = ""
        try await audit.log.reader.export { text += $0.json.text }
        for part in [planted, "correct horse", "battery", "staple", "open sesame"] { #expect(!text.contains(part)) }
        #expect(text.contains("<redacted>"))
        try await expectEqual(audit.verify().problem, nil)
    }

    @Test("digests, hashes and times are no secrets")
    func harmless() async throws {
        let audit = try await AuditFixture()
        let details: JSON = [
            "sha": .string(String(repeating: "0123456789abcdef", count: 4)), "at": "2026-11-21T16:00:00.000Z",
            "hash": .string(hex(sha256("x"))), "through": 17, "digest": .string(hex(sha256("y"))), "seconds": 1.25,
        ]
        let row = try await audit.log.record(
            AuditEntry(kind: .commit, session: nil, turn: nil, actor: "web:k1", details: details), at: 1)
        expectEqual(row.json["details"], details)
    }

    @Test(
        "changing and deleting rows is refused",
        arguments: [
            "UPDATE audit SET actor = 'nobody' WHERE number = 2", "DELETE FROM audit WHERE number = 2",
            "DELETE FROM audit", "DELETE FROM audit_head", "UPDATE audit_head SET last = 1",
            "INSERT INTO audit SELECT 9, at, kind, session, turn, actor, details, previous, hash FROM audit WHERE number = 1",
        ] + (TestDatabase.isPostgreSQL ? [] : ["INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE number = 2"]))
    func appendOnly(statement: String) async throws {
        let audit = try await AuditFixture()
        try await audit.fill(3)
        let error = await #expect(throws: DatabaseError.self) {
            try await audit.database.write { try $0.execute(statement) }
        }
        expectEqual(error?.code, .constraint)
        try await expectEqual(audit.verify().problem, nil)
    }

    @Test("two programs that append at once, alone and with other writes, keep one chain")
    func twoPrograms() async throws {
        let audit = try await AuditFixture()
        let path = audit.directory.path
        let database = try TestDatabase.open(path: "\(path)/store.sqlite", migrations: AuditFixture.migrations)
        let other = try await AuditLog.open(database, keyIn: path)
        let count = 40
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                for (log, database) in [(audit.log, audit.database), (other, database)] {
                    group.addTask { _ = try await log.record(AuditFixture.entry("a"), at: Int64(number)) }
                    group.addTask {
                        _ = try await database.write(key: "place \(number % 5)") { connection in
                            try log.chain.append(AuditFixture.entry("b"), at: Int64(number), in: connection)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let verdict = try await audit.verify()
        #expect(verdict.problem == nil && verdict.rows == 4 * count && verdict.last == Int64(4 * count))
        await database.close()
    }

    @Test("a full disk refuses the record, and what is stored stays in order")
    func fullDisk() async throws {
        let disk = try await SmallDisk(megabytes: 1)
        do {
            try await self.fillUp(disk)
        } catch {
            await disk.remove()
            throw error
        }
        await disk.remove()
    }

    private func fillUp(_ disk: SmallDisk) async throws {
        let database = try Database(path: disk.path + "/store.sqlite", migrations: AuditFixture.migrations)
        let log = try await AuditLog.open(database, keyIn: disk.path)
        let long = String(repeating: "x", count: 4_000)
        var stored: Int64 = 0
        let error = await #expect(throws: DatabaseError.self) {
            for number in 1...Int64(1_000) {
                try await log.record(AuditFixture.entry(long), at: number)
                stored = number
            }
        }
        expectEqual(error?.code, .full)
        #expect(stored > 10)
        let verdict = try await log.reader.verify(keyIn: disk.path)
        expectEqual(verdict.problem, nil)
        expectEqual(verdict.last, stored)
        await database.close()
    }
}
