import EventLoop
import Glibc
import Lifecycle
import TestSupport
import Testing

@Suite("Watching files", .timeLimit(.minutes(1)))
@Net
struct FileWatcherTests {
    /// Records a watcher's reports.
    @Net private final class Reports {
        private(set) var changes: [FileWatcher.Change] = []
        private let changed = WaitList()

        func add(_ change: FileWatcher.Change) {
            self.changes.append(change)
            self.changed.wakeAll()
        }

        func wait(until condition: ([FileWatcher.Change]) -> Bool) async throws {
            while !condition(self.changes) { try await self.changed.wait() }
        }

        var names: Set<String> {
            self.changes.reduce(into: []) { names, change in
                if case .names(let more) = change { names.formUnion(more) }
            }
        }
    }

    @Test("creating, replacing or removing a file reports its name")
    func names() async throws {
        let directory = try TemporaryDirectory()
        let reports = Reports()
        let watcher = try FileWatcher(folder: directory.path) { reports.add($0) }
        try PrivateFile.write([1], to: directory.path + "/token.json")
        try await reports.wait { _ in reports.names.contains("token.json") }
        try PrivateFile.write([], to: directory.path + "/other")
        try PrivateFile.remove(directory.path + "/other")
        try await reports.wait { _ in reports.names.contains("other") }
        watcher.cancel()
        let count = reports.changes.count
        try PrivateFile.write([2], to: directory.path + "/token.json")
        try await EventLoop.shared.sleep(for: .milliseconds(5))
        expectEqual(reports.changes.count, count)
    }

    @Test("deleting the folder is reported once")
    func ended() async throws {
        let directory = try TemporaryDirectory()
        let folder = directory.path + "/sub"
        mkdir(folder, 0o700)
        let reports = Reports()
        let watcher = try FileWatcher(folder: folder) { reports.add($0) }
        rmdir(folder)
        try await reports.wait { $0.contains(.ended) }
        mkdir(folder, 0o700)
        try PrivateFile.write([1], to: folder + "/x")
        try await EventLoop.shared.sleep(for: .milliseconds(5))
        expectEqual(reports.changes, [.ended])
        watcher.cancel()
    }

    @Test("a path that isn't a folder is rejected")
    func rejected() throws {
        let directory = try TemporaryDirectory()
        try PrivateFile.write([], to: directory.path + "/file")
        for path in [directory.path + "/file", directory.path + "/no"] {
            #expect(throws: SystemError.self) { try FileWatcher(folder: path) { _ in } }
        }
    }

    @Test("many watchers need one inotify instance")
    func manyWatchers() async throws {
        let directory = try TemporaryDirectory()
        let reports = Reports()
        var watchers: [FileWatcher] = []
        // More than a user may have instances (fs.inotify.max_user_instances), and two for each folder.
        for index in 0..<150 {
            let folder = "\(directory.path)/\(index / 2)"
            mkdir(folder, 0o700)
            watchers.append(try FileWatcher(folder: folder) { reports.add($0) })
        }
        try PrivateFile.write([1], to: directory.path + "/7/twice")
        try await reports.wait { changes in
            changes.count { change in
                if case .names(let names) = change { names.contains("twice") } else { false }
            } >= 2
        }
        // The other watcher of a folder goes on when one is cancelled.
        watchers[14].cancel()
        try PrivateFile.write([1], to: directory.path + "/7/once")
        try await reports.wait { _ in reports.names.contains("once") }
        for watcher in watchers { watcher.cancel() }
    }
}
