internal import Glibc

/// The free space of a folder's file system.
struct DiskState: Equatable {
    /// Bytes; also those that are reserved for root.
    var free: Int
    /// Bytes for others than root.
    var available: Int
    var freeFiles: Int
    /// Bytes that jails leave free: 256 MiB, or a twentieth of a small disk.
    let reserve: Int

    init(free: Int, available: Int, freeFiles: Int, reserve: Int) {
        self.free = free
        self.available = available
        self.freeFiles = freeFiles
        self.reserve = reserve
    }

    /// Nil if the system does not say.
    init?(_ path: String) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let unit = Int(status.f_frsize)
        self.init(
            free: Int(status.f_bfree) * unit, available: Int(status.f_bavail) * unit, freeFiles: Int(status.f_ffree),
            reserve: min(256 << 20, Int(status.f_blocks) * unit / 20))
    }
}
