internal import CSQLite
internal import Synchronization

/// One connection to the store, on the one thread that owns it. Bodies of `write` and `read` get it and use it until
/// they return.
///
/// Statements are compiled once and kept. Parameters are `$1`, `$2`, … as in PostgreSQL, or `?`.
@safe package final class Connection {
    enum Role: Sendable { case writer, reader }

    /// Stops what a connection is doing; legal on any thread as long as the connection is open.
    @safe struct Interrupter: @unchecked Sendable {  // @unchecked: sqlite3_interrupt is legal on any thread
        fileprivate let handle: OpaquePointer
        fileprivate let flag: Flag

        func interrupt() {
            self.flag.isSet.store(true, ordering: .releasing)
            unsafe sqlite3_interrupt(self.handle)
        }

        fileprivate var isSet: Bool { self.flag.isSet.load(ordering: .acquiring) }

        /// Before the next piece of work.
        func clear() { self.flag.isSet.store(false, ordering: .releasing) }
    }

    /// What SQLite's hook tells; the connection keeps it as long as the hook is there.
    private final class Log {
        var pages = 0
    }

    fileprivate final class Flag: Sendable {
        let isSet = Atomic(false)
    }

    /// Beyond this many statements, all are compiled anew: texts that never repeat must not collect.
    private static let statementLimit = 128
    /// Instructions of SQLite's machine, of which it does tens of millions in a second.
    private static let stepsBetweenLooks: Int32 = 10_000
    /// Words that the group commit relies on, or that belong into settings and migrations.
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
        // NOMUTEX: a connection never leaves its thread. A name that begins with `file:` would be read as a URI.
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

    /// Runs a statement for its effect; the number of rows that the last change touched.
    @discardableResult
    package func execute(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Int {
        try self.run(sql, values) { statement throws(DatabaseError) in while try self.step(statement) {} }
        return self.changes
    }

    @discardableResult
    package func execute(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> Int {
        try self.execute(sql, values)
    }

    /// All rows of the answer.
    package func query(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> [Row] {
        try self.run(sql, values, self.rows)
    }

    package func query(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> [Row] {
        try self.query(sql, values)
    }

    /// The first row, or nil when there is none.
    package func first(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Row? {
        try self.run(sql, values) { statement throws(DatabaseError) in
            try self.step(statement) ? statement.row : nil
        }
    }

    package func first(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> Row? {
        try self.first(sql, values)
    }

    /// Row by row, for answers that should not be in memory at once.
    package func each(_ sql: String, _ values: [SQLValue], _ body: (Row) throws -> Void) throws {
        let statement = try self.checkOut(sql, isControl: false)
        defer { self.checkIn(statement, sql) }
        try self.check(try statement.bind(values))
        while try self.step(statement) { try body(statement.row) }
    }

    /// The row id of the last insert of this connection.
    package var lastInsertID: Int64 { unsafe sqlite3_last_insert_rowid(self.handle) }

    /// Rows changed by the last insert, update or delete.
    package var changes: Int { Int(unsafe sqlite3_changes64(self.handle)) }

    /// A part of a `write` that can fail by itself: what it changed is undone, and the error is passed on.
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

    /// Whether the file could only be opened for reading, which SQLite does without a word.
    var isReadOnly: Bool { unsafe sqlite3_db_readonly(self.handle, "main") == 1 }

    /// A statement about the connection itself, such as `COMMIT` or a setting.
    @discardableResult
    func control(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> [Row] {
        try self.run(sql, values, isControl: true, self.rows)
    }

    /// Several statements without parameters, as in a migration.
    func script(_ sql: String) throws(DatabaseError) {
        try self.check(unsafe sqlite3_exec(self.handle, sql, nil, nil, nil))
    }

    /// Copies what the log holds into the file, as far as no reader needs the old pages.
    func checkpoint() throws(DatabaseError) {
        try self.check(unsafe sqlite3_wal_checkpoint_v2(self.handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil))
        self.log.pages = 0
    }

    /// Counts the log's pages from now on, in place of SQLite's own checkpoints inside the commit.
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

    /// SQLite forgets an interrupt that comes right before a statement begins, so that the flag is looked at on the way.
    private func watchForInterrupts() {
        let context = unsafe Unmanaged.passUnretained(self.interrupter.flag).toOpaque()
        unsafe sqlite3_progress_handler(
            self.handle, Self.stepsBetweenLooks,
            { context in
                guard let context = unsafe context else { return 0 }
                return unsafe Unmanaged<Flag>.fromOpaque(context).takeUnretainedValue().isSet.load(ordering: .relaxed)
                    ? 1 : 0
            }, context)
    }

    /// Undoes the transaction if there is still one. It cannot fail in a way that leaves its changes.
    func giveUpTransaction() {
        if self.isInTransaction { _ = try? self.control("ROLLBACK") }
    }

    private func undo(_ savepoint: String) {
        // When SQLite has given up the whole transaction there is nothing to undo.
        guard self.isInTransaction else { return }
        do {
            try self.control("ROLLBACK TO \(savepoint)")
            try self.control("RELEASE \(savepoint)")
        } catch {
            // Half a write must not be committed with the others: give up all of them.
            self.giveUpTransaction()
        }
    }

    private func run<Value>(
        _ sql: String, _ values: [SQLValue], isControl: Bool = false,
        _ body: (Statement) throws(DatabaseError) -> Value
    ) throws(DatabaseError) -> Value {
        let statement = try self.checkOut(sql, isControl: isControl)
        defer { self.checkIn(statement, sql) }
        try self.check(try statement.bind(values))
        return try body(statement)
    }

    private func rows(_ statement: Statement) throws(DatabaseError) -> [Row] {
        var rows: [Row] = []
        while try self.step(statement) { rows.append(statement.row) }
        return rows
    }

    /// Whether there is a row.
    private func step(_ statement: Statement) throws(DatabaseError) -> Bool {
        switch statement.step() {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let status: throw self.error(status)
        }
    }

    /// Taken out while it is in use, so that the same text may run inside its own rows.
    private func checkOut(_ sql: String, isControl: Bool) throws(DatabaseError) -> Statement {
        // An interrupt between two statements would have no effect.
        if self.interrupter.isSet, !isControl { throw self.error(SQLITE_INTERRUPT) }
        if let statement = self.statements.removeValue(forKey: sql) { return statement }
        if !isControl { try Self.refuseReservedWords(sql) }
        var prepared: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        try self.check(unsafe sqlite3_prepare_v3(self.handle, sql, -1, flags, &prepared, nil))
        guard let handle = unsafe prepared else {
            throw DatabaseError(
                code: .misuse, message: "a statement is empty: this is a mistake in the program, report it")
        }
        return unsafe Statement(owning: handle)
    }

    private func checkIn(_ statement: Statement, _ sql: String) {
        statement.reset()
        // A pragma may be compiled for the schema of that moment, and nothing tells it of a later one.
        if sql.hasPrefix("PRAGMA") { return }
        if self.statements.count >= Self.statementLimit { self.statements = [:] }
        self.statements[sql] = statement
    }

    private static func refuseReservedWords(_ sql: String) throws(DatabaseError) {
        let word = sql.utf8.drop { $0 <= 0x20 }.prefix { $0 > 0x20 && $0 != UInt8(ascii: ";") }
        let name = String(word)?.uppercased() ?? ""
        guard self.reservedWords.contains(name) else { return }
        throw DatabaseError(
            code: .misuse, message: "\(name) is not for the bodies of reads and writes: use savepoint(_:), or report it"
        )
    }

    private func check(_ status: Int32) throws(DatabaseError) {
        if status != SQLITE_OK { throw self.error(status) }
    }

    private func error(_ status: Int32) -> DatabaseError {
        unsafe Self.error(status, self.handle, path: self.path, role: self.role)
    }

    private static func error(_ status: Int32, _ handle: OpaquePointer?, path: String, role: Role) -> DatabaseError {
        // The connection's own text is about its last call, which need not be this one.
        let isLast = unsafe handle != nil && sqlite3_extended_errcode(handle) == status
        let text = unsafe isLast ? sqlite3_errmsg(handle) : sqlite3_errstr(status)
        return DatabaseError(
            resultCode: status, detail: unsafe text.map { unsafe String(cString: $0) } ?? "unknown trouble",
            systemError: unsafe handle == nil ? 0 : sqlite3_system_errno(handle), path: path, isReader: role == .reader)
    }
}
