internal import Primitives

/// Limits the size of a workspace by measuring it while its jail runs, and ending the jail.
///
/// Quotas of a file system need its set-up, and root. So this looks at the free space of the file system so often that
/// even the fastest writers pass the limit by a few megabytes only.
package struct MeasuredQuota: Sendable {
    /// As `doctor` names it.
    package let name = "measured"

    package init() {}

    /// What folders of the jail hold.
    package func usage(of folders: [String]) async -> WorkspaceUsage {
        await FolderMeasurer.other.measured(folders).usage
    }

    /// Whether all of a folder can be measured, and it holds no more than `most`.
    package func fits(_ folder: String, in most: WorkspaceUsage) async -> Bool {
        let found = await FolderMeasurer.measure([folder])
        return found.isComplete && found.usage.bytes <= most.bytes && found.usage.files <= most.files
    }

    /// The state of a jail's folders before it starts.
    func watch(_ folders: [String], _ limits: JailLimits) async -> DiskWatch {
        let begun = ContinuousClock.now
        let start = await FolderMeasurer.measure(folders)
        return DiskWatch(
            quota: limits.disk, mostFiles: limits.files, fileSize: limits.fileSize, start: start,
            took: begun.duration(to: .now))
    }
}

/// Measures on a thread of its own: a large workspace takes seconds, for which nothing else may wait.
actor FolderMeasurer {
    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    /// Several, so that a small workspace rarely waits for a large one.
    private static let all = (1...3).map { FolderMeasurer(number: $0) }
    /// For what no jail waits for.
    static let other = FolderMeasurer(number: 4)

    private let executor: ThreadExecutor

    private init(number: Int) {
        self.executor = ThreadExecutor(name: "jail-usage-\(number)")
    }

    static func measure(_ folders: [String]) async -> DiskWatch.Measurement {
        let number = Int(UInt(bitPattern: folders.hashValue) % UInt(self.all.count))
        return await self.all[number].measured(folders)
    }

    func measured(_ folders: [String]) -> DiskWatch.Measurement { DiskWatcher.measure(folders) }

    func run<Value: Sendable>(_ body: @Sendable () -> Value) -> Value { body() }
}

/// What a workspace holds.
package struct WorkspaceUsage: Sendable, Equatable {
    package var bytes: Int
    /// Files and folders.
    package var files: Int

    package init(bytes: Int, files: Int) {
        self.bytes = bytes
        self.files = files
    }
}
