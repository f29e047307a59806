import Glibc
import Testing

@testable import Database

@Suite("Care of the file", .timeLimit(.minutes(1)))
struct CareTests {
    @Test("only the owner may read the store and its log")
    func modes() async throws {
        let store = try TestStore()
        try await store.add("x")
        #expect(try store.directory.names() == ["store.sqlite", "store.sqlite-shm", "store.sqlite-wal"])
        for name in try store.directory.names() { #expect(store.directory.mode(name) == 0o600) }
    }

    @Test("a store that others could read is closed to them")
    func modesAreRepaired() async throws {
        let directory = try TestDirectory()
        let store = try TestStore(directory)
        try await store.add("x")
        for name in try directory.names() { chmod("\(directory.path)/\(name)", 0o666) }
        let again = try TestStore(directory)
        for name in try directory.names() { #expect(directory.mode(name) == 0o600) }
        #expect(try await again.texts() == ["x"])
    }

    @Test("a backup is whole, private and opens as a store, while writes go on")
    func backup() async throws {
        let store = try TestStore()
        for index in 0..<100 { try await store.add("\(index)") }
        let copy = try TestDirectory()
        async let more: Void = store.add("during")
        try await store.database.backup(to: copy.store)
        try await more
        #expect(copy.mode("store.sqlite") == 0o600)
        let restored = try TestStore(copy)
        #expect(try await restored.texts().prefix(100).elementsEqual((0..<100).map { "\($0)" }))
        #expect(try await restored.database.integrityProblems() == [])
        try await restored.add("works")
    }

    @Test("a backup overwrites nothing and leaves no half copy")
    func backupFailures() async throws {
        let store = try TestStore(settings: DatabaseSettings(readers: 1))
        try await store.add("x")
        let copy = try TestDirectory()
        try await store.database.backup(to: copy.store)
        let error = await #expect(throws: DatabaseError.self) { try await store.database.backup(to: copy.store) }
        #expect(error?.code == .cannotOpen)
        #expect(error?.message.contains("exists already") == true)
        await #expect(throws: DatabaseError.self) { try await store.database.backup(to: "/nonexistent/x") }
        #expect(
            await store.code { _ = try await store.database.read { try $0.execute("DELETE FROM notes") } } == .misuse)
    }

    @Test("a backup onto a full disk is told", .enabled(if: TestDirectory.canMount))
    func backupOntoFullDisk() async throws {
        let store = try TestStore()
        for index in 0..<100 { try await store.add("\(index)" + String(repeating: "x", count: 1_000)) }
        let small = try TestDirectory(size: "64k")
        let error = await #expect(throws: DatabaseError.self) { try await store.database.backup(to: small.store) }
        #expect(error?.code == .full)
        #expect(try small.names() == [])
        #expect(try await store.texts().count == 100)
    }

    @Test("a path that looks like a URI is a path")
    func uriPath() async throws {
        let directory = try TestDirectory()
        let database = try Database(path: directory.path + "/file:x?mode=memory", migrations: TestStore.migrations)
        try await database.write { try $0.execute("INSERT INTO notes (text) VALUES ('x')") }
        #expect(try directory.names().first == "file:x?mode=memory")
    }

    @Test("rows that refer to nothing are a problem")
    func orphans() async throws {
        let store = try TestStore()
        #expect(try await store.database.integrityProblems() == [])
        try await store.database.write { connection in
            try connection.execute("CREATE TABLE pets (owner INTEGER REFERENCES notes (id))")
        }
        let other = try Connection.openWriter(
            path: store.directory.store, migrations: TestStore.migrations, settings: DatabaseSettings())
        try other.control("PRAGMA foreign_keys = OFF")
        try other.execute("INSERT INTO pets (owner) VALUES (5)")
        #expect(try await store.database.integrityProblems() == ["rows of pets refer to what is not there"])
    }
}
