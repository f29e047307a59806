/// A limiter that also ends a jail when its workspace is over its size.
package struct DiskLimiter: JailLimiter {
    private let limiter: any JailLimiter
    private let quota: any WorkspaceQuota
    private let folder: String

    /// - Parameter folder: The workspace, which `quota` has prepared.
    package init(_ limiter: any JailLimiter, quota: any WorkspaceQuota, folder: String) {
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
        let quota: any WorkspaceQuota
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
