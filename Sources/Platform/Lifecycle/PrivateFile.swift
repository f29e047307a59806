internal import CSystem
package import EventLoop
internal import Glibc
internal import Primitives

/// Small files that only their owner may access: written by an atomic rename with mode 0600, and read in one go.
package enum PrivateFile {
    package struct Contents: Sendable, Hashable {
        package let bytes: [UInt8]
        /// Users other than the owner may read or write it.
        package let isOpenToOthers: Bool
    }

    /// Identifies one state of a file, including its absence.
    package struct Stamp: Sendable, Hashable {
        private let inode: UInt64
        private let size: Int64
        private let seconds: Int
        private let nanoseconds: Int

        package var isAbsent: Bool { self.size < 0 }

        /// The current state of the file at `path`.
        package init(of path: String) {
            var status = stat()
            let isThere = unsafe stat(path, &status) == 0
            self.inode = isThere ? UInt64(status.st_ino) : 0
            self.size = isThere ? Int64(status.st_size) : -1
            self.seconds = isThere ? status.st_mtim.tv_sec : 0
            self.nanoseconds = isThere ? status.st_mtim.tv_nsec : 0
        }
    }

    /// Writes the file at `path` atomically: readers and a crash see either the old or the new contents.
    ///
    /// - Parameter isFlushed: Whether to wait for the disk, so that the same holds after a power failure.
    package static func write(_ bytes: [UInt8], to path: String, isFlushed: Bool = true) throws(SystemError) {
        let draft = try Self.writeDraft(bytes, for: path, isFlushed: isFlushed)
        guard unsafe rename(draft, path) == 0 else {
            let error = SystemError.last("write \(path)")
            unsafe unlink(draft)
            throw error
        }
    }

    /// Writes a temporary file next to `path`, for the caller to rename.
    static func writeDraft(
        _ bytes: [UInt8], for path: String, isFlushed: Bool = true
    ) throws(SystemError) -> String {
        let draft = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).new"
        let number = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard number >= 0 else { throw .last("write \(path)") }
        let file = FileDescriptor(owning: number)
        // Independent of the process's umask.
        var isWritten = fchmod(file.rawValue, 0o600) == 0 && FileDescriptor.write(bytes, to: file.rawValue) == 0
        if isWritten, isFlushed { isWritten = fsync(file.rawValue) == 0 }
        guard isWritten else {
            let error = SystemError.last("write \(path)")
            unsafe unlink(draft)
            throw error
        }
        return draft
    }

    /// The first `limit` bytes of the file at `path`; nil if it is missing, unreadable or not a regular file (a pipe
    /// would block).
    package static func read(_ path: String, limit: Int = 1 << 20) -> Contents? {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else { return nil }
        let file = FileDescriptor(owning: number)
        var status = stat()
        guard unsafe fstat(file.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        // Files below /proc report a size of 0.
        let size = min(limit, max(Int(status.st_size) + 1, 4_096))
        guard let bytes = FileDescriptor.read(file.rawValue, upTo: size) else { return nil }
        return Contents(bytes: bytes, isOpenToOthers: status.st_mode & 0o066 != 0)
    }

    /// The text of a small file; nil under the conditions of ``read(_:limit:)``.
    package static func text(of path: String) -> String? {
        self.read(path).map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    /// Removes others' access to a file; false if they had none, or if it is missing or not a regular file.
    package static func tighten(_ path: String) throws(SystemError) -> Bool {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard number >= 0 else { return false }
        let file = FileDescriptor(owning: number)
        var status = stat()
        guard unsafe fstat(file.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_mode & 0o077 != 0
        else { return false }
        guard fchmod(file.rawValue, 0o600) == 0 else { throw .last("change the mode of \(path)") }
        return true
    }

    /// Waits until everything on the file system of an open file is on the disk; false if that failed.
    package static func flushDisk(of descriptor: Int32) -> Bool { csystem_flush_disk(descriptor) == 0 }

    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Removes a file; false if there was none.
    @discardableResult
    package static func remove(_ path: String) throws(SystemError) -> Bool {
        if unsafe unlink(path) == 0 { return true }
        if errno == ENOENT || errno == ENOTDIR { return false }
        throw .last("remove \(path)")
    }

    /// Creates the folder at `path` and its missing parents with mode 0700.
    package static func makeFolder(_ path: String) throws(SystemError) {
        if unsafe mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw .last("make the folder \(path)")
        }
        try Self.makeFolder(String(path[..<slash]))
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .last("make the folder \(path)") }
    }
}
