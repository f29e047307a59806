import TestSupport
import Testing

@testable import Jail

@Suite("Jail: when a workspace is measured and ended")
struct DiskWatchTests {
    private static let mebibyte = 1 << 20

    private static func disk(free: Int, files: Int = 1_000_000, available: Int? = nil) -> DiskState {
        DiskState(free: free, available: available ?? free, freeFiles: files, reserve: 256 * Self.mebibyte)
    }

    private static func measurement(
        _ bytes: Int, files: Int = 10, free: Int = 10_000 * mebibyte, available: Int? = nil, isComplete: Bool = true,
        hidden: Int = 0
    ) -> DiskWatch.Measurement {
        DiskWatch.Measurement(
            disk: Self.disk(free: free, available: available), usage: WorkspaceUsage(bytes: bytes, files: files),
            isComplete: isComplete, hidden: hidden)
    }

    private static func watch(_ start: DiskWatch.Measurement) -> DiskWatch {
        DiskWatch(quota: 128 * Self.mebibyte, mostFiles: 1_000, fileSize: 64 * Self.mebibyte, start: start)
    }

    @Test("the looks come closer as the room shrinks, and what passes it is measured at once")
    func looks() {
        let watch = Self.watch(Self.measurement(28 << 20))
        let free = 10_000 << 20
        expectEqual(watch.next(Self.disk(free: free), at: .zero), .wait(.nanoseconds((100 << 20) / 10)))
        expectEqual(watch.next(Self.disk(free: free - (90 << 20)), at: .zero), .wait(.nanoseconds((10 << 20) / 10)))
        expectEqual(watch.next(Self.disk(free: free - (100 << 20)), at: .zero), .wait(.microseconds(500)))
        expectEqual(watch.next(Self.disk(free: free - (100 << 20) - 1), at: .zero), .measure(isUrgent: true))
        expectEqual(watch.next(Self.disk(free: free, files: 1_000_000 - 991), at: .zero), .measure(isUrgent: true))
    }

    @Test("what others write is measured at most a fifth of the time, unless it is much")
    func others() {
        var watch = Self.watch(Self.measurement(128 << 20))
        expectEqual(watch.measured(Self.measurement(128 << 20), took: .milliseconds(100), at: .zero), nil)
        let free = 10_000 << 20
        #expect(watch.next(Self.disk(free: free - (2 << 20)), at: .milliseconds(399)) != .measure(isUrgent: true))
        expectEqual(watch.next(Self.disk(free: free - (2 << 20)), at: .milliseconds(400)), .measure(isUrgent: true))
        expectEqual(watch.next(Self.disk(free: free - (6 << 20)), at: .zero), .measure(isUrgent: true))
        // Counted late by the file system, perhaps.
        expectEqual(watch.next(Self.disk(free: free - 1), at: .milliseconds(400)), .measure(isUrgent: false))
    }

    @Test("the looks go on beside a measurement that is not urgent, and what passes the room is measured at once")
    func unhurried() {
        var watch = Self.watch(Self.measurement(28 << 20))
        let free = 10_000 << 20
        func next(written: Int, isMeasuring: Bool) -> DiskWatch.Step {
            watch.next(Self.disk(free: free - written), at: .milliseconds(200), isMeasuring: isMeasuring)
        }
        expectEqual(next(written: 90 << 20, isMeasuring: false), .measure(isUrgent: false))
        expectEqual(next(written: 90 << 20, isMeasuring: true), .wait(.nanoseconds((10 << 20) / 10)))
        expectEqual(next(written: 101 << 20, isMeasuring: true), .measure(isUrgent: true))
        // What began before the urgent one ended is passed over.
        expectEqual(watch.measured(Self.measurement(100 << 20), took: .milliseconds(2), at: .milliseconds(203)), nil)
        #expect(watch.isOutdated(since: .milliseconds(201)) && !watch.isOutdated(since: .milliseconds(203)))
    }

    @Test("a workspace over its quota may shrink but not grow, and what was deleted stays so")
    func over() {
        var watch = Self.watch(Self.measurement(200 << 20))
        expectEqual(watch.restriction, .bytes(used: 200 << 20, quota: 128 << 20))
        expectEqual(watch.measured(Self.measurement(200 << 20 + 1), took: .zero, at: .zero), nil)
        expectEqual(watch.measured(Self.measurement(150 << 20), took: .zero, at: .zero), nil)
        expectEqual(
            watch.measured(Self.measurement(151 << 20), took: .zero, at: .zero),
            .bytes(used: 151 << 20, quota: 128 << 20))
        expectEqual(watch.measured(Self.measurement(100 << 20), took: .zero, at: .zero), nil)
        expectEqual(watch.restriction, nil)
        expectEqual(
            watch.measured(Self.measurement(129 << 20), took: .zero, at: .zero),
            .bytes(used: 129 << 20, quota: 128 << 20))
    }

    @Test("only a jail that grows is ended when the disk is nearly full")
    func reserve() {
        var watch = Self.watch(Self.measurement(10 << 20))
        let full = 255 << 20
        expectEqual(watch.measured(Self.measurement(20 << 20), took: .zero, at: .zero), nil)
        expectEqual(watch.measured(Self.measurement(20 << 20, free: full), took: .zero, at: .zero), nil)
        expectEqual(watch.measured(Self.measurement(21 << 20, free: full), took: .zero, at: .zero), .reserve(256 << 20))
        // It is measured as soon as it may have written what is left above the reserve.
        let near = Self.watch(Self.measurement(10 << 20, free: 266 << 20))
        expectEqual(near.next(Self.disk(free: 255 << 20), at: .zero), .measure(isUrgent: true))
    }

    @Test("files that cannot be looked at count as what the disk has lost, not what they could hold")
    func hiddenFiles() {
        let free = 10_000 << 20
        /// Once there is no doubt.
        func result(_ bytes: Int, lost: Int, hidden: Int, of watch: inout DiskWatch) -> DiskExcess? {
            let measurement = Self.measurement(bytes, free: free - lost, hidden: hidden)
            if let excess = watch.measured(measurement, took: .zero, at: .zero) { return excess }
            return watch.isInDoubt ? watch.measured(measurement, took: .zero, at: .milliseconds(250)) : nil
        }
        var watch = Self.watch(Self.measurement(20 << 20))
        // A descriptor that is passed, and much that is written and can be seen.
        expectEqual(result(120 << 20, lost: 100 << 20, hidden: .max, of: &watch), nil)
        // What others write counts until nothing is hidden.
        expectEqual(result(100 << 20, lost: 105 << 20, hidden: .max, of: &watch), nil)
        expectEqual(result(100 << 20, lost: 1_000 << 20, hidden: 0, of: &watch), nil)
        expectEqual(result(100 << 20, lost: 1_020 << 20, hidden: .max, of: &watch), nil)
        expectEqual(
            result(100 << 20, lost: 1_030 << 20, hidden: .max, of: &watch),
            .bytes(used: 130 << 20, quota: 128 << 20))
        // A library that was replaced while it is in use holds no more than a file may.
        watch = Self.watch(Self.measurement(20 << 20))
        expectEqual(result(20 << 20, lost: 5_000 << 20, hidden: 1, of: &watch), nil)
        expectEqual(
            result(20 << 20, lost: 5_000 << 20, hidden: 2, of: &watch), .bytes(used: 148 << 20, quota: 128 << 20))
        // What was seen and is hidden now.
        watch = Self.watch(Self.measurement(20 << 20))
        expectEqual(result(100 << 20, lost: 80 << 20, hidden: 0, of: &watch), nil)
        expectEqual(
            result(20 << 20, lost: 160 << 20, hidden: .max, of: &watch), .bytes(used: 180 << 20, quota: 128 << 20))
        // Below the reserve it ends a jail too.
        watch = Self.watch(Self.measurement(20 << 20, free: 258 << 20))
        expectEqual(
            watch.measured(Self.measurement(20 << 20, free: 255 << 20, hidden: .max), took: .zero, at: .zero),
            .reserve(256 << 20))
    }

    @Test("a jail that passes descriptors while others write goes on, if it soon has none on their way")
    func doubt() {
        var watch = Self.watch(Self.measurement(20 << 20))
        func look(_ milliseconds: Int, lost: Int, hidden: Int) -> DiskExcess? {
            watch.measured(
                Self.measurement(50 << 20, free: (10_000 << 20) - lost, hidden: hidden), took: .zero,
                at: .milliseconds(milliseconds))
        }
        let excess = DiskExcess.bytes(used: 130 << 20, quota: 128 << 20)
        expectEqual(look(0, lost: 110 << 20, hidden: .max), nil)
        expectEqual(look(240, lost: 110 << 20, hidden: .max), nil)
        #expect(watch.isInDoubt)
        expectEqual(look(249, lost: 110 << 20, hidden: 0), nil)
        #expect(!watch.isInDoubt)
        expectEqual(look(300, lost: 190 << 20, hidden: .max), nil)
        expectEqual(look(550, lost: 190 << 20, hidden: .max), excess)
        // What is written meanwhile has a limit.
        expectEqual(look(600, lost: 190 << 20, hidden: 0), nil)
        expectEqual(look(700, lost: 270 << 20, hidden: .max), nil)
        expectEqual(look(701, lost: 287 << 20, hidden: .max), .bytes(used: 147 << 20, quota: 128 << 20))
    }

    @Test("what cannot be measured ends the jail, unless it was so before")
    func hidden() {
        var watch = Self.watch(Self.measurement(1))
        expectEqual(watch.measured(Self.measurement(1, isComplete: false), took: .zero, at: .zero), .hidden)
        watch = Self.watch(Self.measurement(1, isComplete: false))
        expectEqual(watch.restriction, .hidden)
        expectEqual(watch.measured(Self.measurement(1, isComplete: false), took: .zero, at: .zero), nil)
    }

    @Test("each reason says what to do")
    func reasons() {
        expectEqual(
            DiskExcess.bytes(used: 131 << 20, quota: 128 << 20).reason,
            "the workspace is over its quota of 128 MiB (131 MiB used); delete files or `undo`")
        #expect(DiskExcess.bytes(used: 1_100 << 20, quota: 1 << 30).reason.contains("1 GiB (1100 MiB used)"))
        #expect(DiskExcess.files(count: 12, limit: 10).reason.contains("12 files and folders"))
        #expect(DiskExcess.reserve(256 << 20).reason.contains("256 MiB"))
    }
}
