import Chat
import Matrix
import TestSupport
import Testing

/// What a real Synapse counts as new for people.
@Suite("Matrix: whom the bot's messages notify", .timeLimit(.minutes(2)))
struct MatrixNotificationTests {
    @Test("a growing answer notifies nobody, and its end the asker once", arguments: [[], ["bob"]])
    func answer(others: [String]) async throws {
        let worker = ContractWorker { _ in
            [.text("The first words of an answer. "), .hold("middle"), .text("The end.")]
        }
        let network = try await MatrixNetwork()
        try await ContractBench.run(network, people: ["alice", "bob"], worker: worker) { bench in
            let (alice, bot, room) = try await network.makeRoom(of: "alice", with: others)
            try await alice.say("hi", in: room, .init(mention: others.isEmpty ? nil : bot))
            try await alice.wait(in: room) {
                $0.contains { $0.sender == bot.userID && $0.body.contains("first words") }
            }
            try await expectEqual(alice.unread(in: room).all, 0)
            worker.release("middle")
            let messages = try await alice.wait(in: room) { $0.contains { $0.body.contains("The end.") } }
            let end = try #require(messages.last { $0.sender == bot.userID })
            expectEqual(end.kind, "m.text")
            expectEqual(end.mentions, [alice.userID])
            try await bench.waitUntilIdle()
            let unread = try await alice.unread(in: room)
            expectEqual(unread.all, 1)
            expectEqual(unread.highlights, 1)
        }
    }

    @Test("an ask notifies the owner who may decide it once, and its outcome nobody")
    func ask() async throws {
        let request = ApprovalRequest(
            action: .run, subject: "make", directory: "/workspace", tool: "run", approver: .ownersOnly)
        let worker = ContractWorker { _ in [.approval(request), .text("Done.")] }
        let network = try await MatrixNetwork()
        try await ContractBench.run(network, people: ["alice", "bob"], worker: worker) { bench in
            let (bob, bot, room) = try await network.makeRoom(of: "bob", with: ["alice"])
            let alice = try await network.person("alice")
            // Somebody who has never written here is notified in a direct room.
            try await alice.say("!whoami", in: room)
            try await alice.wait(in: room) { $0.contains { $0.sender == bot.userID } }
            try await bob.say("go", in: room, .init(mention: bot))
            let asked = try await alice.wait(in: room) { $0.contains { $0.body.contains("Approval `a1`") } }
            let ask = try #require(asked.last { $0.sender == bot.userID })
            expectEqual(ask.mentions, [alice.userID])
            #expect(ask.body.hasPrefix("alice"))
            #expect(ask.html?.contains("https://matrix.to/#/\(alice.userID)") == true)
            try await expectEqual(alice.unread(in: room).highlights, 1)
            try await alice.say("!approve a1", in: room)
            try await bob.wait(in: room) { $0.contains { $0.body.contains("Done.") } }
            try await bench.waitUntilIdle()
            // Whether the server takes what she has answered for read does not matter here.
            #expect(try await alice.unread(in: room).highlights <= 1)
            try await expectEqual(bob.unread(in: room).highlights, 1)
        }
    }

    @Test("an answer that is complete at once notifies the asker once, a command's reply nobody")
    func whole() async throws {
        let network = try await MatrixNetwork()
        try await ContractBench.run(network, people: ["alice"]) { bench in
            let (alice, bot, room) = try await network.makeRoom(of: "alice")
            try await alice.say("!whoami", in: room)
            try await alice.wait(in: room) { $0.contains { $0.sender == bot.userID && $0.kind == "m.notice" } }
            try await expectEqual(alice.unread(in: room).all, 0)
            try await alice.say("hi", in: room)
            try await alice.wait(in: room) { $0.contains { $0.body == "Answer to hi." } }
            try await bench.waitUntilIdle()
            let unread = try await alice.unread(in: room)
            expectEqual(unread.all, 1)
            expectEqual(unread.highlights, 1)
        }
    }
}
