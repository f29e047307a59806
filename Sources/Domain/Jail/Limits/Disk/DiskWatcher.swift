internal import Glibc
internal import Primitives
internal import Sandbox

/// Watches the size of one jail's folders on a thread, until it is cancelled or has ended the jail.
final class DiskWatcher: Sendable {
    /// Why it has ended the jail.
    var excess: DiskExcess? { self.found.withLock { $0 } }

    private let folders: [String]
    private let processes: JailedProcesses
    private let found = Protected<DiskExcess?>(nil)
    private let thread = Protected<UrgentThread?>(nil)
    private let onExcess: @Sendable () -> Void

    /// - Parameter onExcess: Called on the thread, when the jail's processes have been killed.
    init(_ folders: [String], _ processes: JailedProcesses, onExcess: @escaping @Sendable () -> Void) {
        self.folders = folders
        self.processes = processes
        self.onExcess = onExcess
    }

    func start(_ watch: DiskWatch) throws(JailFailure) {
        do {
            let thread = try UrgentThread(name: "jail-disk") { [self] thread in
                var watch = watch
                while let limit = self.look(&watch, thread) { guard thread.sleep(for: limit) else { return } }
            }
            self.thread.withLock { $0 = thread }
        } catch {
            throw JailFailure("the jail's disk cannot be watched: \(error)")
        }
    }

    func cancel() {
        // The thread's body keeps this watcher.
        self.thread.withLock { $0.take() }?.cancel()
    }

    /// Returns the time until the next look; nil when the jail has been ended.
    private func look(_ watch: inout DiskWatch, _ thread: UrgentThread) -> Duration? {
        guard let disk = DiskState(self.folders[0]) else { return .milliseconds(200) }
        switch watch.next(disk, at: Self.now) {
        case .wait(let limit): return limit
        case .measure(let isUrgent):
            let isPaused = isUrgent && watch.isSlow
            if isPaused { self.processes.pause() }
            let start = Self.now
            let measure = { Self.measure(self.folders, self.processes) }
            let measurement = isUrgent ? measure() : thread.withoutHaste(measure)
            let end = Self.now
            guard let excess = watch.measured(measurement, took: end - start, at: end) else {
                if isPaused { self.processes.resume() }
                return .zero
            }
            self.found.withLock { $0 = excess }
            self.processes.kill()
            self.onExcess()
            return nil
        }
    }

    private static let began = ContinuousClock.now
    private static var now: Duration { Self.began.duration(to: .now) }

    /// - Parameter processes: Those that may have deleted files open, which count too.
    static func measure(_ folders: [String], _ processes: JailedProcesses?) -> DiskWatch.Measurement {
        let disk = DiskState(folders[0]) ?? DiskState(free: 0, available: 0, freeFiles: 0, reserve: 0)
        var walk = FolderWalk()
        for folder in folders { walk.add(folder) }
        var status = stat()
        let deleted = stat(folders[0], &status) == 0 ? processes?.deletedBytes(on: UInt64(status.st_dev)) : nil
        return DiskWatch.Measurement(
            disk: disk, usage: WorkspaceUsage(bytes: walk.bytes + (deleted ?? 0), files: walk.files),
            isComplete: walk.isComplete)
    }
}
