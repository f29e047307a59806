/// A connection to a PostgreSQL database. It opens its session when it is needed, and again after it was lost.
final class PostgreSQLConnection: StoreConnection {
    private struct Transaction {
        let access: Access
        /// Whether the server has answered since it began.
        var isAnswered = false
        /// The first error, after which the server refuses every statement.
        var failure: DatabaseError?
        /// Queries whose rows were not waited for yet, in the order in which they were sent.
        var pending: [LaterRows] = []
    }

    let interrupter: Interrupter
    private let settings: PostgreSQLSettings
    /// Statements of every writing transaction, after `BEGIN`.
    private let preamble: [String]
    private let doubts: CommitDoubts
    private let bell: Bell
    private let servers: [[(key: String, value: String)]]
    /// The one of ``servers`` that was used last.
    private var server = 0
    private var link: PostgreSQLLink?
    /// Whether a server has served this database since the store was opened.
    private var hasServed: Bool
    /// The last connection that failed.
    private var refusal: (error: DatabaseError, at: ContinuousClock.Instant)?
    private var transaction: Transaction?
    /// Open savepoints.
    private var parts = 0
    /// Begins to write ``CommitRecord``s.
    var record: CommitRecord?

    /// Between a connection that failed and the next.
    private static let pause = Duration.milliseconds(500)
    /// Between two questions about a commit, at most.
    private static let doubtPause = Duration.milliseconds(250)

    /// - Parameters:
    ///   - preamble: Statements that begin every writing transaction, such as a lock.
    ///   - hasServed: Whether another connection has been used already.
    init(
        _ settings: PostgreSQLSettings, preamble: [String] = [], doubts: CommitDoubts = CommitDoubts(),
        hasServed: Bool = false
    ) {
        self.hasServed = hasServed
        self.settings = settings
        self.servers = settings.servers
        self.preamble = preamble
        self.doubts = doubts
        let bell = Bell()
        self.bell = bell
        self.interrupter = Interrupter { bell.ring() }
    }

    var dialect: SQLDialect { .postgreSQL }
    /// Whether the present session is a pooler's.
    var isPooled: Bool { self.link?.isPooled ?? false }

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
        return try self.noting { () throws(DatabaseError) in
            try link.send(sql, values, isAwaited: true)
            guard let answer = try self.finish(link).last else {
                throw DatabaseError(code: .misuse, message: "no result: report it")
            }
            return answer
        }
    }

    func later(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> LaterRows {
        let link = try self.open()
        try self.noting { () throws(DatabaseError) in try link.send(sql, values, isAwaited: true) }
        let rows = LaterRows { [unowned self] () throws(DatabaseError) in
            let link = try self.open()
            _ = try self.noting { () throws(DatabaseError) in try self.finish(link) }
        }
        self.transaction?.pending.append(rows)
        return rows
    }

    /// Waits for everything that was sent. Returns the results that are awaited, those of ``later(_:_:)`` first.
    @discardableResult
    private func finish(_ link: PostgreSQLLink) throws(DatabaseError) -> [PostgreSQLLink.Answer] {
        let pending = self.transaction?.pending ?? []
        self.transaction?.pending = []
        let answers = try link.finish()
        self.transaction?.isAnswered = true
        for (rows, answer) in zip(pending, answers) { rows.set(answer.rows) }
        return answers
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

    /// Runs a body whose error is that of the transaction.
    private func noting<Value>(_ body: () throws(DatabaseError) -> Value) throws(DatabaseError) -> Value {
        do throws(DatabaseError) {
            return try body()
        } catch {
            throw self.failed(error)
        }
    }

    // MARK: Transactions

    var isInTransaction: Bool { self.transaction.map { $0.failure == nil } ?? false }

    func begin(_ access: Access) throws(DatabaseError) {
        self.bell.silence()
        let link = try self.connected()
        self.transaction = Transaction(access: access)
        switch access {
        case .read: try link.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        case .write:
            try link.begin()
            for statement in self.preamble { try link.send(statement) }
            for (sql, values) in self.record?.next() ?? [] { try link.send(sql, values) }
        }
    }

    /// The session, opened anew if it was lost.
    func connected() throws(DatabaseError) -> PostgreSQLLink {
        if let link, link.isUsable { return link }
        self.link = nil
        // Others that wait behind this one must not each wait for a server that is away.
        if let refusal, ContinuousClock.now - refusal.at < Self.pause { throw refusal.error }
        var failure = DatabaseError.unreachable(self.settings.name, "no server is named")
        for number in self.servers.indices.map({ ($0 + self.server) % self.servers.count }) {
            do throws(DatabaseError) {
                let link = try PostgreSQLLink(
                    self.settings, to: self.servers[number],
                    interrupter: self.interrupter, bell: self.bell.descriptor)
                self.server = number
                self.link = link
                self.hasServed = true
                return link
            } catch {
                guard error.code != .interrupted else { throw error }
                // What a server has answered says more than the silence of another one.
                if failure.code == .unreachable { failure = error }
            }
        }
        // Not a mistake in the configuration: a standby that takes over may be behind and not have the database yet, and
        // whoever changes a password changes it in two places.
        if self.hasServed, failure.code == .cannotOpen {
            failure = DatabaseError(
                code: .unreachable, message: "\(failure.message); everything waits and goes on by itself")
        }
        self.refusal = (failure, .now)
        throw failure
    }

    func commit() throws(DatabaseError) {
        let link = try self.open()
        // All rows are there, and nothing can fail in the end of a read.
        if self.transaction?.access == .read, self.transaction?.pending.isEmpty == true {
            try self.noting { () throws(DatabaseError) in try link.post("COMMIT") }
            self.transaction = nil
            return
        }
        try self.noting { () throws(DatabaseError) in
            // Of a server that is away, no commit is in doubt: the write fails soon.
            if self.transaction?.access == .write, self.transaction?.isAnswered == false {
                try self.finish(link)
            }
            try link.send("COMMIT")
        }
        do throws(DatabaseError) {
            try self.finish(link)
        } catch {
            guard link.isLost, self.transaction?.access == .write, let record = self.record else {
                throw self.failed(error)
            }
            self.transaction = nil
            self.doubts.begin(record.writer)
            defer { self.doubts.end(record.writer) }
            try self.resolve(record, after: error)
        }
        self.transaction = nil
    }

    /// Finds out whether a transaction was committed in whose commit the connection was lost. Returns if it was.
    private func resolve(_ record: CommitRecord, after loss: DatabaseError) throws(DatabaseError) {
        let deadline = self.settings.resolution.map { ContinuousClock.now + $0 }
        var pause = Duration.milliseconds(20)
        while true {
            // Once more when the store closes.
            let isLast = self.doubts.isClosing || deadline.map { $0 <= .now } ?? false
            if let isStored = try? self.isStored(record) {
                if isStored { return }
                throw loss
            }
            guard !isLast else { throw .undecided(self.settings.name) }
            self.doubts.wait(pause)
            pause = min(pause * 2, Self.doubtPause)
        }
    }

    private func isStored(_ record: CommitRecord) throws(DatabaseError) -> Bool {
        let link = try self.connected()
        do throws(DatabaseError) {
            try link.begin()
            try link.send(CommitRecord.claim, record.values, isAwaited: true)
            try link.send("COMMIT")
            guard let row = try link.finish().last?.rows.first else {
                throw DatabaseError(code: .misuse, message: "no result: report it")
            }
            return try !row.bool("is_refused")
        } catch {
            // In an unknown state.
            self.link = nil
            throw error
        }
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
        // What undoes the part must not take the rows of earlier queries with it.
        if self.transaction?.pending.isEmpty == false { _ = try self.answer("SELECT 1", []) }
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
        self.transaction?.pending = []
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
        try self.noting { () throws(DatabaseError) in
            _ = try link.script("SET LOCAL statement_timeout = 0; " + sql, within: .seconds(3_600))
        }
    }

    func hasTable(_ name: String) throws(DatabaseError) -> Bool {
        try self.first("SELECT to_regclass($1) IS NOT NULL AS found", .text(name))?.bool("found") ?? false
    }
}
