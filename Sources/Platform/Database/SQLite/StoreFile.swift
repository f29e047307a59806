internal import Glibc

/// Prepares a store's file before SQLite opens it.
enum StoreFile {
    /// Creates the file if it is missing and restricts it to its owner (mode 0600). Refuses an empty file.
    ///
    /// SQLite gives its `-wal` and `-shm` files the mode of the main file, regardless of the umask. A file that may
    /// already be open is never opened here: closing it would drop SQLite's locks on it in this process.
    static func prepare(_ path: String) throws(DatabaseError) {
        var status = stat()
        if unsafe stat(path, &status) != 0 {
            guard errno == ENOENT else { throw Self.error(errno, path) }
            try self.create(path)
            guard unsafe stat(path, &status) == 0 else { throw Self.error(errno, path) }
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DatabaseError(
                code: .cannotOpen, message: "the store \(path) is not a file: name a file, or move it away")
        }
        // A store is never empty, not even a new one. SQLite would start over and delete the log of the lost file.
        guard status.st_size > 0 else {
            throw DatabaseError(
                code: .corrupt,
                message:
                    "the store \(path) is empty (0 bytes), so what it held is lost: restore the last backup, or remove "
                    + "the file to start without the old conversations; keep a copy of \(path)-wal if there is one")
        }
        for suffix in ["", "-wal", "-shm"] { try Self.restrict(path + suffix) }
    }

    /// Creates a store without tables, under another name first: a crash never leaves an empty file, and no one has the
    /// file open while this does.
    private static func create(_ path: String) throws(DatabaseError) {
        let draft = "\(path).\(getpid()).\(UInt64.random(in: 0...UInt64.max))"
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.error(errno, path) }
        close(descriptor)
        defer { for suffix in ["", "-wal", "-shm"] { unsafe unlink(draft + suffix) } }
        try Self.writeHeader(draft, for: path)
        // Unlike a rename, a link never replaces a file that another process has just created.
        if unsafe link(draft, path) != 0, errno != EEXIST { throw Self.error(errno, path) }
    }

    private static func writeHeader(_ draft: String, for path: String) throws(DatabaseError) {
        do throws(DatabaseError) {
            let connection = try SQLiteConnection(path: draft, role: .writer, busyTimeout: .zero)
            // A draft that a crash leaves is never read, so it need not be whole before it is linked.
            try connection.control("PRAGMA synchronous = OFF")
            try connection.control("PRAGMA journal_mode = WAL")
        } catch {
            throw DatabaseError(
                code: error.code, message: error.message.replacing(draft, with: path), resultCode: error.resultCode)
        }
        guard self.flush(draft) else { throw self.error(errno, path) }
    }

    private static func flush(_ path: String) -> Bool {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    private static func restrict(_ path: String) throws(DatabaseError) {
        var status = stat()
        // Only the owner can change the mode; others must protect their own files.
        guard unsafe stat(path, &status) == 0, status.st_mode & 0o077 != 0, status.st_uid == geteuid() else { return }
        if unsafe chmod(path, 0o600) != 0, errno != ENOENT { throw Self.error(errno, path) }
    }

    private static func error(_ number: Int32, _ path: String) -> DatabaseError {
        let reason = unsafe String(cString: strerror(number))
        return switch number {
        case EACCES, EPERM, EROFS:
            DatabaseError(code: .readOnly, message: DatabaseError.message(.readOnly, path: path, facts: reason))
        case ENOSPC, EDQUOT:
            DatabaseError(
                code: .full,
                message: "the store \(path) cannot be created because the disk is full (\(reason)): free some space")
        default:
            DatabaseError(
                code: .cannotOpen,
                message:
                    "the store \(path) cannot be opened (\(reason)): check that its folder exists and is yours")
        }
    }
}
