import Chat
import Primitives
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

/// What the process died of twice is not begun again.
@Suite("What is under way", .timeLimit(.minutes(1)))
struct UnderWayTests {
    private struct Failure: Error {}

    @Test("work that the process died of twice is refused; work that ends or fails is not counted")
    func counting() async throws {
        let harness = try await BridgeHarness()
        let underWay = UnderWay(store: harness.bridge.store)
        for _ in 0..<4 { try await expectEqual(underWay.run(.tasks, "a") { 1 }, 1) }
        for _ in 0..<4 {
            await #expect(throws: Failure.self) { _ = try await underWay.run(.tasks, "a") { throw Failure() } }
        }
        // Begun without an end, as when the process dies.
        for _ in 0..<2 { try await expectEqual(underWay.begin(.tasks, ["a", "b"]), []) }
        try await expectEqual(underWay.run(.tasks, "a") { 1 }, nil)
        try await expectEqual(underWay.run(.commits, "a") { 1 }, 1)
        try await underWay.end(.tasks, ["a"])
        try await expectEqual(underWay.run(.tasks, "a") { 1 }, 1)
        try await expectEqual(underWay.run(.tasks, "b") { 1 }, nil)
    }

    @Test(
        "a message that killed the process twice is skipped with a note in its thread, and the others are answered")
    func message() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(directory: directory)
        _ = try await first.ask("hello")
        try await first.settle()
        for text in ["deadly", "harmless"] {
            let event = first.adapter.event(text, from: "alice", in: "alice", id: text)
            guard case .message(let message) = event.kind else { continue }
            let (adapter, body) = (first.adapter.id, StoredForm.text(of: message))
            try await first.bridge.store.write { ledger in
                _ = try ledger.insertEvent(text, adapter: adapter, body: body, role: .owner, at: 1)
            }
        }
        let waiting = try await first.bridge.store.read { ledger in try ledger.newEvents(after: 0, limit: 9) }
        expectEqual(waiting.count, 2)
        let underWay = UnderWay(store: first.bridge.store)
        // Both were being handled when the process died first, one of them when it died again.
        _ = try await underWay.begin(.event, waiting.map { "\($0.number)" })
        _ = try await underWay.begin(.event, ["\(waiting[0].number)"])
        let second = try await BridgeHarness(directory: directory)
        try await second.settle()
        expectEqual(second.worker.requests.map(\.text), ["harmless"])
        await second.adapter.waitForPosts { posts in posts.contains { $0.text.contains("ended twice") } }
    }

    @Test("messages that the process may have died of are handled one at a time")
    func oneByOne() async throws {
        let harness = try await BridgeHarness()
        let trials = InboxTrials(store: harness.bridge.store)
        let gate = Gate(isOpen: false)
        let begun = Protected<[Int]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    _ = try await trials.run("\(number)") {
                        begun.withLock { $0.append(number) }
                        await gate.pass()
                    }
                }
            }
            try await gate.reached()
            expectEqual(begun.withLock { $0.count }, 1)
            gate.setOpen(true)
            try await group.waitForAll()
        }
        expectEqual(Set(begun.withLock { $0 }), Set(0..<8))
    }

    @Test("an answer during whose closing the process died twice is closed without being shown")
    func answer() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(
            directory: directory, worker: ScriptedWorker([.event(.text("Begun.\n\nHal")), .hold]))
        let submission = try #require(try await first.ask("hello"))
        await first.adapter.waitForPosts(1)
        try await first.settleOutbox()
        let underWay = UnderWay(store: first.bridge.store)
        for _ in 0..<2 { _ = try await underWay.begin(.turn, [submission.operation]) }
        let second = try await BridgeHarness(directory: directory)
        // Why, and the offer to go on.
        await second.adapter.waitForPosts(2)
        expectEqual(second.adapter.texts.first?.contains("ended twice"), true)
        expectEqual(second.adapter.texts.dropFirst(), ["Type `!resume` (Continue)."])
        try await expectEqual(second.turn(submission.operation)?.state, .interrupted)
        try await expectEqual(underWay.run(.turn, submission.operation) { 1 }, 1)
    }
}
