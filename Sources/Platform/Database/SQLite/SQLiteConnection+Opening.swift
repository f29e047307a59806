internal import CSQLite
internal import Glibc

extension SQLiteConnection {
    /// The log file is truncated to this size when it restarts, so that a burst of writes does not occupy disk forever.
    private static let logLimit = 16 << 20

    /// In bytes; where less is free, the log only grows as it must.
    private static let roomForLog: UInt = 1 << 30

    /// Creates or opens the file, checks it and migrates its schema.
    static func openWriter(
        path: String, migrations: [Migration], settings: DatabaseSettings
    ) throws(DatabaseError) -> SQLiteConnection {
        let migrator = try Migrator(migrations, name: path)
        try StoreFile.prepare(path)
        let connection = try SQLiteConnection(path: path, role: .writer, busyTimeout: settings.busyTimeout)
        if connection.isReadOnly {
            throw DatabaseError(
                resultCode: SQLITE_READONLY, detail: "opened read-only", systemError: 0, path: path,
                isReader: false)
        }
        let mode = try connection.switchToLog(within: settings.busyTimeout)
        guard mode == "wal" else {
            throw DatabaseError(
                code: .cannotOpen,
                message:
                    "the store \(path) cannot keep a write-ahead log (mode \(mode ?? "none")): put it on a local disk, "
                    + "not on a network share")
        }
        try connection.control("PRAGMA synchronous = FULL")
        try connection.control("PRAGMA foreign_keys = ON")
        try connection.control("PRAGMA trusted_schema = OFF")
        try connection.control("PRAGMA journal_size_limit = \(Self.logLimit)")
        if settings.checksIntegrity { try connection.checkIntegrity() }
        try migrator.run(on: connection)
        // The journal for undoing a single write of a group would otherwise go to a temporary file above 64 kB.
        try connection.control("PRAGMA temp_store = MEMORY")
        connection.takeOverCheckpoints()
        return connection
    }

    func checkIntegrity() throws(DatabaseError) {
        guard let problem = try self.control("PRAGMA quick_check(1)").first?[0].text, problem != "ok" else { return }
        throw DatabaseError(
            resultCode: SQLITE_CORRUPT, detail: problem, systemError: 0, path: self.path, isReader: false)
    }

    /// Switches to a write-ahead log and returns the resulting journal mode.
    ///
    /// Two programs that create the same store at once both hold a shared lock and want the exclusive one. SQLite then
    /// fails one of them at once to avoid a deadlock (see sqlite3_busy_handler) and releases its lock.
    private func switchToLog(within limit: Duration) throws(DatabaseError) -> String? {
        let deadline = ContinuousClock.now + limit
        while true {
            do throws(DatabaseError) {
                return try self.control("PRAGMA journal_mode = WAL").first?[0].text
            } catch {
                guard error.code == .locked, ContinuousClock.now < deadline else { throw error }
                usleep(.random(in: 1_000...10_000))
            }
        }
    }

    /// Extends the log with zeros, which SQLite does not take for pages (<https://www.sqlite.org/walformat.html>). A commit
    /// that overwrites bytes does not have to store a new size of the file, and takes about half of the time.
    func fillLog(pages: Int) {
        // If another process is writing, the log grows as it would without this.
        guard (try? self.begin(.write)) != nil else { return }
        defer { self.giveUpTransaction() }
        let file = unsafe open(self.path + "-wal", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        var (space, status) = (statvfs(), stat())
        guard unsafe fstatvfs(file, &space) == 0, unsafe fstat(file, &status) == 0,
            space.f_bavail * space.f_bsize > Self.roomForLog
        else { return }
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        // A page of 4 KiB and its header.
        let limit = pages * (4_096 + 24)
        var end = Int(status.st_size)
        while end < limit {
            let count = unsafe zeros.withUnsafeBytes { bytes in
                unsafe pwrite(file, bytes.baseAddress, min(bytes.count, limit - end), off_t(end))
            }
            guard count > 0 else { return }
            end += count
        }
    }

    static func openReader(path: String, busyTimeout: Duration) throws(DatabaseError) -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path, role: .reader, busyTimeout: busyTimeout)
        try connection.control("PRAGMA query_only = ON")
        try connection.control("PRAGMA trusted_schema = OFF")
        return connection
    }

    static func openCheckpointer(path: String, busyTimeout: Duration) throws(DatabaseError) -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path, role: .writer, busyTimeout: busyTimeout)
        try connection.control("PRAGMA synchronous = FULL")
        return connection
    }
}
