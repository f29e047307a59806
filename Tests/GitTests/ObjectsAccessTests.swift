import Glibc
import TestSupport
import Testing

@testable import Git

@Suite("Objects for jails' users", .timeLimit(.minutes(1)))
struct ObjectsAccessTests {
    /// A folder of this mode with the objects of a repository that only their owner can read.
    private static func objects(
        in mode: mode_t, below parent: String? = nil
    ) throws -> (folder: TemporaryDirectory, path: String) {
        let folder = try TemporaryDirectory(below: parent)
        let path = "\(folder.path)/repository/objects"
        for name in ["/repository", "/repository/objects", "/repository/objects/aa"] {
            mkdir(folder.path + name, 0o700)
            chmod(folder.path + name, name.hasSuffix("aa") ? 0o700 : 0o755)
        }
        try TestFile.write("x", to: "\(path)/aa/bb", mode: 0o400)
        chmod(folder.path, mode)
        return (folder, path)
    }

    private static func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test("in a folder that nobody else can enter they become readable, and new ones too")
    func privately() throws {
        let (folder, path) = try Self.objects(in: 0o700)
        symlink("/etc/shadow", "\(path)/aa/link")
        ObjectsAccess.allow(path)
        #expect(Self.mode("\(path)/aa") == 0o755 && Self.mode("\(path)/aa/bb") == 0o444)
        try TestFile.write("y", to: "\(path)/aa/cc", mode: 0o400)
        ObjectsAccess.allow(path)
        expectEqual(Self.mode("\(path)/aa/cc"), 0o444)
        expectEqual(Self.mode(folder.path), 0o700)
    }

    @Test("a folder of any time is looked at", arguments: ExtremeNumbers.all + [-9_223_372_036, 9_223_372_036])
    func absurdTimes(_ seconds: Int64) throws {
        // A file system in memory keeps any time, a disk's the nearest that it can.
        let memory = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : nil
        let (folder, path) = try Self.objects(in: 0o700, below: memory)
        let times = [timespec(tv_sec: Int(seconds), tv_nsec: 0), timespec(tv_sec: Int(seconds), tv_nsec: 0)]
        utimensat(AT_FDCWD, "\(path)/aa", times, 0)
        for _ in 0..<2 { ObjectsAccess.allow(path) }
        expectEqual(Self.mode("\(path)/aa/bb"), 0o444)
        withExtendedLifetime(folder) {}
    }

    @Test("elsewhere they stay as they are")
    func publicly() throws {
        let (folder, path) = try Self.objects(in: 0o755)
        ObjectsAccess.allow(path)
        expectEqual(Self.mode(folder.path), 0o755)
        #expect(Self.mode("\(path)/aa") == 0o700 && Self.mode("\(path)/aa/bb") == 0o400)
    }

    @Test("a repository's own files are made as the git program makes them, whatever the process's umask")
    func umask() async throws {
        let folder = try TemporaryDirectory()
        let repository = GitRepository(path: "\(folder.path)/notes")
        try await repository.initialise(committer: GitSignature(name: "A", mail: "a@example.org", seconds: 1))
        let objects = try await repository.objectsFolder()
        let names = FolderTree.names(in: objects).filter { $0.count == 2 }
        #expect(!names.isEmpty && names.allSatisfy { Self.mode("\(objects)/\($0)") == 0o755 })
    }
}
