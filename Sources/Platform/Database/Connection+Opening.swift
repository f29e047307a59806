internal import CSQLite
internal import Glibc

extension Connection {
    /// The log file is cut to this size when it starts anew: a burst of writes must not hold disk for ever.
    private static let logLimit = 16 << 20

    /// Makes or opens the file, checks it and brings its schema up to date.
    static func openWriter(
        path: String, migrations: [Migration], settings: DatabaseSettings
    ) throws(DatabaseError) -> Connection {
        let migrator = try Migrator(migrations, path: path)
        try StoreFile.prepare(path)
        let connection = try Connection(path: path, role: .writer, busyTimeout: settings.busyTimeout)
        if connection.isReadOnly {
            throw DatabaseError(
                resultCode: SQLITE_READONLY, detail: "opened for reading only", systemError: 0, path: path,
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
        if settings.checksIntegrity, let problem = try connection.problems(isFull: false, limit: 1).first {
            throw DatabaseError(
                resultCode: SQLITE_CORRUPT, detail: problem, systemError: 0, path: path, isReader: false)
        }
        try migrator.run(on: connection)
        connection.takeOverCheckpoints()
        return connection
    }

    /// The journal mode after the switch to a write-ahead log.
    ///
    /// Two programs that make the same store at once both hold a shared lock and want the exclusive one. SQLite then
    /// refuses one of them without waiting (sqlite3_busy_handler, on deadlocks), and has given its lock back.
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

    static func openReader(path: String, busyTimeout: Duration) throws(DatabaseError) -> Connection {
        let connection = try Connection(path: path, role: .reader, busyTimeout: busyTimeout)
        try connection.control("PRAGMA query_only = ON")
        try connection.control("PRAGMA trusted_schema = OFF")
        return connection
    }

    static func openCheckpointer(path: String, busyTimeout: Duration) throws(DatabaseError) -> Connection {
        let connection = try Connection(path: path, role: .writer, busyTimeout: busyTimeout)
        try connection.control("PRAGMA synchronous = FULL")
        return connection
    }

    /// What SQLite finds wrong with the file; the full check also compares every index with its table.
    func problems(isFull: Bool, limit: Int) throws(DatabaseError) -> [String] {
        try self.control("PRAGMA \(isFull ? "integrity_check" : "quick_check")(\(limit))")
            .compactMap { $0[0].text }.filter { $0 != "ok" }
    }
}
