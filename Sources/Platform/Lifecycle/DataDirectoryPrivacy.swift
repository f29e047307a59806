internal import Glibc
internal import Primitives

/// Keeps other users out of a data directory: it holds conversations, sign-ins and keys.
struct DataDirectoryPrivacy {
    /// Others may not list, read or enter.
    private static let open: mode_t = 0o077

    private let path: String
    private let descriptor: Int32

    /// Makes the folder and the files directly in it accessible to their owner only. Returns what has changed, for the
    /// log; nil if everything was private already.
    ///
    /// Refuses a folder whose mode is intended: another user's, one with the sticky bit such as /tmp, the root of the file
    /// system, and a home directory, in which other programs may have to read.
    static func ensure(_ path: String) throws(HostError) -> String? {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw HostError("the data directory \(path) cannot be opened: \(Self.reason()).")
        }
        let file = FileDescriptor(owning: descriptor)
        return try Self(path: path, descriptor: file.rawValue).ensure()
    }

    private func ensure() throws(HostError) -> String? {
        var status = stat()
        guard unsafe fstat(self.descriptor, &status) == 0 else {
            throw HostError("the data directory \(self.path) cannot be checked: \(Self.reason()).")
        }
        let names = self.names()
        var changes: [String] = []
        if status.st_mode & Self.open != 0 {
            try self.check(status)
            let old = status.st_mode & 0o7777
            guard fchmod(self.descriptor, old & ~Self.open) == 0 else {
                throw self.refusal("it cannot be made private (\(Self.reason()))")
            }
            changes.append("the folder (mode 0\(String(old, radix: 8)))")
        }
        changes += names.filter(self.restrict)
        guard !changes.isEmpty else { return nil }
        return "other users could access these in the data directory \(self.path): "
            + "\(changes.joined(separator: ", ")); now only their owner can"
    }

    private func check(_ status: stat) throws(HostError) {
        guard status.st_uid == geteuid() else {
            throw self.refusal("it belongs to user \(Self.name(of: status.st_uid))")
        }
        guard status.st_mode & S_ISVTX == 0 else { throw self.refusal("it is a shared folder (sticky bit)") }
        guard !self.isFolder("/", status) else { throw self.refusal("it is the root of the file system") }
        let home = unsafe getenv("HOME").map { unsafe String(cString: $0) }
        let login = unsafe getpwuid(geteuid()).map { unsafe String(cString: $0.pointee.pw_dir) }
        guard ![home, login].contains(where: { $0.map { self.isFolder($0, status) } ?? false }) else {
            throw self.refusal("it is a home directory")
        }
    }

    private func isFolder(_ path: String, _ status: stat) -> Bool {
        var other = stat()
        return unsafe stat(path, &other) == 0 && other.st_dev == status.st_dev && other.st_ino == status.st_ino
    }

    private func refusal(_ reason: String) -> HostError {
        HostError(
            "other users can access the data directory \(self.path), and \(reason). Choose another directory with "
                + "--data-dir, or run 'chmod 700 \(self.path)' as its owner.")
    }

    private func names() -> [String] {
        // fdopendir(3) takes the descriptor over.
        let folder = unsafe fdopendir(dup(self.descriptor))
        // The copy shares its position with the original.
        if let folder = unsafe folder { unsafe rewinddir(folder) }
        return (unsafe FileDescriptor.names(folder) ?? []).map { String(decoding: $0, as: UTF8.self) }.sorted()
    }

    /// Restricts a regular file of this user; false if nothing had to change.
    private func restrict(_ name: String) -> Bool {
        var status = stat()
        guard unsafe fstatat(self.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0,
            status.st_mode & S_IFMT == S_IFREG, status.st_mode & Self.open != 0, status.st_uid == geteuid()
        else { return false }
        return unsafe fchmodat(self.descriptor, name, status.st_mode & 0o7777 & ~Self.open, 0) == 0
    }

    private static func name(of user: uid_t) -> String {
        unsafe getpwuid(user).map { unsafe String(cString: $0.pointee.pw_name) } ?? String(user)
    }

    private static func reason() -> String { unsafe String(cString: strerror(errno)) }
}
