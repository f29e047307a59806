import Glibc
import TestSupport
import Testing

@testable import Database

@Suite("The store's files", .timeLimit(.minutes(1)))
struct StoreFileTests {
    @Test("only the owner may read the store and its log")
    func modes() async throws {
        let store = try TestStore()
        try await store.add("x")
        try expectEqual(store.directory.names(), ["store.sqlite", "store.sqlite-shm", "store.sqlite-wal"])
        for name in try store.directory.names() { expectEqual(store.directory.mode(name), 0o600) }
    }

    @Test("a store that others could read becomes private")
    func modesAreCorrected() async throws {
        let directory = try TestDirectory()
        let store = try TestStore(directory)
        try await store.add("x")
        for name in try directory.names() { chmod("\(directory.path)/\(name)", 0o666) }
        let again = try TestStore(directory)
        for name in try directory.names() { expectEqual(directory.mode(name), 0o600) }
        try await expectEqual(again.texts(), ["x"])
    }

    @Test("a path that looks like a URI is a path")
    func uriPath() async throws {
        let directory = try TestDirectory()
        let database = try Database(path: directory.path + "/file:x?mode=memory", migrations: TestStore.migrations)
        try await database.write { try $0.execute("INSERT INTO notes (text) VALUES ('x')") }
        try expectEqual(directory.names().first, "file:x?mode=memory")
    }

    @Test("an empty file where a store was is refused and left alone, together with its log")
    func emptied() async throws {
        let directory = try TestDirectory()
        let store = try TestStore(directory)
        try await store.add("x")
        truncate(directory.store, 0)
        let error = #expect(throws: DatabaseError.self) { try TestStore(directory) }
        expectEqual(error?.code, .corrupt)
        #expect(error?.message.contains("is empty (0 bytes)") == true && error?.message.contains("backup") == true)
        var status = stat()
        #expect(stat(directory.store, &status) == 0 && status.st_size == 0)
        #expect(stat(directory.store + "-wal", &status) == 0 && status.st_size > 0)
    }

    @Test("a new store is never an empty file, so that another program may open it at once")
    func neverEmpty() async throws {
        for _ in 0..<5 {
            let directory = try TestDirectory()
            await withTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask { #expect(throws: Never.self) { try StoreFile.prepare(directory.store) } }
                }
            }
            try expectEqual(directory.names(), ["store.sqlite"])
        }
    }
}
