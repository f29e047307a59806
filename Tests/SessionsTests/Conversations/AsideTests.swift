import Chat
import Database
import Joining
import Primitives
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

/// Work alongside a turn, which must not delay it.
@Suite("Alongside a turn", .timeLimit(.minutes(1)))
struct AsideTests {
    @Test("a network that is slow to show typing delays no answer, and gets the last state in the end")
    func typing() async throws {
        let harness = try await BridgeHarness(
            traits: RoomTraits(capabilities: .typing, textLimit: 400, textUnit: .bytes, isMultiline: false))
        harness.adapter.setHoldingTyping(true)
        for number in 1...3 {
            _ = try await harness.ask("\(number)")
            await harness.adapter.waitForText("You said: \(number)")
        }
        try await harness.settle()
        harness.adapter.setHoldingTyping(false)
        await harness.adapter.waitForTyping([true, false])
    }

    @Test("a cancelled caller still learns a message's thread")
    func thread() async throws {
        let harness = try await BridgeHarness()
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(1)
        try await harness.settle()
        let (bridge, reference) = (harness.bridge, harness.adapter.reference("p1"))
        let asking = Task {
            while !Task.isCancelled { await Task.yield() }
            return await bridge.thread(of: reference)
        }
        asking.cancel()
        await expectEqual(asking.value?.value, "alice/alice")
    }

    @Test("while a stopping host waits for one thread's turn, no other thread begins a turn")
    func stopping() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker([.hold], [.hold]),
            settings: BridgeSettings(publicURL: "http://127.0.0.1:8787", drainTimeout: .seconds(50)))
        for person in ["alice", "gina"] { _ = try await harness.ask("1", from: person) }
        let event = harness.adapter.event("2", from: "alice", in: "gina", thread: "gina")
        let waiting = try #require(try await harness.bridge.submit(event))
        try await eventually("both turns run") { harness.worker.requests.count >= 2 }
        let stopping = Task { await harness.bridge.stop() }
        try await eventually("both conversations are closing") { await harness.closingCount >= 2 }
        await expectEqual(harness.closingCount, 2)
        for _ in 0..<2 { harness.worker.release() }
        await stopping.value
        try await expectEqual(harness.turn(waiting.operation)?.state, .queued)
    }
}

extension BridgeHarness {
    /// Threads that begin no more turns.
    fileprivate var closingCount: Int {
        get async {
            var count = 0
            for conversation in self.bridge.conversations.all where await conversation.beginsNoMore { count += 1 }
            return count
        }
    }
}

extension Conversation {
    fileprivate var beginsNoMore: Bool { self.turns.isClosing }
}
