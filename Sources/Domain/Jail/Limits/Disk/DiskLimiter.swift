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

/// A way to enforce a workspace's size limit: a separate file system, or measuring.
package protocol WorkspaceQuota: Sendable {
    /// As `doctor` names it: `measured`.
    var name: String { get }
    /// Creates `folder` if it is missing and limits it to `bytes` and `files` (files and folders). Keeps its contents.
    /// Call it before the folder is used, after each start of the host; repeated calls have no effect.
    func prepare(_ folder: String, bytes: Int, files: Int) async throws(JailFailure)
    /// What a prepared folder holds.
    func usage(of folder: String) async throws(JailFailure) -> WorkspaceUsage
    /// Waits until a prepared folder is over its size, for as long as a command runs in it; then returns `disk`, and
    /// the command must end. If the kernel enforces the limit, waits until it is cancelled. Throws when cancelled.
    func waitForExcess(of folder: String) async throws -> String
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
