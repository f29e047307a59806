internal import CSQLite
internal import Synchronization

/// A connection to the store, owned by one thread. Bodies of `write` and `read` may use it until they return.
///
/// Statements are compiled once and cached. Parameters are `$1`, `$2`, … as in PostgreSQL, or `?`.
@safe package final class Connection {
    enum Role: Sendable { case writer, reader }

    /// Interrupts a connection's work; may be called on any thread while the connection is open.
    @safe struct Interrupter: @unchecked Sendable {  // @unchecked: sqlite3_interrupt is legal on any thread
        fileprivate let handle: OpaquePointer
        fileprivate let flag: Flag

        func interrupt() {
            self.flag.isSet.store(true, ordering: .releasing)
            unsafe sqlite3_interrupt(self.handle)
        }

        fileprivate var isSet: Bool { self.flag.isSet.load(ordering: .acquiring) }

        /// Called before the next piece of work.
        func clear() { self.flag.isSet.store(false, ordering: .releasing) }
    }

    /// Filled by SQLite's hook; the connection retains it as long as the hook is installed.
    private final class Log {
        var pages = 0
    }

    fileprivate final class Flag: Sendable {
        let isSet = Atomic(false)
    }

    /// The cache is emptied at this size, so that statements that never repeat do not accumulate.
    private static let statementLimit = 128
    /// Instructions of SQLite's virtual machine, which runs tens of millions per second.
    private static let stepsBetweenChecks: Int32 = 10_000
    /// Commands that the group commit relies on, or that belong in settings and migrations.
    private static let reservedWords: Set<String> = [
        "BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "ATTACH", "DETACH", "VACUUM", "PRAGMA",
    ]

    let interrupter: Interrupter
    private let role: Role
    private let path: String
    private let handle: OpaquePointer
    private var statements: [String: Statement] = [:]
    private var savepointDepth = 0
    private let log = Log()

    /// Opens an existing file.
    init(path: String, role: Role, busyTimeout: Duration) throws(DatabaseError) {
        var opened: OpaquePointer?
        // NOMUTEX: a connection never leaves its thread. SQLite would read a name that begins with `file:` as a URI.
        let name = path.hasPrefix("file:") ? "./" + path : path
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let status = unsafe sqlite3_open_v2(name, &opened, flags, nil)
        guard status == SQLITE_OK, let handle = unsafe opened else {
            let error = unsafe Self.error(status, opened, path: path, role: role)
            unsafe sqlite3_close_v2(opened)
            throw error
        }
        unsafe self.handle = unsafe handle
        self.interrupter = unsafe Interrupter(handle: handle, flag: Flag())
        self.role = role
        self.path = path
        let (seconds, attoseconds) = busyTimeout.components
        unsafe sqlite3_busy_timeout(handle, Int32(clamping: seconds * 1_000 + attoseconds / 1_000_000_000_000_000))
        unsafe csqlite_make_defensive(handle)
        self.watchForInterrupts()
    }

    deinit {
        self.statements = [:]
        unsafe sqlite3_close_v2(self.handle)
    }

    /// Runs a statement for its effect; returns the number of rows changed.
    @discardableResult
    package func execute(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Int {
        try self.run(sql, values) { statement throws(DatabaseError) in while try self.step(statement) {} }
        return self.changes
    }

    @discardableResult
    package func execute(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> Int {
        try self.execute(sql, values)
    }

    /// Returns all rows of the result.
    package func query(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> [Row] {
        try self.run(sql, values, self.rows)
    }

    package func query(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> [Row] {
        try self.query(sql, values)
    }

    /// Returns the first row, or nil if there is none.
    package func first(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Row? {
        try self.run(sql, values) { statement throws(DatabaseError) in
            try self.step(statement) ? statement.row : nil
        }
    }

    package func first(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> Row? {
        try self.first(sql, values)
    }

    /// The row id of this connection's last insert.
    package var lastInsertID: Int64 { unsafe sqlite3_last_insert_rowid(self.handle) }

    /// Rows changed by the last insert, update or delete.
    package var changes: Int { Int(unsafe sqlite3_changes64(self.handle)) }

    /// Runs a part of a `write` that may fail on its own: undoes its changes and rethrows the error.
    @discardableResult
    package func savepoint<Value>(_ body: () throws -> Value) throws -> Value {
        self.savepointDepth += 1
        let name = "part\(self.savepointDepth)"
        defer { self.savepointDepth -= 1 }
        try self.control("SAVEPOINT \(name)")
        do {
            let value = try body()
            try self.control("RELEASE \(name)")
            return value
        } catch {
            self.undo(name)
            throw error
        }
    }
}

extension Connection {
    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(self.handle) == 0 }

    /// SQLite silently opens a file read-only if it may not write it.
    var isReadOnly: Bool { unsafe sqlite3_db_readonly(self.handle, "main") == 1 }

    /// Runs a statement about the connection itself, such as `COMMIT` or a setting.
    @discardableResult
    func control(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> [Row] {
        try self.run(sql, values, isControl: true, self.rows)
    }

    /// Runs several statements without parameters, as in a migration.
    func script(_ sql: String) throws(DatabaseError) {
        try self.check(unsafe sqlite3_exec(self.handle, sql, nil, nil, nil))
    }

    /// Copies the log into the file, up to the first page that a reader still needs.
    func checkpoint() throws(DatabaseError) {
        try self.check(unsafe sqlite3_wal_checkpoint_v2(self.handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil))
        self.log.pages = 0
    }

    /// Disables SQLite's checkpoints inside commits and counts the log's pages instead.
    func takeOverCheckpoints() {
        let context = unsafe Unmanaged.passUnretained(self.log).toOpaque()
        unsafe sqlite3_wal_hook(
            self.handle,
            { context, _, _, pages in
                if let context = unsafe context {
                    unsafe Unmanaged<Log>.fromOpaque(context).takeUnretainedValue().pages = Int(pages)
                }
                return SQLITE_OK
            }, context)
    }

    /// Pages in the log since the last checkpoint, as of the last commit.
    var logPages: Int { self.log.pages }

    /// Also checks a flag while statements run, because SQLite forgets an interrupt that comes right before one begins.
    private func watchForInterrupts() {
        let context = unsafe Unmanaged.passUnretained(self.interrupter.flag).toOpaque()
        unsafe sqlite3_progress_handler(
            self.handle, Self.stepsBetweenChecks,
            { context in
                guard let context = unsafe context else { return 0 }
                return unsafe Unmanaged<Flag>.fromOpaque(context).takeUnretainedValue().isSet.load(ordering: .relaxed)
                    ? 1 : 0
            }, context)
    }

    /// Rolls back the transaction if one is open. Cannot fail in a way that keeps its changes.
    func giveUpTransaction() {
        if self.isInTransaction { _ = try? self.control("ROLLBACK") }
    }

    private func undo(_ savepoint: String) {
        // If SQLite has already rolled back the whole transaction, there is nothing to undo.
        guard self.isInTransaction else { return }
        do {
            try self.control("ROLLBACK TO \(savepoint)")
            try self.control("RELEASE \(savepoint)")
        } catch {
            // A partial write must not be committed with the others: roll back all of them.
            self.giveUpTransaction()
        }
    }

    private func run<Value>(
        _ sql: String, _ values: [SQLValue], isControl: Bool = false,
        _ body: (Statement) throws(DatabaseError) -> Value
    ) throws(DatabaseError) -> Value {
        let statement = try self.statement(sql, isControl: isControl)
        defer { statement.reset() }
        try self.check(try statement.bind(values))
        return try body(statement)
    }

    private func rows(_ statement: Statement) throws(DatabaseError) -> [Row] {
        var rows: [Row] = []
        while try self.step(statement) { rows.append(statement.row) }
        return rows
    }

    /// Returns whether there is a row.
    private func step(_ statement: Statement) throws(DatabaseError) -> Bool {
        switch statement.step() {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let status: throw self.error(status)
        }
    }

    private func statement(_ sql: String, isControl: Bool) throws(DatabaseError) -> Statement {
        // An interrupt between two statements would otherwise have no effect.
        if self.interrupter.isSet, !isControl { throw self.error(SQLITE_INTERRUPT) }
        if let statement = self.statements[sql] { return statement }
        if !isControl { try Self.refuseReservedWords(sql) }
        var prepared: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        try self.check(unsafe sqlite3_prepare_v3(self.handle, sql, -1, flags, &prepared, nil))
        guard let handle = unsafe prepared else {
            throw DatabaseError(
                code: .misuse, message: "a statement is empty: this is a bug in the program, report it")
        }
        let statement = unsafe Statement(owning: handle)
        // Not pragmas: they are compiled for the current schema and not recompiled when it changes.
        if !sql.hasPrefix("PRAGMA") {
            if self.statements.count >= Self.statementLimit { self.statements = [:] }
            self.statements[sql] = statement
        }
        return statement
    }

    private static func refuseReservedWords(_ sql: String) throws(DatabaseError) {
        let word = sql.utf8.drop { $0 <= 0x20 }.prefix { $0 > 0x20 && $0 != UInt8(ascii: ";") }
        let name = String(word)?.uppercased() ?? ""
        guard self.reservedWords.contains(name) else { return }
        throw DatabaseError(
            code: .misuse, message: "\(name) is not allowed inside a read or write: use savepoint(_:), or report it")
    }

    private func check(_ status: Int32) throws(DatabaseError) {
        if status != SQLITE_OK { throw self.error(status) }
    }

    private func error(_ status: Int32) -> DatabaseError {
        unsafe Self.error(status, self.handle, path: self.path, role: self.role)
    }

    private static func error(_ status: Int32, _ handle: OpaquePointer?, path: String, role: Role) -> DatabaseError {
        // The connection's message describes its last call, which may be another one.
        let isLast = unsafe handle != nil && sqlite3_extended_errcode(handle) == status
        let text = unsafe isLast ? sqlite3_errmsg(handle) : sqlite3_errstr(status)
        return DatabaseError(
            resultCode: status, detail: unsafe text.map { unsafe String(cString: $0) } ?? "unknown error",
            systemError: unsafe handle == nil ? 0 : sqlite3_system_errno(handle), path: path, isReader: role == .reader)
    }
}
