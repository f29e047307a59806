internal import CSystem
internal import Glibc

/// A connection to a PostgreSQL database. It opens its session when it is needed, and again after it was lost.
final class PostgreSQLConnection: StoreConnection {
    private struct Transaction {
        let access: Access
        /// The server's number of the transaction, by which its outcome is found if the connection is lost in the commit.
        var id: String?
        /// The first error, after which the server refuses every statement.
        var failure: DatabaseError?
    }

    let interrupter: Interrupter
    private let settings: PostgreSQLSettings
    /// Statements of every writing transaction, after `BEGIN`.
    private let preamble: [String]
    private let bell: Bell
    private var link: PostgreSQLLink?
    /// The last connection that failed.
    private var refusal: (error: DatabaseError, at: ContinuousClock.Instant)?
    private var transaction: Transaction?
    /// Open savepoints.
    private var parts = 0

    /// Between a connection that failed and the next.
    private static let pause = Duration.milliseconds(500)
    private static let idStatement = "SELECT CAST(pg_current_xact_id() AS text) AS id"

    /// - Parameter preamble: Statements that begin every writing transaction, such as a lock.
    init(_ settings: PostgreSQLSettings, preamble: [String] = []) {
        self.settings = settings
        self.preamble = preamble
        let bell = Bell()
        self.bell = bell
        self.interrupter = Interrupter { bell.ring() }
    }

    var dialect: SQLDialect { .postgreSQL }

    // MARK: Statements

    func execute(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) {
        try self.open().send(sql, values)
    }

    func rowsChanged(by sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Int {
        try self.answer(sql, values).changed
    }

    func query(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> [Row] {
        try self.answer(sql, values).rows
    }

    func first(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Row? {
        try self.answer(sql, values).rows.first
    }

    private func answer(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> PostgreSQLLink.Answer {
        let link = try self.open()
        do throws(DatabaseError) {
            let asksID = self.transaction?.access == .write && self.transaction?.id == nil
            if asksID { try link.send(Self.idStatement, isAwaited: true) }
            try link.send(sql, values, isAwaited: true)
            let answers = try link.finish()
            if asksID { self.transaction?.id = answers.first?.rows.first?[0].text }
            guard let answer = answers.last else { throw DatabaseError(code: .misuse, message: "no result: report it") }
            return answer
        } catch {
            throw self.failed(error)
        }
    }

    private func open() throws(DatabaseError) -> PostgreSQLLink {
        guard let transaction = self.transaction, let link = self.link else {
            throw DatabaseError(code: .misuse, message: "a statement outside of a read or write: report it")
        }
        if let failure = transaction.failure { throw failure }
        return link
    }

    private func failed(_ error: DatabaseError) -> DatabaseError {
        if self.transaction?.failure == nil { self.transaction?.failure = error }
        return self.transaction?.failure ?? error
    }

    // MARK: Transactions

    var isInTransaction: Bool { self.transaction.map { $0.failure == nil } ?? false }

    func begin(_ access: Access) throws(DatabaseError) {
        self.bell.silence()
        let link = try self.connected()
        self.transaction = Transaction(access: access, id: nil, failure: nil)
        switch access {
        case .read: try link.send("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        case .write:
            try link.send("BEGIN")
            for statement in self.preamble { try link.send(statement) }
        }
    }

    private func connected() throws(DatabaseError) -> PostgreSQLLink {
        if let link, link.isUsable { return link }
        self.link = nil
        // Others that wait behind this one must not each wait for a server that is away.
        if let refusal, ContinuousClock.now - refusal.at < Self.pause { throw refusal.error }
        do throws(DatabaseError) {
            let link = try PostgreSQLLink(self.settings, interrupter: self.interrupter, bell: self.bell.descriptor)
            self.link = link
            return link
        } catch {
            self.refusal = (error, .now)
            throw error
        }
    }

    func commit() throws(DatabaseError) {
        let link = try self.open()
        do throws(DatabaseError) {
            // The number is known before the outcome can be lost.
            if self.transaction?.access == .write, self.transaction?.id == nil { _ = try self.answer("SELECT 1", []) }
            try link.send("COMMIT")
        } catch {
            throw self.failed(error)
        }
        let id = self.transaction?.id
        do throws(DatabaseError) {
            try link.finish()
        } catch {
            guard error.code == .unreachable, let id else { throw self.failed(error) }
            try self.resolve(id, after: error)
        }
        self.transaction = nil
    }

    /// Finds out whether a transaction was committed in whose commit the connection was lost. Returns if it was.
    private func resolve(_ id: String, after loss: DatabaseError) throws(DatabaseError) {
        let deadline = ContinuousClock.now + self.settings.resolution
        var last = loss
        repeat {
            do throws(DatabaseError) {
                let link = try self.connected()
                try link.send("SELECT pg_xact_status(CAST($1 AS xid8))", [.text(id)], isAwaited: true)
                switch try link.finish().first?.rows.first?[0].text {
                case "committed": return
                case "aborted":
                    self.transaction = nil
                    throw loss
                // The server has not noticed yet that the connection is lost.
                default: usleep(20_000)
                }
            } catch {
                guard self.transaction != nil else { throw error }
                last = error
                usleep(50_000)
            }
        } while ContinuousClock.now < deadline
        self.transaction = nil
        throw DatabaseError(
            code: .inputOutput,
            message:
                "the connection to the database \(self.settings.name) was lost in a commit, and whether it was stored "
                + "cannot be found out (\(last.message))")
    }

    func giveUpTransaction() {
        guard self.transaction != nil else { return }
        self.transaction = nil
        self.parts = 0
        self.bell.silence()
        guard let link = self.link, !link.isBroken else {
            self.link = nil
            return
        }
        do throws(DatabaseError) {
            // What was sent may contain an error, after which the rollback would not be run.
            _ = try? link.finish()
            try link.send("ROLLBACK")
            try link.finish()
        } catch {
            self.link = nil
        }
    }

    func beginPart() throws(DatabaseError) {
        try self.open().send("SAVEPOINT part\(self.parts + 1)")
        self.parts += 1
    }

    func endPart() throws(DatabaseError) {
        // Waits: an error in this part must not end the others.
        _ = try self.answer("RELEASE part\(self.parts)", [])
        self.parts -= 1
    }

    func undoPart() {
        let name = "part\(self.parts)"
        self.parts -= 1
        guard self.transaction != nil, let link = self.link, !link.isBroken else { return }
        do throws(DatabaseError) {
            _ = try? link.finish()
            try link.send("ROLLBACK TO \(name)")
            try link.send("RELEASE \(name)")
            try link.finish()
            self.transaction?.failure = nil
        } catch {
            // It was never set, because a statement before it failed: the whole transaction has.
            _ = self.failed(error)
        }
    }

    // MARK: Schema

    func script(_ sql: String) throws(DatabaseError) {
        let link = try self.open()
        do throws(DatabaseError) {
            try link.script("SET LOCAL statement_timeout = 0; " + sql, within: .seconds(3_600))
        } catch {
            throw self.failed(error)
        }
    }

    func hasTable(_ name: String) throws(DatabaseError) -> Bool {
        try self.first("SELECT to_regclass($1) IS NOT NULL AS found", .text(name))?.bool("found") ?? false
    }
}

/// Wakes a thread that waits for a server.
private final class Bell: Sendable {
    let descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))

    deinit { close(self.descriptor) }

    func ring() {
        var one: UInt64 = 1
        _ = unsafe write(self.descriptor, &one, 8)
    }

    func silence() {
        var count: UInt64 = 0
        _ = unsafe read(self.descriptor, &count, 8)
    }
}
