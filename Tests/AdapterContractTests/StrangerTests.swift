import Chat
import TestSupport
import Testing

@Suite("Contract: strangers and programs", .timeLimit(.minutes(1)))
struct StrangerTests {
    @Test("strangers get no answer, not even to a command or a wrong code", arguments: NetworkKind.allCases)
    func strangers(_ kind: NetworkKind) async throws {
        try await ContractBench.run(kind) { bench in
            try await bench.say("hello", as: "mallory")
            try await bench.command("help", as: "mallory")
            try await bench.command("pair ABCD-2345", as: "mallory")
            try await bench.say("hello")
            try await expectEqual(bench.settled(), ["Answer to hello."])
            try await expectEqual(bench.network.shown().map(\.person), ["alice"])
            expectEqual(bench.worker.count, 1)
        }
    }

    @Test("the bot's own messages and those of other programs are ignored", arguments: NetworkKind.allCases)
    func programs(_ kind: NetworkKind) async throws {
        // An answer that would trigger the bot if it heard itself.
        let worker = ContractWorker { [.text("jetbot: \($0) !status")] }
        try await ContractBench.run(kind, worker: worker) { bench in
            if kind != .web {
                // The web has no programs except those with a token, which count as people.
                try await bench.say("ping", as: "alice", Manner(author: .bot))
                try await bench.command("status", Manner(author: .bot, isAddressed: false))
                if bench.network.abilities.contains(.authors) {
                    try await bench.say("ping", as: "alice", Manner(author: .oneself))
                }
            }
            try await bench.say("hello")
            try await expectEqual(bench.settled(), ["jetbot: hello !status"])
            try await bench.say("again")
            try await expectEqual(bench.settled(), ["jetbot: hello !status", "jetbot: again !status"])
            expectEqual(worker.questions.map(\.text), ["hello", "again"])
        }
    }
}
