import Chat
import TestSupport
import Testing

@Suite("Contract: order", .timeLimit(.minutes(1)))
struct OrderTests {
    @Test("many messages of one person that wait are one question, in their order", arguments: NetworkKind.allCases)
    func order(_ kind: NetworkKind) async throws {
        let worker = ContractWorker { question in
            let answer = "\(question.replacing("\n\n", with: " "))."
            return question == "1" ? [.text("Answer "), .hold("first"), .text(answer)] : [.text("Answer \(answer)")]
        }
        try await ContractBench.run(kind, worker: worker) { bench in
            let numbers = (1...12).map(String.init)
            for number in numbers {
                try await bench.say(number)
                if number == "1" { await worker.reached("first") }
            }
            try await bench.waitForMessages(11)
            worker.release("first")
            let rest = numbers.dropFirst()
            try await expectEqual(bench.settled(), ["Answer 1.", "Answer \(rest.joined(separator: " "))."])
            expectEqual(worker.questions.map(\.text), ["1", rest.joined(separator: "\n\n")])
            expectEqual(worker.mostInOneSession, 1)
            let notes = try await bench.network.shown().filter { ContractBench.isWaitNote($0.text) }
            let abilities = bench.network.abilities
            expectEqual(notes.count, abilities.contains(.notes) && !abilities.contains(.reactions) ? 1 : 0)
        }
    }

    @Test(
        "events are answered in the order of their arrival, whatever their ids and times",
        arguments: NetworkKind.allCases)
    func reordered(_ kind: NetworkKind) async throws {
        try await ContractBench.run(kind) { bench in
            for number in [3, 1, 2] {
                try await bench.say(
                    "event \(number)", Manner(id: "r\(number)", sentAt: ContractBench.now + Int64(number) * 60_000))
            }
            _ = try await bench.settled()
            // The first one again, late: a repeat if the platform has event ids, else a new message.
            try await bench.say("event 3", Manner(id: "r3", sentAt: ContractBench.now + 180_000))
            try await bench.say("event 4")
            _ = try await bench.settled()
            let late = bench.network.abilities.contains(.eventIDs) ? [] : [3]
            expectEqual(bench.worker.asked, ([3, 1, 2] + late + [4]).map { "event \($0)" })
        }
    }

    @Test(
        "messages sent while the host was away are answered if fresh, listed if stale",
        arguments: NetworkKind.allCases)
    func away(_ kind: NetworkKind) async throws {
        try await ContractBench.run(kind) { bench in
            try await bench.say("before")
            _ = try await bench.settled()
            await bench.stop()
            guard bench.network.abilities.contains(.backlog) else {
                // No backlog: the message is lost without affecting later ones. The web cannot even be written to.
                if kind != .web { try await bench.say("missed") }
                try await bench.start()
                try await bench.say("after")
                try await expectEqual(bench.settled(), ["Answer to before.", "Answer to after."])
                return
            }
            let day: Int64 = 24 * 3_600_000
            if bench.network.abilities.contains(.anyTime) {
                try await bench.say("stale", Manner(isBacklog: true, sentAt: ContractBench.now - day - 60_000))
                try await bench.say("fresh", Manner(isBacklog: true, sentAt: ContractBench.now))
            } else {
                try await bench.say("stale", Manner(isBacklog: true, sentAt: ContractBench.now))
                bench.advance(by: day + 3_600_000)
                try await bench.say("fresh", Manner(isBacklog: true, sentAt: ContractBench.now + day + 1_800_000))
            }
            try await bench.start()
            try await bench.say("after")
            // Telegram keeps nothing for longer than a day. The backlog may be read after new messages.
            let listed = kind == .telegram ? 0 : 1
            func stale() async throws -> Int {
                try await bench.answers().count {
                    $0.hasPrefix("A message from more than a day ago was not answered")
                }
            }
            _ = try await bench.eventually("what was missed") {
                let count = try await stale()
                return bench.worker.asked.count >= 3 && count >= listed ? true : nil
            }
            _ = try await bench.settled()
            try await expectEqual(stale(), listed)
            expectEqual(bench.worker.asked.sorted(), ["after", "before", "fresh"])
        }
    }
}
