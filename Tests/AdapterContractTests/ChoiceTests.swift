import Chat
import Database
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("Contract: choices", .timeLimit(.minutes(1)))
struct ChoiceTests {
    @Test(
        "a button or, without buttons, a command resumes an interrupted answer", arguments: NetworkKind.allCases
    )
    func goesOn(_ kind: NetworkKind) async throws {
        let worker = ContractWorker { _ in [.text("Half"), .cut("the line broke"), .text("Whole.")] }
        try await ContractBench.run(kind, worker: worker) { bench in
            try await bench.say("one")
            let answers = try await bench.settled()
            #expect(answers.count == 2 && answers.first == "Half")
            expectEqual(answers.last?.hasPrefix("Cut off: the line broke. Type"), true)
            if bench.network.abilities.contains(.buttons) {
                try await bench.network.press(TurnOutcome.resume, as: "alice")
            } else {
                try await bench.command("resume")
            }
            try await bench.wait { $0.last == "Whole." }
            try await expectEqual(bench.settled(), answers + ["Whole."])
            expectEqual(worker.questions.map(\.text), ["one", "one"])
            // The platforms' stand-ins refuse to press a button that is gone.
            guard [.slack, .slackEdits, .telegram].contains(kind) else { return }
            await #expect(throws: ContractFailure.self) {
                try await bench.network.press(TurnOutcome.resume, as: "alice")
            }
        }
    }

    @Test(
        "a reaction to an approval request decides it, as the command does; a stranger's reaction is ignored",
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
            // A request of which the store knows nothing more.
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
            try await expectEqual(bench.settled().count, help.count + 1)
            expectEqual(bench.worker.count, 0)
        }
    }

    /// On the web each person has threads of their own, and others answer over the API.
    @Test(
        "an approval is decided by another owner, once; a stranger's reaction is ignored",
        arguments: NetworkKind.allCases.filter { $0 != .web })
    func approval(_ kind: NetworkKind) async throws {
        let request = ApprovalRequest(
            action: .run, subject: "make test", directory: "/workspace", tool: "run", approver: .ownersOnly)
        let worker = ContractWorker { _ in [.approval(request), .text("It ran.")] }
        try await ContractBench.run(kind, people: ["alice", "bob"], worker: worker) { bench in
            try await bench.say("one")
            try await bench.wait { $0.last?.contains("REASON") == true }
            // Nobody sees a message before the bridge has its id: the last line that is on its way is recorded first.
            let store = try bench.bridge.store
            _ = try await bench.eventually("the record of the request") {
                try await store.read { ledger in try ledger.outboxPending() } == 0 ? true : nil
            }
            #expect(try await bench.answers().joined(separator: "\n").contains("make test"))
            if bench.network.abilities.contains(.choices) {
                try await bench.network.react("👍", as: "mallory")
                expectEqual(worker.count, 1)
                try await bench.network.react("👍", as: "bob")
            } else {
                try await bench.command("approve a1", as: "bob")
            }
            try await bench.wait { $0.contains("It ran.") }
            try await bench.command("deny a1")
            // The person who asked may not decide it, before or after its end.
            try await bench.wait { $0.last?.contains("You asked for") == true }
            let record = try await bench.bridge.store.read { ledger in try ledger.ask(id: "a1") }
            #expect(record?.answer == AskRecord.approve && record?.decider != nil)
            try await expectEqual(bench.settled().filter { $0.hasPrefix("It ran.") }.count, 1)
        }
    }
}
