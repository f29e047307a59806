internal import Primitives

/// Measures a workspace while a command runs in it.
///
/// It stops a command only after the fact: what can be written between two measurements is beyond the limit. What a
/// program writes to a deleted file is not seen, so that the command also ends before the disk is full.
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
            // Nothing grows without a trace here, so that an idle jail costs next to nothing.
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
