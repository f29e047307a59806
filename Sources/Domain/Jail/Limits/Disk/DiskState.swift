internal import Glibc

/// What is free on a folder's file system.
struct DiskState: Equatable {
    private let size: UInt
    private let freeBlocks: UInt
    private let freeFiles: UInt

    /// Nil if the system does not say.
    init?(_ path: String) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let unit = UInt(status.f_frsize)
        self.size = UInt(status.f_blocks) * unit
        self.freeBlocks = UInt(status.f_bavail) * unit
        self.freeFiles = UInt(status.f_ffree)
    }

    /// Whether less than 256 MiB, or a twentieth of a small disk, is left for others.
    var isFull: Bool { self.freeBlocks < min(256 << 20, self.size / 20) }
}
