import Chat
import TestSupport
import Testing

@Suite("Contract: repeated events", .timeLimit(.minutes(1)))
struct RepeatTests {
    @Test("an event that arrives twice is one turn, even after a restart", arguments: NetworkKind.allCases)
    func repeated(_ kind: NetworkKind) async throws {
        try await ContractBench.run(kind) { bench in
            let isKnown = bench.network.abilities.contains(.eventIDs)
            try await bench.say("one", Manner(id: "d1"))
            try await bench.say("one", Manner(id: "d1"))
            _ = try await bench.settled()
            expectEqual(bench.worker.asked.count, isKnown ? 1 : 2)
            await bench.stop()
            try await bench.start()
            try await bench.say("one", Manner(id: "d1"))
            try await bench.say("two", Manner(id: "d2"))
            _ = try await bench.settled()
            // Without platform ids, the same line is another message, and a new connection's first line is never taken
            // for one from the old connection.
            expectEqual(bench.worker.asked, [String](repeating: "one", count: isKnown ? 1 : 3) + ["two"])
        }
    }

    @Test("an event that arrives several times at once is one turn", arguments: NetworkKind.allCases)
    func atOnce(_ kind: NetworkKind) async throws {
        try await ContractBench.run(kind) { bench in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { try await bench.say("one", Manner(id: "d1")) } }
                try await group.waitForAll()
            }
            _ = try await bench.settled()
            let count = bench.network.abilities.contains(.eventIDs) ? 1 : 8
            expectEqual(bench.worker.asked, [String](repeating: "one", count: count))
        }
    }
}
