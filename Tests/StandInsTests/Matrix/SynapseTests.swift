import HTTP
import JSON
import TestSupport
import Testing

@Suite("Synapse and its people", .timeLimit(.minutes(3)))
struct SynapseTests {
    @Test("one person's messages reach another: threads, mentions, replies, edits, reactions, files")
    func talk() async throws {
        let synapse = try await Synapse.shared()
        let (alice, bob, room) = try await self.meet(synapse)
        let first = try await alice.say("Hello", in: room)
        let root = try await alice.say("look at <this>", in: room, .init(mention: bob.account))
        let inThread = try await bob.say("seen", in: room, .init(thread: root))
        try await alice.say("good", in: room, .init(thread: root, replyTo: inThread))
        try await bob.say("Hi", in: room, .init(replyTo: first, html: "<b>Hi</b>"))
        try await alice.edit(first, in: room, to: "Hello, Bob")
        try await alice.edit(first, in: room, to: "Hello, Bob!")
        let mark = try await bob.react("👍", to: first, in: room)
        let heart = try await bob.react("❤️", to: first, in: room)
        try await bob.redact(mark, in: room)
        try await bob.sendFile(Array("a,b\n".utf8), name: "a.csv", type: "text/csv", caption: "numbers", in: room)

        let messages = try await bob.wait(in: room) { $0.count == 6 && $0[0].reactions.map(\.id) == [heart] }
        expectEqual(messages.map(\.sender), [alice, alice, bob, alice, bob, bob].map(\.userID))
        expectEqual(messages[0].body, "Hello, Bob!")
        expectEqual(messages[0].edits.count, 2)
        expectEqual(messages[1].body, "\(bob.account.name): look at <this>")
        expectEqual(messages[1].html?.hasSuffix("</a>: look at &lt;this&gt;"), true)
        expectEqual(messages[1].mentions, [bob.userID])
        expectEqual(messages.map(\.thread), [nil, nil, root, root, nil, nil])
        expectEqual(messages.map(\.replyTo), [nil, nil, root, inThread, first, nil])
        expectEqual(messages[5].body, "numbers")
        let file = try #require(messages[5].file)
        try await expectEqual(alice.download(file), Array("a,b\n".utf8))
        await alice.leave()
        await bob.leave()
    }

    @Test("a redacted message is gone; the same transaction is the same message; encryption and upgrades are visible")
    func rooms() async throws {
        let synapse = try await Synapse.shared()
        let (alice, bob, room) = try await self.meet(synapse)
        let one = try await alice.say("one", in: room, .init(transaction: "same"))
        try await expectEqual(alice.say("one", in: room, .init(transaction: "same")), one)
        let two = try await alice.say("two", in: room)
        try await alice.redact(one, in: room)
        try await expectEqual(bob.wait(in: room) { $0.map(\.id) == [two] }.count, 1)
        await expectEqual(bob.message(one, in: room)?.isRedacted, true)
        try await alice.enableEncryption(of: room)
        let new = try await alice.upgrade(room)
        #expect(new != room)
        try await bob.wait(for: "the tombstone") { bob in
            let types = bob.events(in: room).compactMap { $0["type"]?.stringValue }
            return types.contains("m.room.encryption") && types.contains("m.room.tombstone") ? true : nil
        }
        await alice.leave()
        await bob.leave()
    }

    @Test("a gap in a timeline is filled")
    func gap() async throws {
        let synapse = try await Synapse.shared()
        let (alice, bob, room) = try await self.meet(synapse)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<150 { group.addTask { try await alice.say("\(number)", in: room) } }
            try await group.waitForAll()
        }
        try await bob.catchUp(in: room)
        expectEqual(Set(await bob.messages(in: room).map(\.body)), Set((0..<150).map(String.init)))
        await alice.leave()
        await bob.leave()
    }

    @Test("with its default limits it accepts ten messages and then says how long to wait")
    func limits() async throws {
        let synapse = try await Synapse.shared(.synapseDefaults)
        let (alice, bob, room) = try await self.meet(synapse)
        let proxy = try await FaultingProxy.started(before: synapse.url)
        let limited = try await synapse.person(alice.account, by: proxy.url)
        let start = ContinuousClock.now
        for number in 0..<11 { try await limited.say("\(number)", in: room) }
        #expect(ContinuousClock.now - start > .seconds(2))
        #expect(await proxy.requests.contains { $0.status == 429 })
        try await synapse.liftMessageLimit(of: bob.account)
        let free = try await synapse.person(bob.account, by: proxy.url)
        let first = await proxy.requests.count
        for number in 0..<15 { try await free.say("\(number)", in: room) }
        #expect(await !proxy.requests[first...].contains { $0.status == 429 })
        for person in [alice, bob, limited, free] { await person.leave() }
        await proxy.stop()
    }

    @Test("it can be stopped and started again with its data")
    func restart() async throws {
        let synapse = try await Synapse()
        let alice = try await synapse.person(try synapse.account("alice"))
        let room = try await alice.createRoom()
        try await alice.say("before", in: room)
        await synapse.kill()
        await #expect(throws: (any Error).self) { try await alice.say("meanwhile", in: room) }
        try await synapse.start()
        try await alice.say("after", in: room)
        try await alice.wait(in: room) { $0.map(\.body) == ["before", "after"] }
        await alice.leave()
        await synapse.remove()
    }

    /// Two people of this test in a room.
    private func meet(_ synapse: Synapse) async throws -> (alice: MatrixPerson, bob: MatrixPerson, room: String) {
        let alice = try await synapse.person(try await synapse.newAccount("alice"))
        let bob = try await synapse.person(try await synapse.newAccount("bob"))
        let room = try await alice.createRoom(inviting: [bob.account])
        try await bob.wait(for: "the invitation") { $0.invitations.contains(room) ? true : nil }
        try await bob.join(room)
        try await alice.waitForJoin(of: bob.userID, in: room)
        return (alice, bob, room)
    }
}
