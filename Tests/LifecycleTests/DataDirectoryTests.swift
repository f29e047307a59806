import Glibc
import Lifecycle
import Primitives
import TestSupport
import Testing

@Suite("The data directory", .timeLimit(.minutes(1)))
struct DataDirectoryTests {
    private let temporary: TemporaryDirectory
    private var path: String { self.temporary.path + "/data" }

    init() throws {
        self.temporary = try TemporaryDirectory()
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    private func makeFolder(mode: mode_t) {
        mkdir(self.path, 0o700)
        chmod(self.path, mode)
    }

    @Test("a new folder is private, and nothing is reported")
    func new() throws {
        let directory = try DataDirectory(path: self.path + "/below")
        expectEqual(directory.restriction, nil)
        #expect(self.mode(self.path) == 0o700 && self.mode(self.path + "/below") == 0o700)
    }

    @Test("an empty folder and an old data directory that others can enter are made private, and it is said")
    func tightened() throws {
        self.makeFolder(mode: 0o755)
        let empty = try DataDirectory(path: self.path)
        expectEqual(self.mode(self.path), 0o700)
        expectEqual(empty.restriction?.contains("the folder (mode 0755)"), true)

        for name in ["jetbridge.sqlite", "irc-local.memory"] {
            self.temporary.write("data/\(name)", "x", mode: 0o644)
        }
        self.temporary.write("data/notes/public.txt", "x", mode: 0o644)
        chmod(self.path, 0o711)
        let used = try DataDirectory(path: self.path)
        expectEqual(self.mode(self.path), 0o700)
        for name in ["jetbridge.sqlite", "irc-local.memory"] {
            expectEqual(self.mode("\(self.path)/\(name)"), 0o600)
            expectEqual(used.restriction?.contains(name), true)
        }
        expectEqual(self.mode("\(self.path)/notes/public.txt"), 0o644)
        try expectEqual(DataDirectory(path: self.path).restriction, nil)
    }

    @Test("a shared folder keeps its mode and is refused with what to do, as is the root of the file system")
    func refused() throws {
        let root = #expect(throws: HostError.self) { try DataDirectory(path: "/") }
        expectEqual(root?.message.contains("it is the root of the file system"), true)
        expectEqual(root?.message.contains("chmod 700 /"), true)

        self.makeFolder(mode: 0o1777)
        let shared = #expect(throws: HostError.self) { try DataDirectory(path: self.path) }
        expectEqual(shared?.message.contains("shared folder"), true)
        expectEqual(self.mode(self.path), 0o1777)
    }

    @Test("another user's folder that others can enter is refused, with the user's name", .enabled(if: geteuid() == 0))
    func foreign() throws {
        self.makeFolder(mode: 0o750)
        try #require(chown(self.path, 1, 1) == 0)
        let error = #expect(throws: HostError.self) { try DataDirectory(path: self.path) }
        expectEqual(error?.message.contains("it belongs to user daemon"), true)
        expectEqual(self.mode(self.path), 0o750)
    }

    @Test("a file where the folder should be is named as such", arguments: ["data", "data/below"])
    func file(_ name: String) throws {
        self.temporary.write("data", "x")
        let error = #expect(throws: HostError.self) { try DataDirectory(path: "\(self.temporary.path)/\(name)") }
        expectEqual(error?.message.contains("a file, not a folder"), true, "\(error?.message ?? "")")
        expectEqual(error?.message.contains("--data-dir"), true)
    }

    @Test("of several hosts that start at once, one wins, and the others name its pid")
    func atOnce() async throws {
        let directory = try DataDirectory(path: self.path)
        for _ in 0..<50 {
            unlink(self.path + "/host.lock")
            let winners = Winners()
            let errors = await withTaskGroup(of: String?.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        // Like doctor and chat, which look for a serving host.
                        _ = directory.servingHost
                        do {
                            await winners.keep(try directory.lock())
                            return nil
                        } catch {
                            return "\(error)"
                        }
                    }
                }
                var errors: [String] = []
                for await error in group { if let error { errors.append(error) } }
                return errors
            }
            expectEqual(errors.count, 7)
            for error in errors { #expect(error.contains("another host (pid \(getpid()))"), "\(error)") }
            expectEqual(directory.servingHost, getpid())
            await winners.release()
        }
    }

    private actor Winners {
        private var lock: DataDirectoryLock?
        func keep(_ lock: consuming sending DataDirectoryLock) { self.lock = consume lock }
        func release() { self.lock = nil }
    }
}
