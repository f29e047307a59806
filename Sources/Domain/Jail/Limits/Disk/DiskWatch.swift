/// Decides when a workspace in use is measured and when its jail must end. Pure.
///
/// Measuring takes long in a large workspace, so between two measurements it goes by the free space of the file system:
/// a workspace cannot have grown by more than what that has lost.
struct DiskWatch {
    enum Step: Equatable {
        /// Look at the file system again after this time.
        case wait(Duration)
        /// Measure now: with `isUrgent`, so that nothing is written meanwhile, else beside further looks.
        case measure(isUrgent: Bool)
    }

    struct Measurement: Equatable {
        /// The file system before the measurement began.
        let disk: DiskState
        var usage: WorkspaceUsage
        let isComplete: Bool
        /// How many deleted files there may be besides; see ``DeletedFiles/hidden``.
        var hidden = 0
    }

    private let quota: Int
    private let mostFiles: Int
    private let fileSize: Int
    /// What the workspace may have now. Above the quota only where it was so at the start: a command may then delete
    /// but not add, and what it has deleted stays deleted.
    private var ceiling: WorkspaceUsage
    private var base: Measurement
    /// The last one in which no file could be hidden.
    private var clear: Measurement
    /// The size when the disk last had more than its reserve.
    private var sizeBeforeReserve: Int
    private var measuredAt: Duration = .zero
    private var rest: Duration
    /// Since when, and at which free space, only files that may be hidden have made the workspace too large.
    private var doubt: (since: Duration, free: Int)?

    /// What a command that deletes may add: Git's index, a larger folder.
    private static let slack = WorkspaceUsage(bytes: 256 << 10, files: 16)
    /// Less is not measured each time, because others write to the file system too.
    private static let grain = 1 << 20
    /// Written beyond the room that is left, this is measured even if the last measurement was just now.
    private static let alarm = 4 << 20
    private static let longSearch = Duration.milliseconds(2)
    private static let shortest = Duration.microseconds(500)
    private static let longest = Duration.milliseconds(200)
    /// How long it is left open whether a jail hides files or others write to the disk: descriptors are passed in much less.
    private static let patience = Duration.milliseconds(250)
    /// What may be written meanwhile.
    private static let doubtful = 16 << 20
    /// Faster than processors copy into the kernel's memory today, in bytes per nanosecond.
    private static let fastest = 10

    /// - Parameters:
    ///   - fileSize: The most that one file may have.
    ///   - took: How long the measurement at the start took.
    init(quota: Int, mostFiles: Int, fileSize: Int, start: Measurement, took: Duration = .zero) {
        self.rest = took * 4
        self.quota = quota
        self.mostFiles = mostFiles
        self.fileSize = fileSize
        self.base = start
        self.clear = start
        self.sizeBeforeReserve = start.usage.bytes
        self.ceiling = WorkspaceUsage(bytes: .max, files: .max)
        self.lowerCeiling()
    }

    /// Whether commands may only delete.
    var isOver: Bool { self.ceiling.bytes > self.quota || self.ceiling.files > self.mostFiles || !self.base.isComplete }

    /// What the workspace may have now, in bytes.
    var mostBytes: Int { self.ceiling.bytes }

    /// Why commands may only delete; nil if they may add.
    var restriction: DiskExcess? {
        guard self.isOver else { return nil }
        if !self.base.isComplete { return .hidden }
        return self.ceiling.bytes > self.quota
            ? .bytes(used: self.base.usage.bytes, quota: self.quota)
            : .files(count: self.base.usage.files, limit: self.mostFiles)
    }

    /// Whether the next measurement decides; the processes go on until then.
    var isInDoubt: Bool { self.doubt != nil }

    /// Whether a fast writer would write much while the workspace is measured.
    var isSlow: Bool { self.rest > Self.longSearch * 4 }

    private mutating func lowerCeiling() {
        let usage = self.base.usage
        self.ceiling = WorkspaceUsage(
            bytes: max(self.quota, min(self.ceiling.bytes, usage.bytes + Self.slack.bytes)),
            files: max(self.mostFiles, min(self.ceiling.files, usage.files + Self.slack.files)))
        // Exactly the quota, once it is kept again.
        if usage.bytes <= self.quota { self.ceiling.bytes = self.quota }
        if usage.files <= self.mostFiles { self.ceiling.files = self.mostFiles }
    }

    /// Bytes that may be written before the next measurement.
    private var room: Int {
        let toReserve = max(0, self.base.disk.available - self.base.disk.reserve)
        return max(Self.grain, min(self.ceiling.bytes - self.base.usage.bytes, toReserve))
    }

    /// Whether a measurement that began at `start` says less than the last one.
    func isOutdated(since start: Duration) -> Bool { start < self.measuredAt }

    /// - Parameter isMeasuring: A measurement that is not urgent is being made; what it will find is not known yet.
    func next(_ disk: DiskState, at now: Duration, isMeasuring: Bool = false) -> Step {
        let written = max(0, self.base.disk.free - disk.free)
        let made = self.base.disk.freeFiles - disk.freeFiles
        let isRested = now - self.measuredAt >= self.rest
        let isFull = written > self.room || made > max(64, self.ceiling.files - self.base.usage.files)
        if isFull, isRested || written > self.room + Self.alarm { return .measure(isUrgent: true) }
        // Some file systems count late, and what was deleted lowers the ceiling.
        if !isMeasuring, disk != self.base.disk, now - self.measuredAt >= max(self.rest, Self.longest) {
            return .measure(isUrgent: false)
        }
        let left = max(0, (isFull ? self.room + Self.alarm : self.room) - written)
        return .wait(min(Self.longest, max(Self.shortest, .nanoseconds(left / Self.fastest))))
    }

    /// Returns why the jail must end, or nil.
    mutating func measured(_ measurement: Measurement, took: Duration, at now: Duration) -> DiskExcess? {
        defer {
            self.measuredAt = now
            // At most a fifth of a processor.
            self.rest = took * 4
        }
        guard measurement.isComplete || !self.base.isComplete else { return .hidden }
        let (seen, measurement) = (measurement.usage.bytes, self.withHiddenFiles(measurement))
        let (usage, disk) = (measurement.usage, measurement.disk)
        if usage.bytes > self.ceiling.bytes, seen <= self.ceiling.bytes {
            let doubt = self.doubt ?? (now, disk.free)
            self.doubt = doubt
            if now - doubt.since < Self.patience, doubt.free - disk.free <= Self.doubtful { return nil }
        }
        self.doubt = nil
        if usage.bytes > self.ceiling.bytes { return .bytes(used: usage.bytes, quota: self.quota) }
        if usage.files > self.ceiling.files { return .files(count: usage.files, limit: self.mostFiles) }
        if disk.available >= disk.reserve {
            self.sizeBeforeReserve = usage.bytes
        } else if usage.bytes > self.sizeBeforeReserve + Self.slack.bytes {
            return .reserve(disk.reserve)
        }
        self.base = measurement
        self.lowerCeiling()
        return nil
    }

    /// Counts what the disk has lost since nothing was hidden, as far as the hidden files can hold it. Programs that pass
    /// descriptors, or replace a library in use, hide files too: these cost nothing as long as the disk loses nothing.
    private mutating func withHiddenFiles(_ measurement: Measurement) -> Measurement {
        guard measurement.hidden > 0 else {
            self.clear = measurement
            return measurement
        }
        let lost = self.clear.disk.free - measurement.disk.free
        let grown = measurement.usage.bytes - self.clear.usage.bytes
        let (most, isBeyond) = measurement.hidden.multipliedReportingOverflow(by: self.fileSize)
        var counted = measurement
        counted.usage.bytes += max(0, min(lost - grown, isBeyond ? .max : most))
        return counted
    }
}
