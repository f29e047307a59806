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
