import Chat
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("Contract: restart", .timeLimit(.minutes(1)))
struct RestartTests {
    enum End: String, CaseIterable, CustomTestStringConvertible {
        case inOrder, crash

        var testDescription: String { self == .inOrder ? "in order" : "by a crash" }
    }

    @Test(
        "a turn interrupted by a restart gets one note, and waiting messages are answered after it",
        arguments: NetworkKind.allCases, End.allCases)
    func cutTurn(_ kind: NetworkKind, _ end: End) async throws {
        let worker = ContractWorker {
            $0 == "one" ? [.text("Begun.\n\n"), .hold("middle"), .text("End.")] : [.text("Answer to \($0).")]
        }
        try await ContractBench.run(kind, worker: worker) { bench in
            try await bench.say("one")
            await worker.reached("middle")
            try await self.waitUntilSeen(bench)
            try await bench.say("two")
            try await bench.waitForTurns(2)
            let abilities = bench.network.abilities
            if abilities.contains(.notes), !abilities.contains(.reactions) { try await self.waitForNote(bench) }

            if end == .inOrder { await bench.stop() } else { try await bench.crash() }
            try await bench.start()
            let answers = try await bench.settled()
            let shown = try await bench.network.shown()
            expectEqual(answers.count, 3, "\(shown)")
            expectEqual(answers.first?.filter { $0 != "\n" }, "Begun.")
            expectEqual(answers.dropFirst().first?.hasPrefix("Interrupted"), true)
            expectEqual(answers.last, "Answer to two.")

            await bench.stop()
            try await bench.start()
            try await bench.say("three")
            try await expectEqual(bench.settled(), answers + ["Answer to three."])
        }
    }

    /// People or live frames have seen part of the answer.
    private func waitUntilSeen(_ bench: ContractBench) async throws {
        if bench.network.abilities.contains(.edits) {
            try await bench.waitForGrowth("Begun.")
        } else if bench.network.abilities.contains(.notes) {
            try await bench.wait { $0 == ["Begun."] }
        }
        let store = try bench.bridge.store
        _ = try await bench.eventually("the first frame") {
            try await store.read { ledger in
                try ledger.openTurns().contains { turn in
                    try ledger.frames(of: turn.id, after: 0).contains { $0.kind == .execution }
                }
            } ? true : nil
        }
    }

    private func waitForNote(_ bench: ContractBench) async throws {
        _ = try await bench.eventually("the note that the second one waits") {
            let store = try bench.bridge.store
            let isShown = try await bench.network.shown().contains { ContractBench.isWaitNote($0.text) }
            let pending = try await store.read { ledger in try ledger.outboxPending() }
            return isShown && pending == 0 ? true : nil
        }
    }

    @Test("a turn that showed nothing is simply answered after a crash", arguments: NetworkKind.allCases)
    func unseenTurn(_ kind: NetworkKind) async throws {
        let isSecond = ContractWorker { [.hold($0), .text("Answer to \($0).")] }
        try await ContractBench.run(kind, worker: isSecond) { bench in
            try await bench.say("one")
            await isSecond.reached("one")
            try await bench.crash()
            // The waiting turn belongs to the new host; the old one never resumes.
            isSecond.forget("one")
            try await bench.start()
            await isSecond.reached("one")
            isSecond.release("one")
            try await expectEqual(bench.settled(), ["Answer to one."])
        }
    }
}
