internal import Glibc

/// What the host's own work on people's files may still write to a disk.
package struct DiskRoom {
    /// In bytes; below zero if less is free than is to stay free, and the most there can be if the system does not say.
    package let bytes: Int64

    /// - Parameters:
    ///   - path: Anything on the disk.
    ///   - reserve: Bytes that stay free; nil for half of what jails leave free, so that what a jail wrote last can be
    ///     recorded: 128 MiB, or a fortieth of a small disk.
    package init(path: String, reserve: Int64? = nil) {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else {
            self.bytes = .max
            return
        }
        let unit = Int64(clamping: status.f_frsize)
        let kept = reserve ?? min(128 << 20, Int64(clamping: status.f_blocks) * unit / 40)
        self.bytes = Int64(clamping: status.f_bavail) * unit - kept
    }

    /// Throws ``GitError/Code/diskFull`` if there is no room for so many bytes more.
    ///
    /// - Parameter what: "the workspace's files can't be recorded".
    func check(_ size: Int64, _ what: String) throws(GitError) {
        guard size > 0, size > self.bytes else { return }
        throw GitError(.diskFull, "\(what) because the disk is almost full: delete files")
    }
}
