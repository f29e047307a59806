internal import CSQLite
internal import Synchronization

/// A connection to an SQLite file. Statements are compiled once and cached.
@safe final class SQLiteConnection: StoreConnection {
    enum Role: Sendable { case writer, reader }

    @safe private struct Handle: @unchecked Sendable {  // @unchecked: sqlite3_interrupt is legal on any thread
        let handle: OpaquePointer
    }

    /// Filled by SQLite's hook; the connection retains it as long as the hook is installed.
    private final class Log {
        var pages = 0
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
    let path: String
    private let handle: OpaquePointer
    private var statements: [String: SQLiteStatement] = [:]
    /// Open savepoints.
    private var parts = 0
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
        let shared = unsafe Handle(handle: handle)
        self.interrupter = Interrupter { unsafe sqlite3_interrupt(shared.handle) }
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

    func execute(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) {
        try self.run(sql, values) { statement throws(DatabaseError) in while try self.step(statement) {} }
    }

    func rowsChanged(by sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Int {
        try self.execute(sql, values)
        return Int(unsafe sqlite3_changes64(self.handle))
    }

    func query(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> [Row] {
        try self.run(sql, values, self.rows)
    }

    func later(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> LaterRows {
        LaterRows(try self.query(sql, values))
    }

    func first(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Row? {
        try self.run(sql, values) { statement throws(DatabaseError) in
            try self.step(statement) ? statement.row : nil
        }
    }

    func beginPart() throws(DatabaseError) {
        try self.control("SAVEPOINT part\(self.parts + 1)")
        self.parts += 1
    }

    func endPart() throws(DatabaseError) {
        try self.control("RELEASE part\(self.parts)")
        self.parts -= 1
    }

    func undoPart() {
        let name = "part\(self.parts)"
        self.parts -= 1
        // If SQLite has already rolled back the whole transaction, there is nothing to undo.
        guard self.isInTransaction else { return }
        do {
            try self.control("ROLLBACK TO \(name)")
            try self.control("RELEASE \(name)")
        } catch {
            // A partial write must not be committed with the others: roll back all of them.
            self.giveUpTransaction()
        }
    }
}

extension SQLiteConnection {
    var dialect: SQLDialect { .sqlite }

    func begin(_ access: Access) throws(DatabaseError) {
        try self.control(access == .write ? "BEGIN IMMEDIATE" : "BEGIN")
    }

    func commit() throws(DatabaseError) { try self.control("COMMIT") }

    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(self.handle) == 0 }

    /// SQLite silently opens a file read-only if it may not write it.
    var isReadOnly: Bool { unsafe sqlite3_db_readonly(self.handle, "main") == 1 }

    /// Runs a statement about the connection itself, such as `COMMIT` or a setting.
    @discardableResult
    func control(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> [Row] {
        try self.run(sql, values, isControl: true, self.rows)
    }

    func script(_ sql: String) throws(DatabaseError) {
        try self.check(unsafe sqlite3_exec(self.handle, sql, nil, nil, nil))
    }

    func hasTable(_ name: String) throws(DatabaseError) -> Bool {
        try self.first("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1", .text(name)) != nil
    }

    func releaseMemory() {
        guard !self.isInTransaction else { return }
        self.statements = [:]
        // Documented as a way to have the schema read again.
        _ = try? self.control("PRAGMA writable_schema = RESET")
        unsafe sqlite3_db_release_memory(self.handle)
    }

    /// Copies the log into the file, up to the first page that a reader still needs.
    func checkpoint() throws(DatabaseError) {
        try self.check(unsafe sqlite3_wal_checkpoint_v2(self.handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil))
        self.log.pages = 0
    }

    /// Copies the file as it is now into that of another connection, while others write.
    func copy(into target: SQLiteConnection) throws(DatabaseError) {
        try target.control("PRAGMA journal_mode = MEMORY")
        try target.control("PRAGMA synchronous = OFF")
        try self.begin(.read)
        defer { self.giveUpTransaction() }
        // Begins to read, so that all steps see one state and none starts over.
        _ = try self.first("SELECT 1 FROM sqlite_schema", [])
        guard let backup = unsafe sqlite3_backup_init(target.handle, "main", self.handle, "main") else {
            throw target.error(unsafe sqlite3_extended_errcode(target.handle))
        }
        var status = SQLITE_OK
        while status == SQLITE_OK, !Task.isCancelled { status = unsafe sqlite3_backup_step(backup, 1_024) }
        let end = unsafe sqlite3_backup_finish(backup)
        guard status == SQLITE_DONE, end == SQLITE_OK else {
            throw target.error(status == SQLITE_OK ? SQLITE_INTERRUPT : status)
        }
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
        let context = unsafe Unmanaged.passUnretained(self.interrupter).toOpaque()
        unsafe sqlite3_progress_handler(
            self.handle, Self.stepsBetweenChecks,
            { context in
                guard let context = unsafe context else { return 0 }
                return unsafe Unmanaged<Interrupter>.fromOpaque(context).takeUnretainedValue().isSet ? 1 : 0
            }, context)
    }

    func giveUpTransaction() {
        if self.isInTransaction { _ = try? self.control("ROLLBACK") }
    }

    private func run<Value>(
        _ sql: String, _ values: [SQLValue], isControl: Bool = false,
        _ body: (SQLiteStatement) throws(DatabaseError) -> Value
    ) throws(DatabaseError) -> Value {
        let statement = try self.statement(sql, isControl: isControl)
        defer { statement.reset() }
        try self.check(try statement.bind(values))
        return try body(statement)
    }

    private func rows(_ statement: SQLiteStatement) throws(DatabaseError) -> [Row] {
        var rows: [Row] = []
        while try self.step(statement) { rows.append(statement.row) }
        return rows
    }

    /// Returns whether there is a row.
    private func step(_ statement: SQLiteStatement) throws(DatabaseError) -> Bool {
        switch statement.step() {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let status: throw self.error(status)
        }
    }

    private func statement(_ sql: String, isControl: Bool) throws(DatabaseError) -> SQLiteStatement {
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
        let statement = unsafe SQLiteStatement(owning: handle)
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
