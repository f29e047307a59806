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
    private let unhurried = Protected(Unhurried.none)
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
                while let limit = self.look(&watch) { guard thread.sleep(for: limit) else { return } }
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
    private func look(_ watch: inout DiskWatch) -> Duration? {
        if let done = self.takeUnhurried(), !watch.isOutdated(since: done.start) { return self.decide(&watch, done) }
        guard let disk = DiskState(self.place.disk[0]) else { return .milliseconds(200) }
        switch watch.next(disk, at: Self.now, isMeasuring: self.isMeasuring) {
        case .wait(let limit): return limit
        case .measure(isUrgent: false):
            self.measureUnhurried(upTo: watch.mostBytes)
            return .zero
        case .measure(isUrgent: true):
            let isPaused = watch.isSlow
            if isPaused { self.processes.pause() }
            let next = self.decide(&watch, self.measure(upTo: watch.mostBytes))
            if isPaused, next != nil { self.processes.resume() }
            return next
        }
    }

    private func decide(_ watch: inout DiskWatch, _ done: Done) -> Duration? {
        guard let excess = watch.measured(done.measurement, took: done.end - done.start, at: done.end) else {
            return watch.isInDoubt ? .milliseconds(1) : .zero
        }
        self.found.withLock { $0 = excess }
        self.processes.kill()
        self.onExcess()
        return nil
    }

    // MARK: Measuring

    private struct Done {
        let measurement: DiskWatch.Measurement
        let start, end: Duration
    }

    /// A measurement on another thread, which waits its turn for a processor while this one keeps looking at the disk: a
    /// busy machine makes it wait for longer than a fast writer needs to fill what is left.
    private enum Unhurried {
        case none
        case running
        case done(Done)
    }

    private var isMeasuring: Bool {
        self.unhurried.withLock { if case .running = $0 { true } else { false } }
    }

    private func takeUnhurried() -> Done? {
        self.unhurried.withLock { state in
            guard case .done(let done) = state else { return nil }
            state = .none
            return done
        }
    }

    private func measureUnhurried(upTo ceiling: Int) {
        self.unhurried.withLock { $0 = .running }
        // The looks go on meanwhile; what it finds after the jail's end is not used.
        Task {
            let done = await FolderMeasurer.other.run { self.measure(upTo: ceiling) }
            self.unhurried.withLock { $0 = .done(done) }
        }
    }

    private static let began = ContinuousClock.now
    private static var now: Duration { Self.began.duration(to: .now) }

    /// - Parameter ceiling: Beyond that, no deleted files are sought: what writes is to be ended at once.
    private func measure(upTo ceiling: Int) -> Done {
        let start = Self.now
        let mount = self.place.mount
        let folders = [JailPlan.workspace] + mount.binds.filter(\.isWritable).map(\.target)
        let measurement = Self.measure(self.place.disk) { device, bytes in
            bytes > ceiling ? nil : self.processes.deletedFiles(on: device, below: folders)
        }
        return Done(measurement: measurement, start: start, end: Self.now)
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
