import Chat
import Delivery
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

/// People remove the bot from its room and let it in again.
@Suite("Contract: rooms that are lost", .timeLimit(.minutes(2)))
struct LostRoomTests {
    /// Slack's stand-in takes edits from a bot that has left.
    private static let cases: [(NetworkKind, Bool)] =
        [NetworkKind.telegram, .matrix, .matrixEncrypted].flatMap { [($0, true), ($0, false)] } + [(.slack, false)]

    @Test("an answer whose room the bot was removed from arrives once and whole when the bot is back", arguments: cases)
    func removed(_ kind: NetworkKind, isShown: Bool) async throws {
        let worker = ContractWorker { _ in
            (isShown ? [.text("The first half of it")] : []) + [
                .hold("middle"), .text(isShown ? ", and the second." : "The whole answer."),
            ]
        }
        try await ContractBench.run(kind, worker: worker) { bench in
            try await bench.say("question")
            await worker.reached("middle")
            if isShown { try await bench.waitForGrowth("The first half of it") }
            try await bench.network.setMember(false)
            worker.release("middle")
            let store = try bench.bridge.store
            _ = try await bench.eventually("an answer that the room refuses") {
                try await store.read { ledger in try ledger.outboxRefused() } > 0 ? true : nil
            }
            try await bench.network.setMember(true)
            let answers = try await bench.settled()
            expectEqual(answers, [isShown ? "The first half of it, and the second." : "The whole answer."])
        }
    }
}
