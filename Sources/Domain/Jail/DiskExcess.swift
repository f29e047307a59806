/// Why a jail was ended because of what it wrote.
package enum DiskExcess: Sendable, Equatable {
    /// Bytes of the workspace.
    case bytes(used: Int, quota: Int)
    /// Files and folders of the workspace.
    case files(count: Int, limit: Int)
    /// Bytes that stay free on the host's disk.
    case reserve(Int)
    /// Folders are unreadable, or moved all the time.
    case hidden

    /// What is wrong and what to do; a clause.
    package var reason: String {
        switch self {
        case .bytes(let used, let quota):
            "the workspace is over its quota of \(Self.size(quota)) (\(Self.size(used)) used); delete files or `undo`"
        case .files(let count, let limit):
            "the workspace has \(count) files and folders, more than its limit of \(limit); delete some or `undo`"
        case .reserve(let bytes):
            "less than \(Self.size(bytes)) are free on the host's disk, which are kept for others; free space there, or "
                + "delete files or `undo`"
        case .hidden:
            "the size of the workspace cannot be measured, because folders in it cannot be read or are moved all the "
                + "time; make them readable or `undo`"
        }
    }

    private static func size(_ bytes: Int) -> String {
        for (shift, unit) in [(30, "GiB"), (20, "MiB")] where bytes >= 1 << shift {
            // Whole, or with enough digits to be near.
            if bytes >= 10 << shift || bytes % (1 << shift) == 0 { return "\(bytes >> shift) \(unit)" }
        }
        return "\(bytes >> 10) KiB"
    }
}
