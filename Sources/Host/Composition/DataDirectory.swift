internal import Glibc
internal import Primitives

/// The folder that holds everything of one host: 0700, its files 0600, used by one serving host at a time.
package struct DataDirectory: Sendable {
    /// Absolute.
    package let path: String

    /// Makes the folder if it is missing.
    package init(path: String) throws(HostError) {
        self.path = path
        // Everything that is made from here on is the owner's only.
        umask(0o077)
        try Self.makeFolder(path)
        guard access(path, W_OK | X_OK) == 0 else {
            throw HostError(
                "the data directory \(path) cannot be written to: \(Self.reason()). Change its owner or choose another with --data-dir."
            )
        }
    }

    /// The path of `name` within, or `name` itself when it is absolute.
    package func path(of name: String) -> String {
        name.hasPrefix("/") ? name : "\(self.path)/\(name)"
    }

    /// Takes the folder for this process until the lock ends. Refused, with the other's pid, while another host serves.
    package func lock() throws(HostError) -> DataDirectoryLock {
        let path = self.path(of: "host.lock")
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw HostError("\(path) cannot be opened: \(Self.reason()). Check the folder's owner.")
        }
        let file = FileDescriptor(owning: descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let pid = Self.read(descriptor)
            throw HostError(
                "another host (pid \(pid.isEmpty ? "unknown" : pid)) serves the data directory \(self.path). "
                    + "Stop it, or choose another directory with --data-dir.")
        }
        ftruncate(descriptor, 0)
        let text = "\(getpid())\n"
        _ = text.withCString { Glibc.write(descriptor, $0, strlen($0)) }
        return DataDirectoryLock(file: file)
    }

    /// The pid of the host that serves this folder now, or nil.
    package var servingHost: Int32? {
        let descriptor = open(self.path(of: "host.lock"), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        let file = FileDescriptor(owning: descriptor)
        guard flock(file.rawValue, LOCK_SH | LOCK_NB) != 0 else { return nil }
        return Int32(Self.read(file.rawValue))
    }

    /// Puts `text` into the file `name` by an atomic rename.
    package func write(_ text: String, to name: String) throws(HostError) {
        let path = self.path(of: name)
        let draft = "\(path).\(getpid()).new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HostError("\(draft) cannot be written: \(Self.reason()).") }
        let file = FileDescriptor(owning: descriptor)
        let bytes = Array(text.utf8)
        let written = bytes.withUnsafeBytes { Glibc.write(file.rawValue, $0.baseAddress, $0.count) }
        guard written == bytes.count, rename(draft, path) == 0 else {
            let reason = Self.reason()
            unlink(draft)
            throw HostError("\(path) cannot be written: \(reason). Free some space or check the folder's owner.")
        }
    }

    /// The text of the file `name`, or nil.
    package func read(_ name: String) -> String? {
        let descriptor = open(self.path(of: name), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        let file = FileDescriptor(owning: descriptor)
        return Self.read(file.rawValue)
    }

    package func remove(_ name: String) { unlink(self.path(of: name)) }

    private static func read(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        return text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
    }

    private static func makeFolder(_ path: String) throws(HostError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try Self.makeFolder(String(path[..<slash]))
            if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        }
        throw HostError("the data directory \(path) cannot be made: \(Self.reason()). Choose another with --data-dir.")
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}

/// Holds a data directory for this process.
package struct DataDirectoryLock: ~Copyable, Sendable {
    private let file: FileDescriptor

    fileprivate init(file: consuming FileDescriptor) { self.file = file }
}
