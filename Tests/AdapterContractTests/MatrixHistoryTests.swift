import Chat
import JSON
import Matrix
import TestSupport
import Testing

@testable import Delivery
@testable import Sessions

/// What a real Synapse tells of a room's past.
@Suite("Matrix: what was said before", .timeLimit(.minutes(2)))
struct MatrixHistoryTests {
    private static func query(
        _ bench: ContractBench, _ question: InboundMessage, repliesTo: String? = nil, limit: Int = 20
    ) -> PastQuery {
        PastQuery(
            route: question.route,
            before: question.route.replyTo.map { MessageReference(room: question.route.room, id: $0) }, since: 0,
            limit: limit, repliesTo: repliesTo)
    }

    private static func history(_ bench: ContractBench) throws -> any RoomHistory {
        try #require(try bench.bridge.adapters.all[0] as? any RoomHistory)
    }

    @Test("a room has what was said outside of its threads, and what a question replies to with its picture")
    func room() async throws {
        let network = try await MatrixNetwork()
        try await ContractBench.run(network, people: ["alice", "bob"]) { bench in
            let (alice, bot, room) = try await network.makeRoom(of: "alice", with: ["bob"])
            let bob = try await network.person("bob")
            let picture = try await bob.sendFile(
                [1, 2, 3], name: "error.png", type: "image/png", caption: "broke with GIRAFFE11", in: room,
                .init(kind: "m.image"))
            let root = try await bob.say("lunch?", in: room)
            try await alice.say("only in the thread", in: room, .init(thread: root))
            let typo = try await alice.say("it was the cahce", in: room)
            try await alice.edit(typo, in: room, to: "it was the cache")
            let secret = try await bob.say("hunter2", in: room)
            try await bob.redact(secret, in: room)
            try await bob.say("build 17 is red", in: room, .init(kind: "m.notice"))
            let asked = try await alice.say(
                "what does this mean?", in: room, .init(replyTo: picture, mention: bot))
            try await alice.wait(in: room) { $0.contains { $0.sender == bot.userID } }
            try await bob.say("too late", in: room)
            let question = try await bench.message(asked)
            expectEqual(question.repliesTo, picture)
            expectEqual(question.text, "what does this mean?")

            let past = try await Self.history(bench).past(of: Self.query(bench, question, repliesTo: picture))
            expectEqual(
                past.messages.map { "\($0.name.prefix { $0 != "-" }): \($0.text)" },
                [
                    "bob: broke with GIRAFFE11", "bob: lunch?", "alice: it was the cache", "bob: build 17 is red",
                ])
            expectEqual(past.messages.map(\.relation), [.repliedTo, .said, .said, .said])
            expectEqual(past.messages.map { $0.author?.isBot }, [false, false, false, true])
            expectEqual(past.messages.first?.attachments.map(\.name), ["error.png"])
            expectEqual(past.missing, nil)
            // Without the rest, and from farther back than that reaches.
            let alone = try await Self.history(bench).past(
                of: Self.query(bench, question, repliesTo: picture, limit: 0))
            expectEqual(alone.messages.map(\.relation), [.repliedTo])
        }
    }

    @Test("of a room that hides its past from newcomers, they get nothing from before they came")
    func newcomer() async throws {
        let network = try await MatrixNetwork()
        try await ContractBench.run(network, people: ["alice", "bob"]) { bench in
            let (alice, bot, room) = try await network.makeRoom(of: "alice", with: ["bob"])
            try await alice.setState(
                "m.room.history_visibility", of: room, to: ["history_visibility": "joined"])
            let secret = try await alice.say("ZEBRA77 is secret", in: room)
            let carol = try await network.person("carol")
            try await alice.invite(carol.account, to: room)
            try await carol.join(room)
            try await alice.say("welcome", in: room)
            let asked = try await carol.say("what was said?", in: room, .init(replyTo: secret, mention: bot))
            let question = try await bench.message(asked)
            let past = try await Self.history(bench).past(of: Self.query(bench, question, repliesTo: secret))
            expectEqual(past.messages.map(\.text), ["welcome"])

            let mine = try await alice.say("and to me?", in: room, .init(mention: bot))
            let own = try await bench.message(mine)
            let all = try await Self.history(bench).past(of: Self.query(bench, own))
            #expect(all.messages.contains { $0.text.contains("ZEBRA77") })
        }
    }
}
