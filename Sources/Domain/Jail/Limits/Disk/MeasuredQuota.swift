internal import Glibc
internal import Primitives

/// Measures a workspace while a command runs in it.
///
/// It stops a command only afterwards: writes between two measurements can exceed the limit. Writes to a deleted file
/// are not measured, so the command also ends before the disk is full.
package final class MeasuredQuota: Sendable {
    private struct Limit {
        let bytes: Int
        let files: Int
    }

    /// As `doctor` names it.
    package let name = "measured"
    private let limits = Protected<[String: Limit]>([:])

    package init() {}

    /// Creates `folder` if it is missing and limits it to `bytes` and `files` (files and folders). Keeps its contents.
    /// Call it before the folder is used, after each start of the host; repeated calls have no effect.
    package func prepare(_ folder: String, bytes: Int, files: Int) async throws(JailFailure) {
        try await self.make(folder)
        self.limits.withLock { $0[folder] = Limit(bytes: bytes, files: files) }
    }

    @concurrent private func make(_ folder: String) async throws(JailFailure) { try FolderWalk.make(folder) }

    /// The contents of a prepared folder.
    package func usage(of folder: String) async throws(JailFailure) -> WorkspaceUsage {
        let (usage, _) = await self.measure(folder, upTo: nil)
        return usage
    }

    /// Waits until a prepared folder exceeds its size, for as long as a command runs in it; then returns `disk`, and the
    /// command must end. Throws when cancelled.
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

/// What a workspace holds.
package struct WorkspaceUsage: Sendable, Equatable {
    package let bytes: Int
    /// Files and folders.
    package let files: Int

    package init(bytes: Int, files: Int) {
        self.bytes = bytes
        self.files = files
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

/// A limiter that also ends a jail when its workspace is over its size.
package struct DiskLimiter: JailLimiter {
    private let limiter: any JailLimiter
    private let quota: MeasuredQuota
    private let folder: String

    /// - Parameter folder: The workspace, which `quota` has prepared.
    package init(_ limiter: any JailLimiter, quota: MeasuredQuota, folder: String) {
        self.limiter = limiter
        self.quota = quota
        self.folder = folder
    }

    package var name: String { self.limiter.name }

    package func prepare(_ id: String, _ limits: JailLimits) async throws(JailFailure) -> any JailGroup {
        Group(group: try await self.limiter.prepare(id, limits), quota: self.quota, folder: self.folder)
    }

    private struct Group: JailGroup {
        let group: any JailGroup
        let quota: MeasuredQuota
        let folder: String

        var procsFiles: [String] { self.group.procsFiles }

        func waitForExcess() async throws -> String {
            try await withThrowingTaskGroup(of: String.self) { tasks in
                tasks.addTask(name: "memory") { try await self.group.waitForExcess() }
                tasks.addTask(name: "disk") { try await self.quota.waitForExcess(of: self.folder) }
                defer { tasks.cancelAll() }
                guard let first = try await tasks.next() else { throw CancellationError() }
                return first
            }
        }

        func end() async { await self.group.end() }
    }
}
