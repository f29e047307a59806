import Chat
import TestSupport
import Testing

@testable import Threads

@Suite("Contract: a disturbed network", .timeLimit(.minutes(1)))
struct DisturbanceTests {
    private static func growing() -> ContractWorker {
        ContractWorker { _ in [.text("Begun "), .hold("shown"), .text("and ended.")] }
    }

    @Test(
        "after a server error the answer is posted once all the same",
        arguments: NetworkKind.allCases)
    func serverError(_ kind: NetworkKind) async throws {
        try await ContractBench.run(kind, worker: Self.growing()) { bench in
            try await bench.network.inject(.serverError)
            try await bench.say("one")
            await bench.worker.reached("shown")
            bench.worker.release("shown")
            try await expectEqual(self.unmarked(bench.settled()), ["Begun and ended."])
            try await bench.say("two")
            try await expectEqual(self.unmarked(bench.settled()), ["Begun and ended.", "Begun and ended."])
        }
    }

    @Test(
        "an edit that meets a server error is repeated in place", arguments: NetworkKind.allCases
    )
    func editServerError(_ kind: NetworkKind) async throws {
        try await ContractBench.run(kind, worker: Self.growing()) { bench in
            try await bench.say("one")
            await bench.worker.reached("shown")
            try await bench.waitForGrowth("Begun")
            try await bench.network.inject(.editServerError)
            bench.worker.release("shown")
            try await expectEqual(bench.settled(), ["Begun and ended."])
        }
    }

    @Test("a message stuck in a half-open connection arrives after that has ended", arguments: NetworkKind.allCases)
    func halfOpen(_ kind: NetworkKind) async throws {
        let worker = ContractWorker { _ in [.hold("open"), .text("Answer.")] }
        try await ContractBench.run(kind, worker: worker) { bench in
            try await bench.say("one")
            await worker.reached("open")
            try await bench.network.inject(.halfOpen)
            worker.release("open")
            _ = try await bench.eventually("the answer to hang") { try await bench.network.isStuck() ? true : nil }
            try await bench.network.mend()
            let answers = try await bench.settled()
            expectEqual(Set(self.unmarked(answers)), ["Answer."])
            // The answer may only appear twice where it cannot be looked up, and then it says so.
            if bench.network.abilities.contains(.reconciles) { expectEqual(answers.count, 1) }
            expectEqual(answers.filter { !$0.hasPrefix(TurnTexts.repeatMark) }.count, 1)
            try await bench.say("two")
            // A message from before the reconnection may have to be fetched.
            try await bench.wait { $0.count > answers.count }
            let all = try await bench.settled()
            expectEqual(all, answers + ["Answer."])
        }
    }

    @Test("events that arrive twice are answered once and in order", arguments: NetworkKind.allCases)
    func twice(_ kind: NetworkKind) async throws {
        try await ContractBench.run(kind, people: ["alice", "bob"]) { bench in
            try await bench.network.inject(.eventsTwice)
            let numbers = (1...5).map(String.init)
            for number in numbers {
                try await bench.say(number, as: "alice")
                try await bench.say(number, as: "bob")
            }
            try await bench.command("whoami")
            _ = try await bench.settled()
            try await bench.network.mend()
            _ = try await bench.settled()
            try await expectEqual(bench.answers().count { $0.contains("role owner") }, 1)
            expectEqual(bench.worker.asked.sorted(), (numbers + numbers).sorted())
        }
    }

    @Test("late and reordered events are answered once, in the order of arrival", arguments: NetworkKind.allCases)
    func late(_ kind: NetworkKind) async throws {
        try await ContractBench.run(kind, people: ["alice", "bob"]) { bench in
            for person in ["alice", "bob"] { try await bench.say("first", as: person) }
            _ = try await bench.settled()
            try await bench.network.inject(.eventsHeld)
            for number in 1...3 {
                try await bench.say("\(number) of alice", as: "alice")
                try await bench.say("\(number) of bob", as: "bob")
            }
            try await bench.network.mend()
            try await bench.say("last", as: "alice")
            _ = try await bench.settled()
            let own = ["alice", "bob"].flatMap { person in ["first"] + (1...3).map { "\($0) of \(person)" } }
            expectEqual(bench.worker.asked.sorted(), (own + ["last"]).sorted())
            expectEqual(bench.worker.mostInOneSession, 1)
        }
    }

    private func unmarked(_ answers: [String]) -> [String] {
        answers.map { $0.hasPrefix(TurnTexts.repeatMark) ? String($0.dropFirst(TurnTexts.repeatMark.count)) : $0 }
    }
}
