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
