import Chat
import Glibc
import Primitives
import Store
import TestSupport
import Testing

@testable import Database
@testable import Sessions
@testable import Threads

/// A turn works while its question is on its way to the disk, and nothing of it is seen before the question is there.
@Suite(
    "Turns that begin before their question is stored", .timeLimit(.minutes(1)),
    .enabled(if: !TestDatabase.isPostgreSQL, "its tests hold up SQLite's only writer"))
struct EarlyTurnTests {
    /// Holds the store's thread until the test lets it go on.
    private final class Holder: Sendable {
        private let isOver = Protected(false)

        func hold() { while !self.isOver.withLock({ $0 }) { usleep(200) } }

        func letGo() { self.isOver.withLock { $0 = true } }
    }

    /// Delivers a message whose transaction has run and is not committed yet when `body` runs; `last` shares its commit.
    private static func deliver(
        _ text: String, to harness: BridgeHarness, sharing last: @escaping @Sendable (any Connection) throws -> Void,
        _ body: () async throws -> Void
    ) async throws -> Result<Void, any Error> {
        let database = harness.bridge.store.database
        let (before, within) = (Holder(), Holder())
        let isBegun = Gate(isOpen: false)
        database.submit({ _ in
            isBegun.setOpen(true)
            before.hold()
        }) { _ in }
        await isBegun.pass()
        let delivery = Task { _ = try await harness.bridge.deliver(harness.adapter.event(text, id: "e-\(text)")) }
        // The message's write is the next one, and the last one joins it.
        try await eventually("the write has begun") { database.writes[0].count > 0 }
        database.submit({ connection in
            within.hold()
            try last(connection)
        }) { _ in }
        before.letGo()
        try await body()
        within.letGo()
        return await delivery.result
    }

    /// Delivers a message whose turn begins before the commit, and checks that the room sees nothing of it until then.
    private static func deliverAndWatch(_ text: String, in harness: BridgeHarness) async throws {
        let delivered = try await Self.deliver(text, to: harness, sharing: { _ in }) {
            try await eventually("the worker has the request") { !harness.worker.requests.isEmpty }
            try await Task.sleep(for: .milliseconds(50))
            #expect(harness.adapter.texts.isEmpty)
        }
        try delivered.get()
        try await harness.settle()
    }

    @Test("the worker runs at once; what it says is shown when the question is stored")
    func shows() async throws {
        let harness = try await BridgeHarness()
        try await Self.deliverAndWatch("hello", in: harness)
        #expect(harness.adapter.texts == ["You said: hello"] && harness.worker.requests.count == 1)
        let turn = try #require(try await harness.turn(harness.worker.requests[0].id))
        expectEqual(turn.state, .complete)
        #expect(harness.worker.requests[0].isNew)
    }

    @Test("a question that cannot be stored leaves nothing, and is answered when the network repeats it")
    func refused() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker([.event(.text("Too early.")), .hold]))
        let failing: @Sendable (any Connection) throws -> Void = { connection in
            // Undoes the whole transaction, with the message in it.
            try connection.execute("INSERT OR ROLLBACK INTO floors (name, id) VALUES ('x', 1), ('x', 2)", [])
        }
        let delivered = try await Self.deliver("hello", to: harness, sharing: failing) {
            try await eventually("the worker has the request") { !harness.worker.requests.isEmpty }
        }
        #expect(throws: DatabaseError.self) { try delivered.get() }
        let first = harness.worker.requests[0].id
        #expect(try await harness.turn(first) == nil && harness.adapter.texts.isEmpty)
        _ = try await harness.bridge.deliver(harness.adapter.event("hello"))
        try await harness.settle()
        #expect(harness.adapter.texts == ["You said: hello"] && harness.worker.requests.count == 2)
        #expect(try await harness.turn(first) == nil)
    }

    @Test("a turn whose history is not in memory reads it when its question is stored")
    func history() async throws {
        let first = try await BridgeHarness()
        _ = try await first.ask("one")
        try await first.settle()
        let harness = try await BridgeHarness(directory: first.directory)
        let delivered = try await Self.deliver("two", to: harness, sharing: { _ in }) {
            try await Task.sleep(for: .milliseconds(50))
            #expect(harness.worker.requests.isEmpty)
        }
        try delivered.get()
        try await harness.settle()
        expectEqual(harness.worker.requests.last?.history.map(\.text), ["one", "You said: one"])
    }

    @Test("a turn that fails before its question is stored says so afterwards")
    func fails() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker([.fail("No model.")]))
        try await Self.deliverAndWatch("hello", in: harness)
        expectEqual(harness.adapter.texts, ["No model."])
    }
}
