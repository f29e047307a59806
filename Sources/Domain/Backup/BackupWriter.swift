internal import Compression
internal import Crypto
internal import Glibc
internal import Lifecycle

/// Writes the file of a backup under another name until it is complete. On the thread for backups only.
final class BackupWriter {
    private let target: String
    let draft: String
    private var number: Int32
    private var gzip = Gzip(isFast: true)
    private(set) var files: [BackupManifest.File] = []
    private let limits: BackupLimits
    /// Bytes of the files' list.
    private var listed = 0

    private static let remedy = "free some space or choose another place, then make the backup again"

    init(_ target: String, _ limits: BackupLimits = BackupLimits()) throws {
        self.target = target
        self.limits = limits
        let slash = target.lastIndex(of: "/")
        let folder = slash.map { String(target[...$0]) } ?? ""
        let name = slash.map { String(target[target.index(after: $0)...]) } ?? target
        self.draft = "\(folder).\(name).part"
        self.number = -1
        guard !name.isEmpty else { throw BackupError("'\(target)' is a folder: name a new file in it") }
        guard access(target, F_OK) != 0 else { throw self.exists }
        self.number = open(self.draft, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard self.number >= 0 else {
            throw BackupError.system(
                "\(target) cannot be written", errno,
                errno == EROFS
                    ? "a service may write only where its unit permits it: add the folder to ReadWritePaths="
                    : "choose a folder that exists and that \(Self.user) may write")
        }
        // Of a run that was killed, or of one that still writes it.
        guard flock(self.number, LOCK_EX | LOCK_NB) == 0 else {
            throw BackupError("another backup is just being written to \(target): wait for it, or name another file")
        }
        guard ftruncate(self.number, 0) == 0, fchmod(self.number, 0o600) == 0 else { throw self.failure(errno) }
    }

    deinit { if self.number >= 0 { close(self.number) } }

    private static var user: String {
        getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "user \(geteuid())"
    }

    private var exists: BackupError {
        BackupError("\(self.target) exists, and nothing is overwritten: name a new file")
    }

    private func failure(_ code: Int32) -> BackupError {
        .system("\(self.target) cannot be written", code, Self.remedy)
    }

    func add(_ kind: Tar.Kind, _ path: [UInt8], target: [UInt8] = [], mode: Int, modified: Int) throws {
        try self.compress(Tar.header(kind, path: path, target: target, mode: mode, modified: Int64(modified)))
    }

    /// Adds a file of `size` bytes, which `read` returns in pieces; what is missing at the end becomes zeros.
    func add(_ path: [UInt8], mode: Int, modified: Int, size: Int, _ read: () throws -> [UInt8]) throws {
        guard self.files.count <= self.limits.files, self.listed <= self.limits.list else { throw self.tooMany }
        try self.compress(Tar.header(.file, path: path, mode: mode, size: size, modified: Int64(modified)))
        let digest = SHA256()
        var left = size
        while left > 0 {
            var piece = try read()
            if piece.isEmpty { piece = [UInt8](repeating: 0, count: min(left, 64 << 10)) }
            if piece.count > left { piece = Array(piece[..<left]) }
            digest.update(piece)
            try self.compress(piece)
            left -= piece.count
        }
        try self.compress(Tar.padding(size))
        let file = BackupManifest.File(path: path, size: size, digest: hex(digest.finish()))
        self.files.append(file)
        self.listed += file.listedBytes
    }

    private var tooMany: BackupError {
        BackupError(
            "\(self.target) was not made: the list of its files would have more than \(self.limits.files) entries or "
                + "\(self.limits.list >> 20) MiB, which cannot be read back. Delete threads whose workspaces have the "
                + "most files, and lower jail.workspace_files, then make the backup again")
    }

    func add(_ path: String, _ bytes: [UInt8], modified: Int) throws {
        var rest: [UInt8]? = bytes
        try self.add(Array(path.utf8), mode: 0o600, modified: modified, size: bytes.count) { rest.take() ?? [] }
    }

    /// Adds a part of another backup, decompressed.
    func append(_ bytes: [UInt8]) throws { try self.compress(bytes) }

    func end() throws {
        try self.compress(Tar.end)
        try self.finish()
    }

    /// Makes the file complete and durable; it has no name yet.
    func finish() throws {
        try self.gzip.finish(self.write)
        guard fsync(self.number) == 0 else { throw self.failure(errno) }
        // So that it is read from the disk, not from memory, when it is verified.
        _ = posix_fadvise(self.number, 0, 0, POSIX_FADV_DONTNEED)
    }

    /// Gives it its name.
    func publish() throws {
        if link(self.draft, self.target) != 0 {
            guard errno != EEXIST else { throw self.exists }
            // A file system without links.
            guard errno == EPERM || errno == EOPNOTSUPP, access(self.target, F_OK) != 0 else {
                throw self.failure(errno)
            }
            guard rename(self.draft, self.target) == 0 else { throw self.failure(errno) }
        }
        unlink(self.draft)
        let folder = BackupFolder(self.target.lastIndex(of: "/").map { String(self.target[...$0]) } ?? ".")
        guard folder.map({ fsync($0.number) }) != -1 else { throw self.failure(errno) }
    }

    func discard() { unlink(self.draft) }

    private func compress(_ bytes: [UInt8]) throws {
        try Task.checkCancellation()
        try self.gzip.compress(bytes, self.write)
    }

    private func write(_ bytes: [UInt8]) throws {
        if let code = writeAll(bytes, to: self.number) { throw self.failure(code) }
    }
}
