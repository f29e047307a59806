import Chat
import Database
import Store
import TestSupport
import Testing

@testable import Delivery
@testable import Sessions
@testable import Threads

@Suite("A room's lane", .timeLimit(.minutes(1)))
struct LaneTests {
    @Test("messages that two threads report out of id order are all sent")
    func order() async throws {
        let harness = try await BridgeHarness()
        let items = try await harness.notes("first", "second")
        let lane = harness.lane()
        await lane.enqueue([items[1]])
        await lane.enqueue([items[0]])
        await harness.adapter.waitForPosts(2)
        expectEqual(Set(harness.adapter.texts), ["first", "second"])
        await lane.enqueue(items)
        await lane.drain(until: .now + .seconds(5))
        expectEqual(harness.adapter.posts.count, 2)
    }

    @Test(
        "a message that waits for the room's pace is not marked as being sent: after a crash it is known to be unsent")
    func paced() async throws {
        let harness = try await BridgeHarness(
            traits: RoomTraits(textLimit: 400, textUnit: .bytes, postInterval: .seconds(600), postBurst: 1))
        let items = try await harness.notes("first", "second")
        let lane = harness.lane()
        await lane.enqueue(items)
        try await eventually("the lane pauses") { await lane.isPausing }
        let states = try await harness.bridge.store.read { ledger in
            try ledger.openOutbox(of: harness.room, after: 0, limit: 9).map(\.state)
        }
        expectEqual(harness.adapter.texts, ["first"])
        expectEqual(states, [.pending])
    }

    @Test("a reserved lane sends nothing until its messages arrive; the first, already marked, goes first")
    func reserved() async throws {
        let harness = try await BridgeHarness()
        let lane = harness.lane()
        #expect(await lane.reserve())
        #expect(await !lane.reserve())
        let items = try await harness.notes("other", "first", "second")
        #expect(try await harness.bridge.store.write { ledger in try ledger.markSending(items[1].id, at: 1) })
        await lane.enqueue([items[0]])
        await lane.enqueueReserved(Array(items[1...]))
        await lane.drain(until: .now + .seconds(5))
        expectEqual(harness.adapter.texts, ["first", "second", "other"])
        #expect(await lane.reserve())
        await lane.enqueueReserved([])
        await lane.drain(until: .now + .seconds(5))
        try await expectEqual(harness.bridge.store.read { ledger in try ledger.outboxPending() }, 0)
    }
}
