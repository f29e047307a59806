internal import Glibc
internal import Primitives
internal import Sandbox

/// Watches the size of one jail's folders on a thread, until it is cancelled or has ended the jail.
final class DiskWatcher: Sendable {
    /// Why it has ended the jail.
    var excess: DiskExcess? { self.found.withLock { $0 } }

    private let place: JailPlace
    private let processes: JailedProcesses
    private let found = Protected<DiskExcess?>(nil)
    private let thread = Protected<UrgentThread?>(nil)
    private let onExcess: @Sendable () -> Void

    /// - Parameter onExcess: Called on the thread, when the jail's processes have been killed.
    init(_ place: JailPlace, _ processes: JailedProcesses, onExcess: @escaping @Sendable () -> Void) {
        self.place = place
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
        guard let disk = DiskState(self.place.disk[0]) else { return .milliseconds(200) }
        switch watch.next(disk, at: Self.now) {
        case .wait(let limit): return limit
        case .measure(let isUrgent):
            let isPaused = isUrgent && watch.isSlow
            if isPaused { self.processes.pause() }
            let start = Self.now
            let ceiling = watch.mostBytes
            let measure = { self.measure(upTo: ceiling) }
            let measurement = isUrgent ? measure() : thread.withoutHaste(measure)
            let end = Self.now
            guard let excess = watch.measured(measurement, took: end - start, at: end) else {
                if isPaused { self.processes.resume() }
                return watch.isInDoubt ? .milliseconds(1) : .zero
            }
            self.found.withLock { $0 = excess }
            self.processes.kill()
            self.onExcess()
            return nil
        }
    }

    private static let began = ContinuousClock.now
    private static var now: Duration { Self.began.duration(to: .now) }

    /// - Parameter ceiling: Beyond that, no deleted files are sought: what writes is to be ended at once.
    private func measure(upTo ceiling: Int) -> DiskWatch.Measurement {
        let mount = self.place.mount
        let folders = [JailPlan.workspace] + mount.binds.filter(\.isWritable).map(\.target)
        return Self.measure(self.place.disk) { device, bytes in
            bytes > ceiling ? nil : self.processes.deletedFiles(on: device, below: folders)
        }
    }

    /// - Parameter deleted: The deleted files of a device that are kept, which count with the bytes of the others.
    static func measure(
        _ folders: [String], deleted: (_ device: UInt64, _ others: Int) -> DeletedFiles? = { _, _ in nil }
    ) -> DiskWatch.Measurement {
        let disk = DiskState(folders[0]) ?? DiskState(free: 0, available: 0, freeFiles: 0, reserve: 0)
        var walk = FolderWalk()
        for folder in folders { walk.add(folder) }
        var status = stat()
        let kept = stat(folders[0], &status) == 0 ? deleted(UInt64(status.st_dev), walk.bytes) : nil
        return DiskWatch.Measurement(
            disk: disk, usage: WorkspaceUsage(bytes: walk.bytes + (kept?.bytes ?? 0), files: walk.files),
            isComplete: walk.isComplete, hidden: kept?.hidden ?? 0)
    }
}
