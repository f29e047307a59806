package import Git

/// Limits of all workspaces.
package struct WorkspaceSettings: Sendable, Hashable {
    /// What a snapshot records.
    package var scan: ScanRules
    /// Older snapshots are dropped.
    package var snapshots: Int
    /// Older snapshots are dropped while all together occupy more; the newest stays.
    package var snapshotBytes: Int
    /// A longer diff is cut. Bytes.
    package var diffBytes: Int
    /// More objects made in the jail are refused. Bytes, compressed.
    package var packBytes: Int
    /// A branch that needs more is not made a workspace's files.
    package var room: FolderRoom

    package init(
        scan: ScanRules = .snapshots, snapshots: Int = 200, snapshotBytes: Int = .max, diffBytes: Int = 512 << 10,
        packBytes: Int = 256 << 20, room: FolderRoom? = nil
    ) {
        self.room = room ?? FolderRoom(files: scan.entries, bytes: Int(scan.newBytes))
        self.snapshotBytes = snapshotBytes
        self.scan = scan
        self.snapshots = snapshots
        self.diffBytes = diffBytes
        self.packBytes = packBytes
    }
}

extension ScanRules {
    // Change: which files a snapshot leaves out
    /// A snapshot leaves out Git folders, large files and what is nested too deep.
    package static let snapshots = ScanRules(
        entries: 200_000, fileBytes: 100 << 20, newBytes: 4 << 30, depth: 200, excluding: [".git"])
}

/// Runs `git pack-objects --revs --thin --stdout` in a session's jail for the commits after `base` up to `new` (both 40
/// hexadecimal digits; the input is `NEW\n^BASE\n`) and passes the program's output on in pieces. Throws if the program
/// fails.
package typealias CommitPacker =
    @Sendable (
        _ session: String, _ base: String, _ new: String, _ piece: @Sendable ([UInt8]) async throws -> Void
    ) async throws -> Void
