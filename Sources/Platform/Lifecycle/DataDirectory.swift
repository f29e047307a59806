internal import Glibc
package import Primitives

/// The folder of a host's data: mode 0700, its files 0600, used by one serving host at a time.
package struct DataDirectory: Sendable {
    /// Absolute.
    package let path: String
    /// What was open to other users and has been restricted; nil if nothing was.
    package let restriction: String?

    /// Creates the folder if it is missing, and restricts it to its owner. Refuses a folder that it must not restrict.
    package init(path: String) throws(HostError) {
        self.path = path
        // Every file created from here on is accessible to its owner only.
        umask(0o077)
        try Self.makeFolder(path)
        self.restriction = try DataDirectoryPrivacy.ensure(path)
        guard unsafe access("\(path)/.restoring", F_OK) != 0 else {
            throw HostError(
                "a backup is being restored into \(path), or that was interrupted. Wait for its end; if it was interrupted, "
                    + "empty the directory, with its hidden files, and restore the backup again.")
        }
        guard unsafe access(path, W_OK | X_OK) == 0 else {
            throw HostError(
                "the data directory \(path) is not writable: \(Self.reason()). "
                    + "Change its owner or choose another directory with --data-dir.")
        }
    }

    /// The path of `name` within the folder, or `name` itself if it is absolute.
    package func path(of name: String) -> String {
        name.hasPrefix("/") ? name : "\(self.path)/\(name)"
    }

    /// Locks the folder for this process until the lock is released. Fails, naming the other's pid, while another host
    /// serves it.
    package func lock() throws(HostError) -> DataDirectoryLock {
        try self.alone { () throws(HostError) in try self.takeLock() }
    }

    private func takeLock() throws(HostError) -> DataDirectoryLock {
        let path = self.path(of: "host.lock")
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw HostError("\(path) cannot be opened: \(Self.reason()). Check the folder's owner.")
        }
        let file = FileDescriptor(owning: descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let pid = Self.read(descriptor)
            throw HostError(
                "another host (pid \(pid.isEmpty ? "unknown" : pid)) is serving the data directory \(self.path). "
                    + "Stop it, or choose another directory with --data-dir.")
        }
        ftruncate(descriptor, 0)
        let text = "\(getpid())\n"
        _ = unsafe text.withCString { unsafe Glibc.write(descriptor, $0, strlen($0)) }
        return DataDirectoryLock(file: file)
    }

    /// The pid of the host that is serving this folder, or nil.
    package var servingHost: Int32? {
        self.alone {
            let descriptor = unsafe open(self.path(of: "host.lock"), O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            let file = FileDescriptor(owning: descriptor)
            guard flock(file.rawValue, LOCK_SH | LOCK_NB) != 0 else { return nil }
            return Int32(Self.read(file.rawValue))
        }
    }

    /// Runs `body` while no other process takes or examines the lock: otherwise one could find it held with no pid or an
    /// old pid in the file, or held by a process that only examines it. Others hold the folder for microseconds.
    private func alone<Result: ~Copyable, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let folder = unsafe open(self.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if folder >= 0 { close(folder) } }
        while folder >= 0, flock(folder, LOCK_EX) != 0, errno == EINTR {}
        return try body()
    }

    /// Writes `text` to the file `name` with an atomic rename.
    package func write(_ text: String, to name: String) throws(HostError) {
        let path = self.path(of: name)
        let draft = "\(path).\(getpid()).new"
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HostError("\(draft) cannot be written: \(Self.reason()).") }
        let file = FileDescriptor(owning: descriptor)
        let bytes = Array(text.utf8)
        let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file.rawValue, $0.baseAddress, $0.count) }
        guard written == bytes.count, unsafe rename(draft, path) == 0 else {
            let reason = Self.reason()
            unsafe unlink(draft)
            throw HostError("\(path) cannot be written: \(reason). Free some space or check the folder's owner.")
        }
    }

    /// The text of the file `name`, or nil.
    package func read(_ name: String) -> String? {
        let descriptor = unsafe open(self.path(of: name), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        let file = FileDescriptor(owning: descriptor)
        return Self.read(file.rawValue)
    }

    package func remove(_ name: String) { unsafe unlink(self.path(of: name)) }

    private static func read(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe pread(descriptor, &buffer, buffer.count, 0)
        let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        return text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
    }

    private static func makeFolder(_ path: String) throws(HostError) {
        if unsafe mkdir(path, 0o700) == 0 { return }
        if errno == EEXIST {
            guard let other = Self.obstacle(in: path) else { return }
            throw HostError(
                "\(path) cannot be the data directory: it is \(other), not a folder. Move it away, or choose a folder "
                    + "with --data-dir.")
        }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try Self.makeFolder(String(path[..<slash]))
            if unsafe mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        }
        let reason = errno == ENOTDIR ? "a part of this path is a file, not a folder" : Self.reason()
        throw HostError("cannot create the data directory \(path): \(reason). Choose another with --data-dir.")
    }

    /// What is at `path` instead of a folder; nil for a folder.
    private static func obstacle(in path: String) -> String? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return "a link to nothing" }
        return switch status.st_mode & S_IFMT {
        case S_IFDIR: nil
        case S_IFREG: "a file"
        default: "a special file"
        }
    }

    private static func reason() -> String { unsafe String(cString: strerror(errno)) }
}

package struct DataDirectoryLock: ~Copyable, Sendable {
    private let file: FileDescriptor

    fileprivate init(file: consuming FileDescriptor) { self.file = file }
}
