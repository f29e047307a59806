import Chat
import Database
import Store
import TestSupport
import Testing

@testable import Delivery
@testable import Sessions
@testable import Threads

@Suite("Renamed rooms", .timeLimit(.minutes(1)))
struct RenamedRoomTests {
    private func say(_ text: String, in room: String, _ harness: BridgeHarness) async throws -> Delivery {
        try await harness.adapter.say(text, in: room, isDirect: false, thread: "t")
    }

    @Test("running, waiting and unsent messages continue in the room under its new id")
    func underWay() async throws {
        let directory = try TemporaryDirectory()
        let harness = try await BridgeHarness(
            directory: directory,
            worker: ScriptedWorker([.event(.text("Begun.\n\n")), .hold, .event(.text("Ended."))]))
        try await expectEqual(self.say("1", in: "g1", harness), .stored)
        await harness.adapter.waitForText("Begun.")
        try await expectEqual(self.say("2", in: "g1", harness), .stored)
        try await harness.settleInbox()
        // The note that it waits: if it were not sent yet, it would go to the new room, too.
        await harness.adapter.waitForPosts(2)
        try await expectEqual(harness.adapter.renameRoom("g1", to: "-100g1"), .stored)
        harness.worker.release()
        await harness.adapter.waitForText("You said: 2")
        try await expectEqual(self.say("3", in: "-100g1", harness), .stored)
        await harness.adapter.waitForText("You said: 3")
        try await harness.settle()
        // One that was under way to the old id.
        try await expectEqual(self.say("4", in: "g1", harness), .stored)
        await harness.adapter.waitForText("You said: 4")
        try await harness.settle()
        expectEqual(harness.worker.requests.map(\.session).count { $0 == harness.worker.requests[0].session }, 4)
        let rooms = harness.adapter.posts.map(\.route.room.name)
        expectEqual(rooms.prefix(2), ["g1", "g1"])
        expectEqual(Set(rooms.dropFirst(2)), ["-100g1"])
        #expect(harness.adapter.posts.map(\.route.anchor).allSatisfy { $0 == "t" })
        let second = try await BridgeHarness(directory: directory)
        try await second.adapter.say("5", in: "-100g1", id: "later", isDirect: false, thread: "t")
        await second.adapter.waitForText("You said: 5")
        expectEqual(second.worker.requests.first?.history.map(\.text).first, "1")
        try await expectEqual(
            second.bridge.store.read { ledger in try ledger.sessions(after: nil, limit: 9).items.count }, 1)
    }

    @Test("messages that could not be sent to the old room are sent to the new one")
    func unsent() async throws {
        let harness = try await BridgeHarness()
        let old = Route(room: RoomID(adapter: harness.adapter.id, name: "g1"))
        try await harness.bridge.store.write { ledger in
            for text in ["one", "two"] {
                _ = try ledger.insertOutbox(session: "s", turn: nil, kind: .note, route: old, text: text, at: 1)
            }
        }
        harness.adapter.setHolding(true)
        await harness.bridge.lanes.wake(old.room)
        harness.adapter.fail(with: AdapterError(.notFound, "the group is a supergroup now"))
        // In the store it is being sent a moment before: renamed then, it would go to the new room at once, and be refused there.
        try await eventually("the first message is being sent") { harness.adapter.isStuck }
        try await expectEqual(harness.adapter.renameRoom("g1", to: "g2"), .stored)
        harness.adapter.setHolding(false)
        await harness.adapter.waitForPosts(2)
        expectEqual(Set(harness.adapter.texts), ["one", "two"])
        #expect(harness.adapter.posts.allSatisfy { $0.route.room.name == "g2" })
    }

    private static let growing = RoomTraits(
        capabilities: [.edits, .deletes], textLimit: 60, textUnit: .bytes, editInterval: .milliseconds(1))

    @Test("an answer that grew in the old room is a new message: its old id may belong to another message")
    func growing() async throws {
        let harness = try await BridgeHarness(
            traits: Self.growing,
            worker: ScriptedWorker([.event(.text("Begun ")), .hold, .event(.text("and ended."))]))
        try await expectEqual(self.say("1", in: "g1", harness), .stored)
        await harness.adapter.waitForText("Begun")
        try await harness.waitForLivePreviews(1)
        try await expectEqual(harness.adapter.renameRoom("g1", to: "g2"), .stored)
        harness.worker.release()
        await harness.adapter.waitForText("Begun and ended.")
        try await harness.settle()
        expectEqual(harness.adapter.posts.map(\.text), ["Begun", "Begun and ended."])
        expectEqual(harness.adapter.posts.map(\.route.room.name), ["g1", "g2"])
    }

    @Test("where messages keep their ids, an answer grows on in its message")
    func kept() async throws {
        var traits = Self.growing
        traits.capabilities.insert(.lastingIDs)
        let harness = try await BridgeHarness(
            traits: traits, worker: ScriptedWorker([.event(.text("Begun ")), .hold, .event(.text("and ended."))]))
        try await expectEqual(self.say("1", in: "g1", harness), .stored)
        await harness.adapter.waitForText("Begun")
        try await harness.waitForLivePreviews(1)
        try await expectEqual(harness.adapter.renameRoom("g1", to: "g2"), .stored)
        harness.worker.release()
        await harness.adapter.waitForText("Begun and ended.")
        try await harness.settle()
        expectEqual(harness.adapter.texts, ["Begun and ended."])
        let post = try #require(harness.adapter.posts.first)
        let reference = harness.adapter.reference(post.id, in: "g2")
        let item = try await harness.bridge.store.read { ledger in try ledger.posted(reference) }
        expectEqual(item?.route.room.name, "g2")
    }

    @Test(
        "what was sent is found in the room, and replies stay replies, only where messages keep their ids",
        arguments: [true, false])
    func sent(keepsMessages: Bool) async throws {
        let harness = try await BridgeHarness()
        let (old, new) = (harness.adapter.reference("p1", in: "g1"), harness.adapter.reference("p1", in: "g2"))
        let route = Route(room: old.room, anchor: "t", replyTo: "m1")
        let (posted, waiting) = try await harness.bridge.store.write { ledger in
            let sent = try ledger.insertOutbox(session: "s", turn: nil, kind: .ask, route: route, text: "?", at: 1)
            try ledger.setOutbox(sent.id, .sent, reference: "p1", at: 1)
            _ = try ledger.insertOutbox(session: "s", turn: nil, kind: .note, route: route, text: "note", at: 1)
            try ledger.rename(old.room, to: new.room, keepsMessages: keepsMessages)
            return (try ledger.posted(new), try ledger.openOutbox(of: new.room, after: 0, limit: 9))
        }
        expectEqual(posted != nil, keepsMessages)
        #expect(posted == nil || posted?.route.room == new.room)
        expectEqual(waiting.map(\.route.room), [new.room])
        expectEqual(waiting.map(\.route.replyTo), [keepsMessages ? "m1" : nil])
    }

    @Test("removals for the old room are not attempted in the new one")
    func surplus() async throws {
        let harness = try await BridgeHarness(traits: Self.growing)
        let old = Route(room: RoomID(adapter: harness.adapter.id, name: "g1"))
        try await harness.bridge.store.write { ledger in
            for text in ["one", "two", "three"] {
                let item = try ledger.insertOutbox(
                    session: "s", turn: "t", kind: .preview, route: old, text: text, at: 1)
                try ledger.setOutbox(item.id, .live, reference: "p\(item.id)", at: 1)
            }
            _ = try ledger.finishPreviews(ofTurn: "t", with: ["whole"], surplus: .removed)
            _ = try ledger.insertOutbox(
                session: "s", turn: nil, kind: .final, route: old, text: OutboxItem.blank, at: 1)
        }
        try await expectEqual(harness.adapter.renameRoom("g1", to: "g2"), .stored)
        await harness.adapter.waitForText("whole")
        try await harness.settle()
        expectEqual(harness.adapter.texts, ["whole"])
        #expect(harness.adapter.deleted.isEmpty)
    }

    @Test("a removal that fails during the rename is not retried in the new room")
    func removal() async throws {
        let harness = try await BridgeHarness(traits: Self.growing)
        let (adapter, bridge) = (harness.adapter, harness.bridge)
        let old = Route(room: RoomID(adapter: adapter.id, name: "g1"))
        let removal = try await bridge.store.write { ledger in
            let item = try ledger.insertOutbox(
                session: "s", turn: "t", kind: .preview, route: old, text: "one", at: 1)
            try ledger.setOutbox(item.id, .live, reference: "p1", at: 1)
            return try ledger.finishPreviews(ofTurn: "t", with: [], surplus: .removed).surplus
        }
        adapter.setHolding(true)
        await bridge.lanes.dispatch(removal)
        try await eventually("a post is blocked") { adapter.isStuck }
        adapter.meetInDeletes([.refused(AdapterError(.invalid, "the group is a supergroup now"))])
        try await expectEqual(adapter.renameRoom("g1", to: "g2"), .stored)
        adapter.setHolding(false)
        try await harness.settle()
        #expect(adapter.posts.isEmpty && adapter.deleted.isEmpty)
    }

    @Test(
        "a thread's key follows its own room only",
        arguments: [
            ("g1", "g2"), ("g1/7", "g2/7"), ("g1/7/8", "g2/7/8"), ("g11/7", nil), ("g", nil), ("x/g1", nil),
        ] as [(String, String?)])
    func keys(old: String, new: String?) throws {
        let adapter = AdapterID("telegram:bot")
        let moved = ThreadKey(adapter: adapter, value: old).moved(
            from: RoomID(adapter: adapter, name: "g1"), to: RoomID(adapter: adapter, name: "g2"))
        expectEqual(moved?.value, new)
    }

    @Test("tables follow a room from id to id and leave others alone")
    func tables() async throws {
        let harness = try await BridgeHarness()
        let adapter = harness.adapter.id
        func room(_ name: String) -> RoomID { RoomID(adapter: adapter, name: name) }
        let threads = try await harness.bridge.store.write { ledger in
            for (room, thread) in [
                ("a", "a"), ("a", "a/1"), ("ab", "ab/1"), ("a%", "a%/1"), ("b", "b/1"), ("a", "a/2"),
            ] {
                _ = try ledger.session(
                    for: ThreadKey(adapter: adapter, value: thread),
                    route: Route(room: RoomID(adapter: adapter, name: room), anchor: thread), owner: "o", title: "",
                    at: 1)
            }
            try ledger.rename(RoomID(adapter: adapter, name: "a"), to: RoomID(adapter: adapter, name: "b"))
            try ledger.rename(RoomID(adapter: adapter, name: "b"), to: RoomID(adapter: adapter, name: "c"))
            return try ledger.sessions(after: nil, limit: 20).items.map { "\($0.key.value) \($0.route.room.name)" }
        }
        // `a/1` could not replace `b/1`.
        expectEqual(Set(threads), ["c c", "a/1 c", "ab/1 ab", "a%/1 a%", "c/1 c", "c/2 c"])
        let renamed = try await harness.bridge.store.read { ledger in try ledger.renamedRooms() }
        expectEqual(renamed, [room("a"): room("c"), room("b"): room("c")])
    }
}
