import Primitives
import TestSupport
import Testing

@testable import Database

@Suite("Reads", .timeLimit(.minutes(1)))
struct ReadTests {
    /// Runs until interrupted.
    private static let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"

    @Test("a read sees every write that has returned, as one snapshot")
    func snapshot() async throws {
        let store = try TestStore()
        try await store.add("a")
        let (started, gate) = (Gate(), Gate())
        async let counts = store.database.read { connection in
            let before = try connection.query("SELECT id FROM notes").count
            started.open()
            gate.block()
            return [before, try connection.query("SELECT id FROM notes").count]
        }
        await started.opened()
        try await store.add("b")
        gate.open()
        try await expectEqual(counts, [1, 1])
        try await expectEqual(store.texts(), ["a", "b"])
    }

    @Test("a read cannot write")
    func noWrites() async throws {
        let store = try TestStore()
        let code = await store.code {
            _ = try await store.database.read { try $0.execute("INSERT INTO notes (text) VALUES ('x')") }
        }
        expectEqual(code, .misuse)
        try await expectEqual(store.texts(), [])
    }

    @Test("what the connections let go of is read again, also beside writes, and their settings stay")
    func release() async throws {
        let idle = Protected(0)
        let settings = DatabaseSettings(startPatience: .zero, patience: .zero) { idle.withLock { $0 += 1 } }
        let store = try TestStore(settings: settings)
        for number in 0..<20 {
            try await store.add("\(number)")
            async let last: Void = store.add("after \(number)")
            #expect(try await store.texts().contains("\(number)"))
            try await last
        }
        #expect(try await store.texts().count == 40)
        let code = await store.code {
            _ = try await store.database.read { try $0.execute("INSERT INTO notes (text) VALUES ('x')") }
        }
        #expect(code == .misuse)
        #expect(idle.withLock { $0 } > 0)
    }

    @Test("a connection without work lets go once, after the work of the start and after later work")
    func idle() async throws {
        let idle = Protected(0)
        let settings = DatabaseSettings(
            readers: 1, startPatience: .milliseconds(20), patience: .milliseconds(1)
        ) { idle.withLock { $0 += 1 } }
        let store = try TestStore(settings: settings)
        // The writer, the reader and the connection of the log.
        try await eventually("all have let go") { idle.withLock { $0 } == 3 }
        _ = try await store.texts()
        try await eventually("the reader has let go again") { idle.withLock { $0 } == 4 }
    }

    @Test("a new connection lets go soon, however often it is asked")
    func idleAtStart() async throws {
        let idle = Protected(0)
        let settings = DatabaseSettings(
            readers: 1, startPatience: .milliseconds(200), patience: .seconds(100)
        ) { idle.withLock { $0 += 1 } }
        let store = try TestStore(settings: settings)
        try await eventually("all have let go") {
            _ = try await store.texts()
            return idle.withLock { $0 } == 3
        }
    }

    @Test("a connection in a transaction lets go of nothing")
    func releaseInside() throws {
        let directory = try TestDirectory()
        let steps = [Migration(number: 1, name: "notes", sql: "CREATE TABLE notes (text TEXT)")]
        let connection = try SQLiteConnection.openWriter(
            path: directory.store, migrations: steps, settings: DatabaseSettings())
        try connection.begin(.write)
        try connection.execute("INSERT INTO notes (text) VALUES ('a')")
        connection.releaseMemory()
        try connection.commit()
        connection.releaseMemory()
        #expect(try connection.query("SELECT text FROM notes").map { $0["text"] } == ["a"])
        #expect(try connection.control("PRAGMA foreign_keys").first?[0].int == 1)
        #expect(try connection.control("PRAGMA trusted_schema").first?[0].int == 0)
    }

    @Test("cancelling interrupts a running statement")
    func cancelRunning() async throws {
        let store = try TestStore()
        for _ in 0..<20 {
            let started = Gate()
            let task = Task {
                try await store.database.read { connection in
                    started.open()
                    return try connection.first(Self.endless)
                }
            }
            await started.opened()
            task.cancel()
            await #expect(throws: CancellationError.self) { _ = try await task.value }
        }
        try await expectEqual(store.texts(), [])
    }

    @Test("cancelling removes a waiting read from the queue")
    func cancelWaiting() async throws {
        let store = try TestStore(settings: DatabaseSettings(readers: 1))
        let (started, gate) = (Gate(), Gate())
        async let held: Void = store.database.read { _ in
            started.open()
            gate.block()
        }
        await started.opened()
        let tasks = (0..<10).map { _ in
            Task { try await store.database.read { _ in Issue.record("it ran") } }
        }
        for task in tasks { task.cancel() }
        // They end although the reader is blocked.
        for task in tasks { await #expect(throws: CancellationError.self) { try await task.value } }
        gate.open()
        try await held
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try await store.database.read { _ in Issue.record("it ran") }
        }
        await #expect(throws: CancellationError.self) { try await late.value }
    }

    @Test("an error of the body passes through and leaves the reader usable")
    func bodyErrors() async throws {
        let store = try TestStore(settings: DatabaseSettings(readers: 1))
        for _ in 0..<3 {
            await #expect(throws: Refusal()) {
                try await store.database.read { connection in
                    _ = try connection.query("SELECT 1")
                    throw Refusal()
                }
            }
        }
        try await expectEqual(store.texts(), [])
    }

    @Test("two reads run at the same time")
    func parallel() async throws {
        let store = try TestStore()
        let (first, second) = (Gate(), Gate())
        async let one: Void = store.database.read { _ in
            first.open()
            second.block()
        }
        async let two: Void = store.database.read { _ in
            first.block()
            second.open()
        }
        _ = try await (one, two)
    }
}
