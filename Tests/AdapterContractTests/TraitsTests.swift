import Chat
import TestSupport
import Testing

@testable import Delivery
@testable import Sessions

@Suite("Contract: adapter traits and state", .timeLimit(.minutes(1)))
struct TraitsTests {
    @Test("traits and refinements agree", arguments: NetworkKind.allCases)
    func traits(_ kind: NetworkKind) async throws {
        try await ContractBench.run(kind) { bench in
            let adapter = try bench.bridge.adapters.all[0]
            let traits = adapter.traits(of: RoomID(adapter: adapter.id, name: bench.network.room))
            let can = traits.capabilities
            #expect(!can.contains(.edits) || adapter is any EditingAdapter)
            #expect(!can.contains(.typing) || adapter is any TypingAdapter)
            #expect(!can.contains(.reactions) || adapter is any ReactingAdapter)
            #expect(!can.contains(.deletes) || adapter is any DeletingAdapter)
            #expect(!can.contains(.drafts) || adapter is any DraftingAdapter)
            expectEqual(can.contains(.files), traits.uploadLimit > 0)
            #expect(!can.contains(.files) || adapter is any FileAdapter)
            expectEqual(can.contains(.edits), bench.network.abilities.contains(.edits))
            expectEqual(can.contains(.reactions), bench.network.abilities.contains(.reactions))
            expectEqual(can.contains(.files), bench.network.abilities.contains(.files))
            expectEqual(can.contains(.buttons), bench.network.abilities.contains(.buttons))
            #expect(traits.textLimit >= 64)
            #expect(traits.excerptMessages <= traits.answerMessages)
            let sign =
                switch kind {
                // Slack itself handles text that begins with a slash, so texts show the mention.
                case .slack, .slackEdits: CommandSign("/", prefix: traits.sign.prefix)
                case .telegram, .web: CommandSign("/")
                default: CommandSign("!")
                }
            #expect(traits.sign == sign && traits.sign.prefix.hasPrefix("@") == kind.rawValue.hasPrefix("slack"))
        }
    }

    @Test(
        "a room where somebody has written has the name that people gave it",
        arguments: [NetworkKind.irc, .matrix, .matrixEncrypted, .slack, .telegram])
    func title(_ kind: NetworkKind) async throws {
        try await ContractBench.run(kind) { bench in
            try await bench.say("question")
            _ = try await bench.settled()
            let adapter = try bench.bridge.adapters.all[0]
            let title = adapter.traits(of: RoomID(adapter: adapter.id, name: bench.network.room)).title
            let name =
                switch kind {
                case .matrix, .matrixEncrypted: "team"
                case .slack: "#general"
                case .telegram: "Team"
                default: bench.network.room
                }
            expectEqual(title, name)
        }
    }

    @Test("an adapter that never ran is down, and runs until it is stopped", arguments: NetworkKind.allCases)
    func life(_ kind: NetworkKind) async throws {
        let network = try await kind.make()
        let adapter = try await network.makeAdapter()
        expectEqual(adapter.status.state, .down)
        try await ContractBench.run(network) { bench in
            let running = try bench.bridge.adapters.all[0]
            expectEqual(running.status.state, .up)
            // Waits until run(delivering:) has returned.
            await bench.stop()
            expectEqual(running.status.state, .down)
        }
    }
}
