internal import Glibc

/// The free space of a file system.
enum DiskSpace {
    /// In bytes. With less, a burst of messages or the database's next checkpoint fails.
    static let least: UInt64 = 2 << 20

    /// One line if less than ``least`` is free. Nil if there is enough, and if the space is unknown.
    static func problem(at path: String) -> String? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        // The reserve of a file system is for root only.
        let blocks = geteuid() == 0 ? status.f_bfree : status.f_bavail
        let free = UInt64(blocks) * UInt64(status.f_frsize)
        guard free < Self.least else { return nil }
        return "the disk is full (\(free / 1024) KB free): free some space"
    }
}
