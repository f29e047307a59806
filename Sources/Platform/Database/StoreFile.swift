internal import Glibc

/// The file of a store, before SQLite opens it.
enum StoreFile {
    /// Makes the file when it is missing, and takes the rights of other users away: mode 0600.
    ///
    /// SQLite gives its `-wal` and `-shm` files the mode of the file itself, whatever the umask is. A file that may be
    /// open already is never opened here: closing it would drop the locks that SQLite holds on it in this process.
    static func prepare(_ path: String) throws(DatabaseError) {
        var status = stat()
        if unsafe stat(path, &status) != 0 {
            guard errno == ENOENT else { throw Self.error(errno, path) }
            try self.makeEmpty(path)
            guard unsafe stat(path, &status) == 0 else { throw Self.error(errno, path) }
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DatabaseError(
                code: .cannotOpen, message: "the store \(path) is not a file: name a file, or move it away")
        }
        for suffix in ["", "-wal", "-shm"] { try Self.restrict(path + suffix) }
    }

    /// Under another name first, so that nobody has the file open while this does.
    private static func makeEmpty(_ path: String) throws(DatabaseError) {
        let draft = "\(path).\(getpid()).\(UInt64.random(in: 0...UInt64.max))"
        try self.make(draft)
        defer { self.remove(draft) }
        // Unlike a renaming it never replaces a file that somebody made meanwhile.
        if unsafe link(draft, path) != 0, errno != EEXIST { throw Self.error(errno, path) }
    }

    private static func restrict(_ path: String) throws(DatabaseError) {
        var status = stat()
        // Only the owner may change the mode; a file of somebody else is theirs to protect.
        guard unsafe stat(path, &status) == 0, status.st_mode & 0o077 != 0, status.st_uid == geteuid() else { return }
        if unsafe chmod(path, 0o600) != 0, errno != ENOENT { throw Self.error(errno, path) }
    }

    /// Trouble with a system call on the store's file.
    static func error(_ number: Int32, _ path: String) -> DatabaseError {
        let reason = unsafe String(cString: strerror(number))
        return switch number {
        case EACCES, EPERM, EROFS:
            DatabaseError(
                code: .readOnly,
                message:
                    "the store \(path) cannot be written (\(reason)): give the user that runs this program the right to "
                    + "write the file and its directory, and check that the disk is not mounted read-only")
        case ENOSPC, EDQUOT:
            DatabaseError(
                code: .full,
                message: "the store \(path) cannot be made because the disk is full (\(reason)): free some space")
        default:
            DatabaseError(
                code: .cannotOpen,
                message: "the store \(path) cannot be opened (\(reason)): check that its directory exists and is yours")
        }
    }

    /// Makes an empty file for a copy; one that is there already is left alone.
    static func make(_ path: String) throws(DatabaseError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            guard errno == EEXIST else { throw Self.error(errno, path) }
            throw DatabaseError(
                code: .cannotOpen, message: "the file \(path) exists already: name a new one, or move it away")
        }
        close(descriptor)
    }

    static func remove(_ path: String) {
        unsafe unlink(path)
    }

    /// Makes a finished copy survive a power cut: the file and its entry in the directory.
    static func synchronise(_ path: String) throws(DatabaseError) {
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        for name in [path, directory] {
            let descriptor = unsafe open(name, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw Self.error(errno, name) }
            defer { close(descriptor) }
            if fsync(descriptor) != 0 { throw Self.error(errno, name) }
        }
    }
}
