import Chat
import Database
import Testing

@testable import Sessions

@Suite("Contract: choices", .timeLimit(.minutes(1)))
struct ChoiceTests {
    @Test(
        "a cut answer is gone on with by a button, or by its word where there are none", arguments: NetworkKind.allCases
    )
    func goesOn(_ kind: NetworkKind) async throws {
        let worker = ContractWorker { _ in [.text("Half"), .cut("the line broke"), .text("Whole.")] }
        try await ContractBench.run(kind, worker: worker) { bench in
            try await bench.say("one")
            let answers = try await bench.settled()
            #expect(answers.count == 2 && answers.first == "Half")
            #expect(answers.last?.hasPrefix("Cut off: the line broke. Type") == true)
            if bench.network.abilities.contains(.buttons) {
                try await bench.network.press(TurnOutcome.goOn, as: "alice")
            } else {
                try await bench.command("resume")
            }
            try await bench.wait { $0.last == "Whole." }
            #expect(try await bench.settled() == answers + ["Whole."])
            #expect(worker.questions.map(\.text) == ["one", "one"])
        }
    }

    @Test(
        "who reacts to what asks for a decision decides, as the word for it does; a stranger's reaction is nothing",
        arguments: NetworkKind.allCases)
    func decides(_ kind: NetworkKind) async throws {
        try await ContractBench.run(kind) { bench in
            let approval = [
                MessageButton(label: "Approve", command: "approve 17", style: .primary),
                MessageButton(label: "Deny", command: "deny 17", style: .danger),
            ]
            try await bench.command("help new")
            try await bench.wait { !$0.isEmpty }
            let help = try await bench.settled()
            // Nothing asks for approval in this release, so a line that stands there is made one that does.
            try await bench.bridge.store.write { ledger in
                _ = try ledger.connection.execute(
                    "UPDATE outbox SET buttons = ?", [.text(try #require(StoredForm.text(of: approval)))])
            }
            if bench.network.abilities.contains(.choices) {
                try await bench.network.react("👎", as: "mallory")
                try await bench.network.react("👎", as: "alice")
            } else {
                try await bench.command("deny 17")
            }
            try await bench.wait { $0.last?.hasPrefix("Nothing waits for approval here") == true }
            #expect(try await bench.settled().count == help.count + 1)
            #expect(bench.worker.count == 0)
        }
    }
}
