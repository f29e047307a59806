package import Git

/// Limits of all workspaces.
package struct WorkspaceSettings: Sendable, Hashable {
    /// What a snapshot records.
    package var scan: ScanLimits
    /// Older snapshots are dropped.
    package var snapshots: Int
    /// A longer diff is cut. Bytes.
    package var diffBytes: Int
    /// More objects made in the jail are refused. Bytes, compressed.
    package var packBytes: Int

    package init(
        scan: ScanLimits = ScanLimits(), snapshots: Int = 200, diffBytes: Int = 512 << 10, packBytes: Int = 256 << 20
    ) {
        self.scan = scan
        self.snapshots = snapshots
        self.diffBytes = diffBytes
        self.packBytes = packBytes
    }
}

/// Runs `git pack-objects --revs --thin --stdout` in a session's jail for the commits after `base` up to `new` (both 40
/// hexadecimal digits; the input is `NEW\n^BASE\n`) and passes the program's output on in pieces. Throws if the program
/// fails.
package typealias CommitPacker =
    @Sendable (
        _ session: String, _ base: String, _ new: String, _ piece: @Sendable ([UInt8]) async throws -> Void
    ) async throws -> Void

/// A folder or file that a jail sees, in the order of mounting.
package struct WorkspaceBind: Sendable, Hashable {
    package let source: String
    package let target: String
    package let isWritable: Bool

    package init(_ source: String, at target: String, isWritable: Bool = false) {
        self.source = source
        self.target = target
        self.isWritable = isWritable
    }
}
