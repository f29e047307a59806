import Chat
import TestSupport
import Testing

@Suite("Contract: threads", .timeLimit(.minutes(1)))
struct ThreadTests {
    @Test(
        "two people in one room have separate sessions, and a long turn of one does not delay the other",
        arguments: NetworkKind.allCases)
    func threads(_ kind: NetworkKind) async throws {
        let worker = ContractWorker { $0 == "long" ? [.hold("long"), .text("Long.")] : [.text("Answer to \($0).")] }
        try await ContractBench.run(kind, people: ["alice", "bob"], worker: worker) { bench in
            try await bench.say("long", as: "alice")
            await worker.reached("long")
            try await bench.say("short", as: "bob")
            try await bench.wait(for: "bob") { $0 == ["Answer to short."] }
            try await bench.say("shorter", as: "bob")
            try await bench.wait(for: "bob") { $0 == ["Answer to short.", "Answer to shorter."] }
            #expect(try await bench.answers(to: "alice").isEmpty)
            worker.release("long")
            try await bench.wait(for: "alice") { $0 == ["Long."] }
            try await bench.say("next", as: "alice")
            try await expectEqual(bench.settled("alice"), ["Long.", "Answer to next."])
            try await expectEqual(bench.settled("bob"), ["Answer to short.", "Answer to shorter."])

            let sessions = Dictionary(grouping: worker.questions, by: \.session)
            expectEqual(sessions.count, 2)
            #expect(sessions.values.contains { $0.map(\.text) == ["long", "next"] })
            expectEqual(worker.questions.last?.history, ["long", "Long."])
        }
    }

    @Test("ten people who ask at once get their own answers", arguments: NetworkKind.allCases)
    func crowd(_ kind: NetworkKind) async throws {
        let people = (0..<10).map { "person\($0)" }
        try await ContractBench.run(kind, people: people) { bench in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for person in people { group.addTask { try await bench.say("mine is \(person)", as: person) } }
                try await group.waitForAll()
            }
            _ = try await bench.settled()
            for person in people {
                try await expectEqual(bench.answers(to: person), ["Answer to mine is \(person)."])
            }
        }
    }
}
