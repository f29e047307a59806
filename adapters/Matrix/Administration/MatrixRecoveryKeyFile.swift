internal import EventLoop
internal import Glibc
internal import Lifecycle
internal import Primitives

/// The file of a recovery key. It is made once and never replaced: the key in it may be the only one that opens the
/// account's secret storage.
struct MatrixRecoveryKeyFile {
    let path: String

    /// Whether something is at the path.
    var exists: Bool {
        var status = stat()
        return lstat(self.path, &status) == 0
    }

    /// The key in it; nil if it cannot be read, or is none.
    var key: MatrixRecoveryKey? { PrivateFile.text(of: self.path).flatMap { MatrixRecoveryKey($0) } }

    /// Writes the key with mode 0600, unless there is a file already: then it returns false.
    ///
    /// - Parameter folder: Root gives the file to this folder's owner, who serves.
    func create(_ key: String, forOwnerOf folder: String) throws(HostError) -> Bool {
        guard !self.exists else { return false }
        let draft = "\(self.path).\(getpid()).draft"
        defer { unlink(draft) }
        do throws(SystemError) {
            try PrivateFile.write(Array("\(key)\n".utf8), to: draft)
        } catch {
            throw HostError("the recovery key cannot be made: \(error). Make its folder, or check who may write there.")
        }
        var status = stat()
        if geteuid() == 0, stat(folder, &status) == 0 { _ = chown(draft, status.st_uid, status.st_gid) }
        // Unlike a renaming, it never replaces a file.
        guard link(draft, self.path) == 0 else {
            if errno == EEXIST { return false }
            throw HostError("the recovery key cannot be made: \(self.path): \(String(cString: strerror(errno))).")
        }
        self.flushFolder()
        return true
    }

    /// The key must not be lost once the server knows of it.
    private func flushFolder() {
        let folder = self.path.lastIndex(of: "/").map { String(self.path[...$0]) } ?? "."
        let number = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { return }
        let descriptor = FileDescriptor(owning: number)
        fsync(descriptor.rawValue)
    }
}
