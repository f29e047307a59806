import Database
import Glibc
import JSON
import Logging
import TestSupport
import Testing

@testable import Audit

@Suite("Audit tampering", .timeLimit(.minutes(1)))
struct AuditTamperingTests {
    private func problem(_ statements: String..., rows: Int = 6) async throws -> AuditProblem? {
        let audit = try await AuditFixture()
        try await audit.fill(rows)
        for statement in statements { try await audit.tamper(statement) }
        return try await audit.verify().problem
    }

    private func expect(
        _ problem: AuditProblem?, _ kind: AuditProblem.Kind, row: Int64?,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        expectEqual(problem?.kind, kind, sourceLocation: sourceLocation)
        expectEqual(problem?.row, row, sourceLocation: sourceLocation)
        expectEqual(problem?.message.contains("\n"), false, sourceLocation: sourceLocation)
    }

    @Test(
        "any altered column is found",
        arguments: [
            "at = at + 1", "kind = 'command.ended'", "session = 's2'", "session = NULL", "turn = 't2'",
            "actor = 'irc:local/bob'", "details = '{}'", "details = details || ' '", "previous = hash",
            "hash = previous",
        ])
    func altered(change: String) async throws {
        self.expect(try await self.problem("UPDATE audit SET \(change) WHERE number = 3"), .altered, row: 3)
    }

    @Test("a row that was altered and hashed anew is found by its successor")
    func rehashed() async throws {
        let audit = try await AuditFixture()
        try await audit.fill(6)
        try await audit.tamper("UPDATE audit SET actor = 'irc:local/bob' WHERE number = 3")
        try await audit.rehash(3)
        self.expect(try await audit.verify().problem, .altered, row: 3)
    }

    @Test("a chain that was hashed anew to its end does not fit the head record")
    func rehashedToTheEnd() async throws {
        let audit = try await AuditFixture()
        try await audit.fill(6)
        try await audit.tamper("UPDATE audit SET actor = 'irc:local/bob' WHERE number = 3")
        for number in Int64(3)...6 { try await audit.rehash(number) }
        self.expect(try await audit.verify().problem, .altered, row: 6)
        // The head can be changed too, but not signed.
        try await audit.tamper("UPDATE audit_head SET hash = (SELECT hash FROM audit WHERE number = 6)")
        self.expect(try await audit.verify().problem, .head, row: nil)
    }

    @Test("removed rows are found, also when the others are renumbered")
    func removed() async throws {
        self.expect(try await self.problem("DELETE FROM audit WHERE number = 3"), .removed, row: 3)
        self.expect(try await self.problem("DELETE FROM audit WHERE number IN (3, 4)"), .removed, row: 3)
        self.expect(try await self.problem("DELETE FROM audit WHERE number = 1"), .removed, row: 1)
        self.expect(
            try await self.problem(
                "DELETE FROM audit WHERE number = 3", "UPDATE audit SET number = number - 1 WHERE number > 3"),
            .removed, row: 3)
    }

    @Test("swapped rows are found")
    func swapped() async throws {
        for (first, second) in [(2, 3), (2, 5), (1, 6)] {
            let problem = try await self.problem(
                "UPDATE audit SET number = 100 WHERE number = \(first)",
                "UPDATE audit SET number = \(first) WHERE number = \(second)",
                "UPDATE audit SET number = \(second) WHERE number = 100")
            self.expect(problem, .swapped, row: Int64(first))
            expectEqual(problem?.message.contains("rows \(first) and \(second)"), true)
        }
    }

    @Test("an inserted row is found, with and without a fitting hash")
    func inserted() async throws {
        let audit = try await AuditFixture()
        try await audit.fill(6)
        try await audit.tamper(
            "UPDATE audit SET number = -number - 1 WHERE number > 3",
            "UPDATE audit SET number = -number WHERE number < 0",
            """
            INSERT INTO audit SELECT 4, at, kind, session, turn, 'irc:local/bob', details, previous, hash
            FROM audit WHERE number = 3
            """)
        self.expect(try await audit.verify().problem, .inserted, row: 4)
        try await audit.rehash(4)
        self.expect(try await audit.verify().problem, .inserted, row: 4)
    }

    @Test("a row added at the end without the key is found")
    func added() async throws {
        let audit = try await AuditFixture()
        try await audit.fill(2)
        try await audit.tamper(
            """
            INSERT INTO audit SELECT 3, at, kind, session, turn, actor, details, previous, hash
            FROM audit WHERE number = 2
            """)
        try await audit.rehash(3)
        self.expect(try await audit.verify().problem, .inserted, row: 3)
    }

    @Test(
        "absurd numbers in the head record and in rows are reported as one problem",
        arguments: [
            "UPDATE audit_head SET base = #", "UPDATE audit_head SET last = #",
            "UPDATE audit_head SET base = #, last = #", "UPDATE audit_head SET base = #; DELETE FROM audit",
            "UPDATE audit_head SET last = #; DELETE FROM audit", "DELETE FROM audit_head; UPDATE audit SET number = #",
            "UPDATE audit SET number = # WHERE number = 1", "UPDATE audit SET number = # WHERE number = 2",
            "UPDATE audit_head SET base = # - 1, last = #; UPDATE audit SET number = # WHERE number = 2",
            "UPDATE audit SET at = # WHERE number = 2",
        ])
    func absurdNumbers(_ change: String) async throws {
        for number in [Int64.min, -1, 0, 1, .max] where number > 0 || !change.contains("# - 1") {
            let audit = try await AuditFixture()
            try await audit.fill(2)
            if change.contains("DELETE FROM audit_head") {
                try await audit.tamper("DELETE FROM audit WHERE number = 2")
            }
            let statements = change.replacing("#", with: "\(number)").split(separator: ";").map(String.init)
            do {
                for statement in statements { try await audit.tamper(statement) }
            } catch is DatabaseError {
                // Two rows with one number.
                continue
            }
            let verdict = try await audit.verify()
            let isAsBefore =
                change == "UPDATE audit_head SET base = #" && number == 0
                || change.hasSuffix("number = 1") && number == 1
            expectEqual(verdict.problem == nil, isAsBefore, "\(change) \(number): \(verdict)")
            #expect(verdict.problem?.message.contains("\n") != true)
            // What is not in order is not continued, nor expired.
            if verdict.problem?.kind == .head {
                await #expect(throws: AuditError.self) { try await audit.log.record(AuditFixture.entry(), at: 1) }
            }
            _ = try? await audit.log.prune(before: .max, at: .max)
        }
    }

    @Test(
        "a signed head with an absurd number, as in a foreign backup, is not continued", arguments: ExtremeNumbers.all)
    func signed(_ number: Int64) async throws {
        let audit = try await AuditFixture()
        let key = audit.log.chain.key
        for head in [
            AuditHead(base: 0, baseHash: AuditRow.noHash, last: number, hash: AuditRow.noHash, signature: ""),
            AuditHead(base: number, baseHash: AuditRow.noHash, last: number, hash: AuditRow.noHash, signature: ""),
        ] {
            try await audit.tamper("DELETE FROM audit")
            try await audit.database.write { try head.signed(with: key).store(in: $0) }
            _ = try? await audit.log.record(AuditFixture.entry(), at: number)
            _ = try? await audit.database.write {
                try audit.log.chain.beginAnew(fromBackup: "2026-01-01T00:00:00Z", at: number, in: $0)
            }
            _ = try await audit.verify()
            _ = try? await audit.log.prune(before: number, at: number)
        }
    }

    @Test("rows missing at the end are found")
    func tail() async throws {
        self.expect(try await self.problem("DELETE FROM audit WHERE number = 6"), .tail, row: 6)
        self.expect(try await self.problem("DELETE FROM audit WHERE number > 2"), .tail, row: 3)
        self.expect(try await self.problem("DELETE FROM audit"), .tail, row: 1)
        // With the head record brought in line, its signature is wrong.
        self.expect(
            try await self.problem(
                "DELETE FROM audit WHERE number = 6",
                "UPDATE audit_head SET last = 5, hash = (SELECT hash FROM audit WHERE number = 5)"),
            .head, row: nil)
        self.expect(
            try await self.problem(
                "DELETE FROM audit WHERE number < 3",
                "UPDATE audit_head SET base = 2, base_hash = (SELECT previous FROM audit WHERE number = 3)"),
            .head, row: nil)
        self.expect(
            try await self.problem("DELETE FROM audit", "DELETE FROM audit_head"), .head, row: nil)
    }

    @Test("an audit emptied as if it were new is found by its key")
    func emptied() async throws {
        let zeros = String(repeating: "0", count: 64)
        self.expect(
            try await self.problem(
                "DELETE FROM audit",
                "UPDATE audit_head SET last = 0, hash = '\(zeros)', signature = ''"),
            .head, row: nil)
    }

    @Test("nothing is recorded on top of a changed head")
    func noLaundering() async throws {
        let audit = try await AuditFixture()
        try await audit.fill(3)
        try await audit.tamper(
            "DELETE FROM audit WHERE number = 3",
            "UPDATE audit_head SET last = 2, hash = (SELECT hash FROM audit WHERE number = 2)")
        await #expect(throws: AuditError.self) { try await audit.log.record(AuditFixture.entry(), at: 9) }
        self.expect(try await audit.verify().problem, .head, row: nil)
    }

    @Test("a missing key is reported, and no new one is made for existing rows")
    func keyGone() async throws {
        let audit = try await AuditFixture()
        try await audit.fill(2)
        let path = audit.directory.path + "/audit.key"
        var status = stat()
        expectEqual(stat(path, &status), 0)
        expectEqual(status.st_mode & 0o777, 0o600)
        unlink(path)
        self.expect(try await audit.verify().problem, .key, row: nil)
        await #expect(throws: AuditError.self) {
            try await AuditLog.check(audit.database, keyIn: audit.directory.path)
        }
        await #expect(throws: AuditError.self) {
            try await AuditLog.open(audit.database, keyIn: audit.directory.path)
        }
    }

    @Test("a key whose first head was stored before a crash takes effect at the next start")
    func draftKey() async throws {
        let audit = try await AuditFixture()
        let path = audit.directory.path + "/audit.key"
        expectEqual(rename(path, path + ".new"), 0)
        try await AuditLog.check(audit.database, keyIn: audit.directory.path)
        #expect(access(path, F_OK) != 0)
        let log = try await AuditLog.open(audit.database, keyIn: audit.directory.path)
        try await log.record(AuditFixture.entry(), at: 1)
        try await expectEqual(audit.verify().problem, nil)
        // And one whose head was not stored is replaced.
        let other = try TemporaryDirectory()
        let database = try TestDatabase.open(path: other.path + "/store.sqlite", migrations: AuditFixture.migrations)
        expectEqual(rename(path, other.path + "/audit.key.new"), 0)
        let fresh = try await AuditLog.open(database, keyIn: other.path)
        try await fresh.record(AuditFixture.entry(), at: 1)
        try await expectEqual(fresh.reader.verify(keyIn: other.path).problem, nil)
    }

    @Test("an audit that never recorded anything is in order")
    func unused() async throws {
        let directory = try TemporaryDirectory()
        let database = try TestDatabase.open(
            path: directory.path + "/store.sqlite", migrations: AuditFixture.migrations)
        let verdict = try await AuditReader(database).verify(keyIn: directory.path)
        expectEqual(verdict.problem, nil)
        try await AuditLog.check(database, keyIn: directory.path)
        expectEqual(verdict.rows, 0)
    }

    @Test("after retention the rest verifies, and further removal is found")
    func retention() async throws {
        let audit = try await AuditFixture()
        try await audit.fill(10)
        try await expectEqual(audit.log.prune(before: 6_000, at: 11_000), 5)
        let verdict = try await audit.verify()
        expectEqual(verdict.problem, nil)
        expectEqual(verdict.rows, 6)
        expectEqual(verdict.pruned, 5)
        let newest = try await audit.log.reader.page(after: nil, limit: 1).rows.first
        expectEqual(newest?.kind, "audit.pruned")
        expectEqual(newest?.json["details"]?["through"], 5)
        try await expectEqual(audit.log.prune(before: 6_000, at: 12_000), 0)
        try await audit.tamper("DELETE FROM audit WHERE number = 6")
        self.expect(try await audit.verify().problem, .removed, row: 6)
    }

    @Test("retention of everything leaves its own rows and removes batch by batch")
    func retentionOfAll() async throws {
        let audit = try await AuditFixture()
        let chain = audit.log.chain
        try await audit.database.write { connection in
            for number in 1...1_100 { try chain.append(AuditFixture.entry(), at: Int64(number), in: connection) }
        }
        try await expectEqual(audit.log.prune(before: 5_000, at: 6_000), 1_100)
        let verdict = try await audit.verify()
        expectEqual(verdict.problem, nil)
        expectEqual(verdict.pruned, 1_100)
    }

    @Test("an earlier head that is put back with its signature is found, also when more rows are recorded on it")
    func earlierHead() async throws {
        let audit = try await AuditFixture()
        let witness = AuditWitness(audit.log, logger: Logger(label: "test"))
        try await audit.fill(3)
        await witness.look()
        try await audit.tamper("CREATE TABLE saved AS SELECT * FROM audit_head")
        try await audit.fill(3)
        await witness.look()
        expectEqual(try await audit.verify().problem, nil)
        try await audit.tamper(
            "DELETE FROM audit WHERE number > 3",
            """
            UPDATE audit_head SET base = (SELECT base FROM saved), base_hash = (SELECT base_hash FROM saved),
            last = (SELECT last FROM saved), hash = (SELECT hash FROM saved), signature = (SELECT signature FROM saved)
            """)
        // The host looks, and records on.
        await witness.look()
        let problem = try await audit.verify().problem
        self.expect(problem, .tail, row: 4)
        #expect(problem?.message.hasPrefix("audit rows 4 to 6 are missing at the end: audit.head") == true)
        for number in 1...5 {
            try await audit.log.record(AuditFixture.entry("other \(number)"), at: Int64(number) * 1_000)
        }
        await witness.look()
        self.expect(try await audit.verify().problem, .tail, row: 6)
        // Whoever did it knowingly says so.
        unlink("\(audit.directory.path)/audit.head")
        expectEqual(try await audit.verify().problem, nil)
    }

    @Test("the copied head follows new rows and retention; one that another key has signed does not count")
    func copiedHead() async throws {
        let audit = try await AuditFixture()
        let witness = AuditWitness(audit.log, logger: Logger(label: "test"))
        let running = Task { try await witness.run() }
        try await audit.fill(6)
        func kept() -> Int64? { AuditHead.kept(in: audit.directory.path, signedWith: audit.log.chain.key)?.last }
        try await eventually("the head is copied") { kept() == 6 }
        try await expectEqual(audit.log.prune(before: 6_000, at: 7_000), 5)
        expectEqual(try await audit.verify().problem, nil)
        await witness.stop()
        try await running.value
        expectEqual(kept(), 7)
        expectEqual(try await audit.verify().problem, nil)
        let other = try await AuditFixture()
        try await other.fill(9)
        await AuditWitness(other.log, logger: Logger(label: "test")).look()
        let theirs = try #require(AuditHead.kept(in: other.directory.path, signedWith: other.log.chain.key))
        try theirs.keep(in: audit.directory.path)
        expectEqual(kept(), nil)
        expectEqual(try await audit.verify().problem, nil)
    }
}
