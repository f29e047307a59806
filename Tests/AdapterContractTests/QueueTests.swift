import Chat
import TestSupport
import Testing

@Suite("Contract: messages that wait", .timeLimit(.minutes(1)))
struct QueueTests {
    /// Begins to answer the first question, and ends when the test releases it.
    private static func worker() -> ContractWorker {
        ContractWorker { question in
            let answer = "to \(question.replacing("\n\n", with: " and "))."
            return question == "1"
                ? [.text("Answer "), .hold("first"), .text(answer)] : [.text("Answer \(answer)")]
        }
    }

    @Test("a waiting message is marked by a reaction that goes away, or by a note", arguments: NetworkKind.allCases)
    func mark(_ kind: NetworkKind) async throws {
        try await ContractBench.run(kind, worker: Self.worker()) { bench in
            let abilities = bench.network.abilities
            let first = try await bench.say("1")
            await bench.worker.reached("first")
            let second = try await bench.say("2")
            try await bench.waitForTurns(2)
            if abilities.contains(.reactions) {
                _ = try await bench.eventually("the mark") {
                    try await bench.network.marks(on: second).isEmpty ? nil : true
                }
                #expect(try await bench.network.marks(on: first).isEmpty)
            }
            bench.worker.release("first")
            try await expectEqual(bench.settled(), ["Answer to 1.", "Answer to 2."])
            _ = try await bench.eventually("the mark to go") {
                try await bench.network.marks(on: second).isEmpty ? true : nil
            }
            let notes = try await bench.network.shown().count { ContractBench.isWaitNote($0.text) }
            expectEqual(notes, abilities.contains(.notes) && !abilities.contains(.reactions) ? 1 : 0)
        }
    }

    @Test("a message edited while it waits is answered in its new form", arguments: NetworkKind.allCases)
    func changed(_ kind: NetworkKind) async throws {
        try await ContractBench.run(kind, worker: Self.worker()) { bench in
            try await bench.say("1")
            await bench.worker.reached("first")
            let second = try await bench.say("2")
            try await bench.waitForTurns(2)
            try await bench.network.edit(second, to: "3", as: "alice")
            bench.worker.release("first")
            let last = bench.network.abilities.contains(.changes) ? "3" : "2"
            try await expectEqual(bench.settled(), ["Answer to 1.", "Answer to \(last)."])
            expectEqual(bench.worker.questions.map(\.text), ["1", last])
        }
    }

    @Test("a message deleted while it waits is not answered", arguments: NetworkKind.allCases)
    func takenBack(_ kind: NetworkKind) async throws {
        try await ContractBench.run(kind, worker: Self.worker()) { bench in
            try await bench.say("1")
            await bench.worker.reached("first")
            let second = try await bench.say("2")
            try await bench.say("3")
            try await bench.waitForMessages(2)
            try await bench.network.takeBack(second, as: "alice")
            bench.worker.release("first")
            let hasDeletions = bench.network.abilities.contains(.deletions)
            try await expectEqual(
                bench.settled(), ["Answer to 1.", hasDeletions ? "Answer to 3." : "Answer to 2 and 3."])
            expectEqual(bench.worker.questions.map(\.text), ["1", hasDeletions ? "3" : "2\n\n3"])
        }
    }
}
