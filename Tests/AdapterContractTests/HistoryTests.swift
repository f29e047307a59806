import Chat
import TestSupport
import Testing

@testable import Delivery
@testable import People
@testable import Sessions

/// What an adapter can tell of a room's past. Where everything that is said is marked, only that is looked at: networks also
/// tell what began a thread.
@Suite("Contract: what was said before", .timeLimit(.minutes(2)))
struct HistoryTests {
    /// Asks for what was said before the last message that the host has got, in its thread.
    private static func past(
        _ bench: ContractBench, _ history: any RoomHistory, after: MessageReference? = nil, limit: Int = 50
    ) async throws -> [SaidMessage] {
        let question = try #require(bench.lastMessage)
        return try await history.past(
            of: PastQuery(
                route: question.route, before: Self.reference(of: question), after: after, since: 0, limit: limit)
        ).messages
    }

    private static func reference(of message: InboundMessage) -> MessageReference? {
        message.route.replyTo.map { MessageReference(room: message.route.room, id: $0) }
    }

    private static func marked(_ messages: [SaidMessage]) -> [String] {
        messages.filter { $0.text.contains("words") && $0.author?.isSelf == false }.map(\.text)
    }

    @Test(
        "the past of a thread is in order, without the question, edited as people see it and without what was deleted",
        arguments: NetworkKind.allCases)
    func past(_ kind: NetworkKind) async throws { try await Self.past(on: try await kind.make()) }

    @Test("so it is on a server of IRC whose lines have ids")
    func pastWithIDs() async throws { try await Self.past(on: IRCNetwork(try await InspIRCd())) }

    private static func past(on network: any ContractNetwork) async throws {
        try await ContractBench.run(network) { bench in
            let adapter = try bench.bridge.adapters.all[0]
            // The in-memory network has the past that a test gives it.
            guard let history = adapter as? any RoomHistory, !(bench.network is FakeNetwork) else { return }
            let abilities = bench.network.abilities
            try await bench.say("first words", Manner(isAddressed: false))
            let second = try await bench.say("second words", Manner(isAddressed: false))
            if abilities.contains(.deletions) {
                let regretted = try await bench.say("regretted words", Manner(isAddressed: false))
                try await bench.network.takeBack(regretted, as: "alice")
            }
            if abilities.contains(.changes) {
                try await bench.network.edit(second, to: "second words, corrected", as: "alice")
            }
            // An edit may be a question of its own, where it mentions the bot.
            try await bench.waitUntilIdle()
            try await bench.say("question with words")
            _ = try await bench.settled()
            let question = try #require(bench.lastMessage)

            let past = try await Self.past(bench, history)
            let texts = Self.marked(past)
            expectEqual(texts.count, 2)
            expectEqual(texts.first?.hasSuffix("first words"), true)
            expectEqual(
                texts.last?.hasSuffix(abilities.contains(.changes) ? "second words, corrected" : "second words"), true)
            let access = try bench.bridge.access
            for message in past where message.text.contains("words") && message.author?.isSelf == false {
                // Before somebody first asks, a nick may have had another holder; their role does not depend on it.
                if question.sender.isLasting { expectEqual(message.author?.id, question.sender.id) }
                expectEqual(message.author.flatMap { access.role(of: $0) }, .owner)
                expectEqual(message.author?.isBot, false)
                #expect(!message.name.isEmpty && message.sentAt ?? 0 > 0)
            }
            // The answer came after the question.
            #expect(!past.contains { $0.text.contains("Answer to question") })

            // A root does not count.
            let newest = try await Self.past(bench, history, limit: 1).filter { $0.relation == .said }
            expectEqual(newest.count, 1)

            try await bench.say("second question with words")
            _ = try await bench.settled()
            let later = try await Self.past(bench, history, after: Self.reference(of: question))
            if Self.reference(of: question) != nil { expectEqual(Self.marked(later), []) }
            #expect(later.allSatisfy { $0.author?.isSelf != false })
        }
    }
}
