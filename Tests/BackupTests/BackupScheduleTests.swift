import Backup
import Database
import Glibc
import JSON
import Lifecycle
import Logging
import Objects
import Primitives
import TestSupport
import Testing

@testable import Backup

@Suite("backups of every day", .timeLimit(.minutes(1)))
struct BackupScheduleTests {
    @Test("the last time of the day's backup, also across days and changes of the clock")
    func due() {
        let day: Int64 = 86_400_000
        for time in stride(from: Int64(1_700_000_000_000), to: 1_700_000_000_000 + 400 * day, by: 7 * 3_600_000) {
            let due = BackupSchedule.lastDue(before: time, minute: 180)
            #expect(due <= time && time - due <= day + 3_600_000)
            var (seconds, fields) = (time_t(due / 1_000), tm())
            localtime_r(&seconds, &fields)
            #expect(fields.tm_hour == 3 && fields.tm_min == 0 && fields.tm_sec == 0)
        }
    }

    @Test("the newest are kept, in a directory and in an object store", arguments: [true, false])
    func kept(_ isDirectory: Bool) async throws {
        let data = try await DataFolder()
        let path = "\(data.top)/kept"
        let store = DirectoryObjectStore(path)
        let shelf = BackupShelf(
            isDirectory ? .directory(path) : .objects(store, drafts: "\(data.path)/backups"), keep: 2)
        try await expectEqual(shelf.newest(at: DataFolder.at), nil)
        if isDirectory {
            mkdir(path, 0o700)
            data.directory?.write("kept/.jetbridge-20200101T000000Z.tar.gz.part", "left by a killed host")
            data.directory?.write("kept/jetbridge-mine.tar.gz", "somebody's own")
        }
        for day in 0..<4 {
            let time = DataFolder.at + Int64(day) * 86_400_000
            let place = try await shelf.add(data.source, passphrase: nil, at: time)
            #expect(place.hasSuffix(BackupShelf.name(at: time)))
            try await expectEqual(shelf.newest(at: time), time)
        }
        let names = try await shelf.names()
        expectEqual(names, [2, 3].map { BackupShelf.name(at: DataFolder.at + $0 * 86_400_000) })
        try expectEqual(data.shell.shell("ls -A kept | wc -l"), isDirectory ? "3" : "2")
        try expectEqual(data.shell.shell("ls -A data/backups 2>/dev/null | wc -l"), "0")
        _ = try await Backup().verify("\(path)/\(names[1])")
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("those that were made while the clock was ahead keep no other back, and are neither counted nor deleted")
    func future() async throws {
        let data = try await DataFolder()
        let path = "\(data.top)/kept"
        mkdir(path, 0o700)
        let future = (1...2).map { BackupShelf.name(at: DataFolder.at + Int64($0) * 400 * 86_400_000) }
        for name in future { data.directory?.write("kept/\(name)", "made while the clock was ahead") }
        let (lines, signal) = (Protected<[String]>([]), Signal())
        let logger = Logger(
            label: "backups",
            output: LogOutput(level: .info, format: .text) { line in
                let text = String(decoding: line, as: UTF8.self)
                lines.withLock { $0.append(text) }
                if text.contains("the backup of the day") { signal.signal() }
            })
        let shelf = BackupShelf(.directory(path), keep: 2)
        let schedule = BackupSchedule(
            shelf, of: data.source, passphrase: nil, minute: 180, logger: logger, now: { DataFolder.at })
        let running = Task { try await schedule.run() }
        await signal.wait()
        await schedule.stop()
        try await running.value
        try await expectEqual(shelf.names(), [BackupShelf.name(at: DataFolder.at)] + future)
        try await expectEqual(shelf.newest(at: DataFolder.at), DataFolder.at)
        try await expectEqual(shelf.futureNames(at: DataFolder.at), future)
        #expect(lines.withLock { $0 }.contains { $0.contains("time in the future") && $0.contains(future[0]) })
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("one is made at the start if that of the day was missed; a failure is kept until the next success")
    func service() async throws {
        let data = try await DataFolder()
        data.directory?.write("kept", "no folder")
        let lines = Protected<[String]>([])
        let signal = Signal()
        let logger = Logger(
            label: "backups",
            output: LogOutput(level: .info, format: .text) { line in
                lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
                signal.signal()
            })
        func run() async throws {
            let schedule = BackupSchedule(
                BackupShelf(.directory("\(data.top)/kept"), keep: 2), of: data.source, passphrase: nil, minute: 180,
                logger: logger, now: { DataFolder.at })
            let running = Task { try await schedule.run() }
            await signal.wait()
            await schedule.stop()
            try await running.value
        }
        try await run()
        expectEqual(BackupSchedule.failure(in: data.path)?.contains("kept"), true)
        #expect(lines.withLock { $0 }.contains { $0.contains("the backup of the day failed") })
        unlink("\(data.top)/kept")
        try await run()
        expectEqual(BackupSchedule.failure(in: data.path), nil)
        #expect(lines.withLock { $0 }.contains { $0.contains("the backup of the day is complete") })
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }
}
