import EventLoop
import Glibc
import JetbridgeTesting
import Lifecycle
import Testing

@Suite("Watching files", .timeLimit(.minutes(1)))
@Net
struct FileWatcherTests {
    /// What a watcher told, and a way to wait for it.
    @Net private final class Told {
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

    @Test("a file that is replaced, made or removed is told by its name")
    func names() async throws {
        let directory = try TemporaryDirectory()
        let told = Told()
        let watcher = try FileWatcher(folder: directory.path) { told.add($0) }
        try PrivateFile.write([1], to: directory.path + "/token.json")
        try await told.wait { _ in told.names.contains("token.json") }
        try PrivateFile.write([], to: directory.path + "/other")
        try PrivateFile.remove(directory.path + "/other")
        try await told.wait { _ in told.names.contains("other") }
        watcher.cancel()
        let count = told.changes.count
        try PrivateFile.write([2], to: directory.path + "/token.json")
        try await EventLoop.shared.sleep(for: .milliseconds(5))
        #expect(told.changes.count == count)
    }

    @Test("the end of the folder is told once")
    func ended() async throws {
        let directory = try TemporaryDirectory()
        let folder = directory.path + "/sub"
        mkdir(folder, 0o700)
        let told = Told()
        let watcher = try FileWatcher(folder: folder) { told.add($0) }
        rmdir(folder)
        try await told.wait { $0.contains(.ended) }
        mkdir(folder, 0o700)
        try PrivateFile.write([1], to: folder + "/x")
        try await EventLoop.shared.sleep(for: .milliseconds(5))
        #expect(told.changes == [.ended])
        watcher.cancel()
    }

    @Test("what is no folder is refused")
    func refused() throws {
        let directory = try TemporaryDirectory()
        try PrivateFile.write([], to: directory.path + "/file")
        for path in [directory.path + "/file", directory.path + "/no"] {
            #expect(throws: SystemError.self) { try FileWatcher(folder: path) { _ in } }
        }
    }

    @Test("a watcher that is let go leaves no descriptor")
    func descriptors() async throws {
        let directory = try TemporaryDirectory()
        // More than a user may have at once (fs.inotify.max_user_instances).
        for _ in 0..<150 {
            let watcher = try FileWatcher(folder: directory.path) { _ in }
            watcher.cancel()
        }
    }
}
