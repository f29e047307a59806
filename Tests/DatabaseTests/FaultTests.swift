import Glibc
import Primitives
import TestSupport
import Testing

@testable import Database

@Suite("Faults", .timeLimit(.minutes(1)))
struct FaultTests {
    /// Writes until the disk is full; returns the acknowledged texts and the error.
    private func fill(_ store: TestStore) async throws -> (stored: [String], error: DatabaseError?) {
        let text = String(repeating: "x", count: 3_000)
        var stored: [String] = []
        do {
            for index in 0..<10_000 {
                try await store.add("\(index)-\(text)")
                stored.append("\(index)-\(text)")
            }
            return (stored, nil)
        } catch let error as DatabaseError {
            return (stored, error)
        }
    }

    @Test("a full disk is reported, and acknowledged writes are kept", .enabled(if: TestDirectory.canMount))
    func fullDisk() async throws {
        let directory = try TestDirectory(size: "1m")
        let store = try TestStore(directory)
        let (stored, error) = try await self.fill(store)
        expectEqual(error?.code, .full)
        expectEqual(error?.message.contains("disk is full"), true)
        #expect(stored.count > 10)
        try await expectEqual(store.texts(), stored)
        await store.database.close()
        let again = try TestStore(directory)
        try await expectEqual(again.texts(), stored)
    }

    @Test("writes succeed again once there is space", .enabled(if: TestDirectory.canMount))
    func roomAgain() async throws {
        let directory = try TestDirectory(size: "1m")
        let ballast = open(directory.path + "/ballast", O_WRONLY | O_CREAT, 0o600)
        let bytes = [UInt8](repeating: 1, count: 512 << 10)
        expectEqual(write(ballast, bytes, bytes.count), bytes.count)
        let store = try TestStore(directory)
        let (stored, error) = try await self.fill(store)
        expectEqual(error?.code, .full)
        ftruncate(ballast, 0)
        close(ballast)
        try await store.add("after")
        try await expectEqual(store.texts(), stored + ["after"])
    }

    @Test("a disk with no space for a new store is reported", .enabled(if: TestDirectory.canMount))
    func noRoomAtAll() throws {
        let directory = try TestDirectory(size: "4k")
        let error = #expect(throws: DatabaseError.self) { try TestStore(directory) }
        expectEqual(error?.code, .full)
    }

    @Test("a write that does not fit leaves the others of its commit alone")
    func oneTooLarge() async throws {
        let store = try TestStore()
        try await store.database.write { connection in
            try connection.execute("INSERT INTO notes (text) VALUES ('first')")
            // Simulates a small disk without needing to mount one.
            try #require(connection as? SQLiteConnection).control("PRAGMA max_page_count = 60")
        }
        let gate = Gate()
        let codes = Protected<[String: DatabaseError.Code?]>([:])
        store.database.submit({ _ in gate.block() }, completion: { _ in })
        let texts = ["a", String(repeating: "x", count: 1 << 20), "b"]
        for text in texts {
            store.database.submit({ try $0.execute("INSERT INTO notes (text) VALUES ($1)", .text(text)) }) { result in
                guard case .failure(let error) = result else { return }
                codes.withLock { $0[String(text.prefix(1))] = (error as? DatabaseError)?.code }
            }
        }
        gate.open()
        try await store.add("last")
        expectEqual(codes.withLock { $0 }, ["x": .full])
        try await expectEqual(store.texts(), ["first", "a", "b", "last"])
    }

    @Test("a read-only file system is reported", .enabled(if: TestDirectory.canMount))
    func readOnlyDisk() async throws {
        let directory = try TestDirectory(size: "1m")
        let store = try TestStore(directory)
        try await store.add("kept")
        await store.database.close()
        try directory.makeReadOnly(true)
        let error = #expect(throws: DatabaseError.self) { try TestStore(directory) }
        expectEqual(error?.code, .readOnly)
        expectEqual(error?.message.contains("cannot be written"), true)
        try directory.makeReadOnly(false)
        try await expectEqual(TestStore(directory).texts(), ["kept"])
    }

    @Test("a file that is not a database is reported", arguments: ["rubbish", "cut"])
    func notADatabase(_ kind: String) async throws {
        let directory = try TestDirectory()
        if kind == "cut" {
            let store = try TestStore(directory)
            for index in 0..<50 { try await store.add("\(index)" + String(repeating: "x", count: 1_000)) }
            await store.database.close()
            expectEqual(truncate(directory.store, 10_000), 0)
        } else {
            await (try TestStore(directory)).database.close()
            try directory.damage(at: 0, count: 4_096)
        }
        let error = #expect(throws: DatabaseError.self) { try TestStore(directory) }
        expectEqual(error?.code, .corrupt)
        expectEqual(error?.message.contains("restore the last backup"), true)
    }

    @Test("a damaged page is reported at the start and on use")
    func damagedPage() async throws {
        let directory = try TestDirectory()
        let store = try TestStore(directory)
        for index in 0..<200 { try await store.add("\(index)" + String(repeating: "x", count: 1_000)) }
        await store.database.close()
        try directory.damage(at: 4_096 * 4, count: 4_096 * 20)
        let error = #expect(throws: DatabaseError.self) { try TestStore(directory) }
        expectEqual(error?.code, .corrupt)
        let unchecked = try TestStore(directory, settings: DatabaseSettings(checksIntegrity: false))
        await expectEqual(unchecked.code { _ = try await unchecked.texts() }, .corrupt)
    }

    @Test("a path that cannot hold a store is reported", arguments: ["/nonexistent/x/store", "/tmp", "/dev/null"])
    func noPlace(_ path: String) {
        let error = #expect(throws: DatabaseError.self) { try Database(path: path, migrations: []) }
        expectEqual(error?.code, .cannotOpen)
        expectEqual(error?.message.contains(path), true)
    }

    @Test("another process's lock is awaited, then reported")
    func locked() async throws {
        let store = try TestStore(settings: DatabaseSettings(busyTimeout: .milliseconds(50)))
        let other = try SQLiteConnection.openWriter(
            path: store.directory.store, migrations: TestStore.migrations, settings: DatabaseSettings())
        try other.control("BEGIN IMMEDIATE")
        try other.execute("INSERT INTO notes (text) VALUES ('theirs')")
        let error = await #expect(throws: DatabaseError.self) { try await store.add("mine") }
        expectEqual(error?.code, .locked)
        expectEqual(error?.message.contains("another process"), true)
        try await expectEqual(store.texts(), [])
        try other.control("COMMIT")
        try await store.add("mine")
        try await expectEqual(store.texts(), ["theirs", "mine"])
    }

    @Test("two stores on one file take turns writing")
    func twoWriters() async throws {
        let directory = try TestDirectory()
        let stores = [try TestStore(directory), try TestStore(directory)]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, store) in stores.enumerated() {
                for index in 0..<50 { group.addTask { try await store.add("\(number)-\(index)") } }
            }
            try await group.waitForAll()
        }
        try await expectEqual(stores[0].texts().count, 100)
    }
}
