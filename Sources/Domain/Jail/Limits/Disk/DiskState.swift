internal import Glibc

/// The free space of a folder's file system.
package struct DiskState: Equatable {
    /// Bytes; also those that are reserved for root.
    var free: Int
    /// Bytes for others than root.
    var available: Int
    var freeFiles: Int
    /// Bytes that jails leave free: 256 MiB, or a twentieth of a small disk.
    let reserve: Int
}

extension DiskState {
    /// Nil if the system does not say.
    init?(_ path: String) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let unit = Int(status.f_frsize)
        self.init(
            free: Int(status.f_bfree) * unit, available: Int(status.f_bavail) * unit, freeFiles: Int(status.f_ffree),
            reserve: min(256 << 20, Int(status.f_blocks) * unit / 20))
    }

    /// In bytes. With less, a burst of messages or the database's next checkpoint fails.
    private static let least = 2 << 20

    /// One line if there is hardly any room for this process. Nil if there is enough, and if the system does not say.
    package static func shortage(at path: String) -> String? {
        guard let state = Self(path) else { return nil }
        let free = geteuid() == 0 ? state.free : state.available
        guard free < Self.least else { return nil }
        return "the disk is full (\(free / 1024) KB free): free some space"
    }
}
