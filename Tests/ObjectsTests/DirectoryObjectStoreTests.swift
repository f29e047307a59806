import Glibc
import TestSupport
import Testing

@testable import Objects

@Suite("Objects in a directory", .timeLimit(.minutes(2)))
struct DirectoryObjectStoreTests {
    /// All names below a folder, sorted, including hidden ones.
    private static func names(in path: String) throws -> String { try RealGit(path).shell("find . | sort") }

    @Test("it does what every store does")
    func contract() async throws {
        let directory = try TemporaryDirectory()
        let store = DirectoryObjectStore(directory.path + "/a/b", pageSize: 7)
        try await StoreContract(store: store).hold(pageSize: 7)
        // Deletions leave no folders, and nothing leaves drafts.
        try expectEqual(Self.names(in: directory.path + "/a/b"), ".")
    }

    @Test("links in it are not followed, neither for reading nor for writing")
    func links() async throws {
        let directory = try TemporaryDirectory()
        let shell = RealGit(directory.path)
        try shell.shell("mkdir kept outside && echo secret > outside/file && ln -s ../outside kept/link")
        try shell.shell("ln -s ../outside/file kept/file")
        let store = DirectoryObjectStore(directory.path + "/kept")
        await #expect(throws: ObjectStoreError.self) { try await store.put(ObjectContent([1]), at: "link/new") }
        await #expect(throws: ObjectStoreError.self) { _ = try await store.get("link/file") }
        await #expect(throws: ObjectStoreError.self) { _ = try await store.get("file") }
        try await store.put(ObjectContent([1]), at: "file")
        try expectEqual(shell.shell("cat outside/file; ls outside"), "secret\nfile")
        try await expectEqual(StoreContract(store: store).keys(below: ""), ["file"])
    }

    @Test("only what a listing wants of a folder is looked at, by its kind")
    func names() throws {
        let directory = try TemporaryDirectory()
        try RealGit(directory.path).shell("mkdir b && touch a c d && ln -s a e && mkfifo f")
        let folder = try #require(try ObjectFolder(directory.path))
        try expectEqual(folder.names().map { $0.name }, ["a", "b/", "c", "d"])
        try expectEqual(folder.names { name, _ in name > "b" }.map { $0.name }, ["b/", "c", "d"])
        try expectEqual(folder.names { _, isFolder in isFolder }.map { $0.name }, ["b/"])
        var listing = DirectoryListing(prefix: "", after: "b/x", limit: 10)
        try listing.add(folder, path: "")
        expectEqual(listing.page.objects.map(\.key), ["c", "d"])
    }

    @Test("a file on the same file system is shared, and private to its owner")
    func linked() async throws {
        let directory = try TemporaryDirectory()
        let source = directory.path + "/source"
        try RealGit(directory.path).shell("echo text > source && chmod 600 source")
        let store = DirectoryObjectStore(directory.path + "/kept")
        for _ in 1...2 { try await store.put(try await ObjectContent(file: source), at: "x/copy") }
        try expectEqual(
            RealGit(directory.path).shell("stat -c '%h %a' source; stat -c %a kept kept/x"), "2 600\n700\n700")
        try expectEqual(Self.names(in: directory.path + "/kept"), ".\n./x\n./x/copy")
        unlink(source)
        try await expectEqual(StoreContract(store: store).text("x/copy"), "text\n")
    }

    @Test("objects are stored while deletions remove the folders that they empty")
    func races() async throws {
        let directory = try TemporaryDirectory()
        let store = DirectoryObjectStore(directory.path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask {
                    for _ in 0..<100 {
                        try await store.put(ObjectContent([1]), at: "a/b/\(number)")
                        try await store.delete("a/b/\(number)")
                    }
                }
            }
            try await group.waitForAll()
        }
        try expectEqual(Self.names(in: directory.path), ".")
    }

    @Test("what a crash has left of a draft is not listed, and goes after a day")
    func drafts() async throws {
        let directory = try TemporaryDirectory()
        try RealGit(directory.path).shell("mkdir x && touch x/.new-1 x/other")
        let store = DirectoryObjectStore(directory.path)
        try await expectEqual(StoreContract(store: store).keys(below: ""), ["x/other"])
        #expect(try Self.names(in: directory.path).contains(".new-1"))
    }

    @Test("a full disk is reported, and nothing is left")
    func full() async throws {
        let disk = try await SmallDisk(megabytes: 1)
        let store = DirectoryObjectStore(disk.path)
        let error = await #expect(throws: ObjectStoreError.self) {
            try await store.put(ObjectContent(StoreContract.noise(2 << 20)), at: "a/b")
        }
        expectEqual(error?.message.contains("No space left on device"), true)
        #expect(try await StoreContract(store: store).keys(below: "").isEmpty)
        #expect(try !Self.names(in: disk.path).contains(".new-"))
        await disk.remove()
    }
}
