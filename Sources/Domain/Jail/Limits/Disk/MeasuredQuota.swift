internal import Glibc
internal import Primitives

/// Measures a workspace while a command runs in it.
///
/// It stops a command only afterwards: writes between two measurements can exceed the limit. Writes to a deleted file
/// are not measured, so the command also ends before the disk is full.
package final class MeasuredQuota: WorkspaceQuota {
    private struct Limit {
        let bytes: Int
        let files: Int
    }

    package let name = "measured"
    private let limits = Protected<[String: Limit]>([:])

    package init() {}

    package func prepare(_ folder: String, bytes: Int, files: Int) async throws(JailFailure) {
        try await self.make(folder)
        self.limits.withLock { $0[folder] = Limit(bytes: bytes, files: files) }
    }

    @concurrent private func make(_ folder: String) async throws(JailFailure) { try FolderWalk.make(folder) }

    package func usage(of folder: String) async throws(JailFailure) -> WorkspaceUsage {
        let (usage, _) = await self.measure(folder, upTo: nil)
        return usage
    }

    package func waitForExcess(of folder: String) async throws -> String {
        guard var limit = self.limits.withLock({ $0[folder] }) else {
            throw JailFailure("the size of \(folder) is unknown; prepare it first")
        }
        // In a workspace that is over its size already, commands must be able to delete; what each adds before it is
        // ended is bounded by the room that the disk keeps free.
        let (before, _) = await self.measure(folder, upTo: nil)
        limit = Limit(bytes: max(limit.bytes, before.bytes), files: max(limit.files, before.files))
        var last: DiskState?
        while true {
            let start = ContinuousClock.now
            // If the disk's free space has not changed, nothing has grown, so an idle jail costs almost nothing.
            let state = DiskState(folder)
            if state == nil || state != last {
                let (usage, isComplete) = await self.measure(folder, upTo: limit)
                if !isComplete || usage.bytes > limit.bytes || usage.files > limit.files { return "disk" }
                if state?.isFull == true { return "disk" }
                last = state
            }
            // Measuring takes at most a fifth of a processor.
            try await Task.sleep(for: max(.milliseconds(200), (ContinuousClock.now - start) * 4))
        }
    }

    @concurrent private func measure(_ folder: String, upTo limit: Limit?) async -> (WorkspaceUsage, Bool) {
        var walk = FolderWalk(maximumBytes: limit?.bytes ?? .max, maximumFiles: limit?.files ?? .max)
        walk.add(folder)
        return (WorkspaceUsage(bytes: walk.bytes, files: walk.files), walk.isComplete)
    }
}

/// The free space of a folder's file system.
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
