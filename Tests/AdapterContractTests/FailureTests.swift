import Chat
import TestSupport
import Testing

@testable import Threads

@Suite("Contract: failures of the network", .timeLimit(.minutes(1)))
struct FailureTests {
    private static let mark = TurnTexts.repeatMark

    @Test("a message of unknown outcome is repeated with a mark, once", arguments: NetworkKind.allCases)
    func unknownPost(_ kind: NetworkKind) async throws {
        let worker = ContractWorker { _ in [.text("Begun "), .hold("shown"), .text("and ended.")] }
        try await ContractBench.run(kind, worker: worker) { bench in
            try await bench.network.inject(.postIsLostOnTheWayBack)
            try await bench.say("one")
            await worker.reached("shown")
            // Where messages grow, the preview is lost.
            try await bench.waitForGrowth("Begun")
            worker.release("shown")
            if let irc = bench.network as? IRCNetwork {
                try await bench.wait { !$0.isEmpty }
                irc.cut()
            }
            let answers = try await bench.settled()
            let whole = "Begun and ended."
            if !bench.network.abilities.contains(.failures) || bench.network.abilities.contains(.reconciles) {
                expectEqual(answers, [whole])
            } else if bench.network.abilities.contains(.edits) {
                expectEqual(answers, ["Begun", Self.mark + whole])
            } else {
                expectEqual(answers, [whole, Self.mark + whole])
            }
            try await bench.say("two")
            try await expectEqual(bench.settled(), answers + [whole])
        }
    }

    @Test("an edit of unknown outcome is repeated in place", arguments: NetworkKind.allCases)
    func unknownEdit(_ kind: NetworkKind) async throws {
        let worker = ContractWorker { _ in [.text("Begun "), .hold("shown"), .text("and ended.")] }
        try await ContractBench.run(kind, worker: worker) { bench in
            try await bench.say("one")
            await worker.reached("shown")
            try await bench.waitForGrowth("Begun")
            try await bench.network.inject(.editIsLostOnTheWayBack)
            worker.release("shown")
            try await expectEqual(bench.settled(), ["Begun and ended."])
        }
    }

    @Test("after throttling, everything is sent once and in order", arguments: NetworkKind.allCases)
    func rateLimited(_ kind: NetworkKind) async throws {
        // What waits may be asked together.
        let worker = ContractWorker { question in
            question.split(separator: "\n\n").flatMap { number in
                ["a", "b", "c"].map { .text("\(number)\($0)\n\n") }
            }
        }
        try await ContractBench.run(kind, worker: worker) { bench in
            let numbers = (1...4).map(String.init)
            for number in numbers {
                // IRC sends no delay, and on Matrix a refusal slows everything after it, so that the bot waits for
                // seconds: once is enough.
                let isSlow = [.irc, .matrix, .matrixEncrypted].contains(kind)
                if !isSlow || number == "4" { try await bench.network.inject(.tooFast) }
                if number == "3", !isSlow { try await bench.network.inject(.editTooFast) }
                try await bench.say(number)
            }
            let answers = try await bench.settled()
            let lines = answers.flatMap { $0.split(separator: "\n") }
            expectEqual(lines, numbers.flatMap { ["\($0)a", "\($0)b", "\($0)c"] })
        }
    }

    @Test(
        "a message that fails without a connection is sent over the next one, marked only if its outcome is unknown",
        arguments: NetworkKind.allCases)
    func disconnected(_ kind: NetworkKind) async throws {
        let worker = ContractWorker { _ in [.hold("away"), .text("Answer.")] }
        try await ContractBench.run(kind, worker: worker) { bench in
            try await bench.say("one")
            await worker.reached("away")
            try await bench.network.inject(.away)
            worker.release("away")
            // The connection ends during the request, so its outcome is unknown, and Telegram cannot be asked.
            try await expectEqual(bench.settled(), [(kind == .telegram ? Self.mark : "") + "Answer."])
        }
    }
}
