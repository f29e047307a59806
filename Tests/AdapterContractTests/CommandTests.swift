import Chat
import TestSupport
import Testing

@testable import Delivery
@testable import Sessions

@Suite("Contract: commands", .timeLimit(.minutes(1)))
struct CommandTests {
    @Test("help, whoami, status and stop answer at once", arguments: NetworkKind.allCases)
    func commands(_ kind: NetworkKind) async throws {
        let worker = ContractWorker {
            $0 == "long" ? [.text("Begun.\n\n"), .hold("long"), .text("End.")] : [.text("Answer to \($0).")]
        }
        try await ContractBench.run(kind, worker: worker) { bench in
            let adapter = try bench.bridge.adapters.all[0]
            let sign = adapter.traits(of: RoomID(adapter: adapter.id, name: bench.network.room)).sign.prefix
            let help = try await self.reply(to: "help", bench)
            #expect(help.contains("\(sign)status") && help.contains("\(sign)help all"), "\(help)")
            #expect(try await self.reply(to: "help all", bench).contains("\(sign)whoami"))
            let whoami = try await self.reply(to: "whoami", bench)
            // On IRC an identity in the access lists is a mask.
            let name = kind == .irc ? "alice" : bench.network.identity(of: "alice")
            #expect(whoami.contains(name), "\(whoami)")
            #expect(whoami.contains("role owner"))
            let status = try await self.reply(to: "status", bench)
            #expect(status.contains("running: nothing") && status.contains("waiting: 0"))
            try await expectEqual(self.reply(to: "stop", bench), "Nothing is running.")

            try await bench.say("long")
            await worker.reached("long")
            #expect(try await self.reply(to: "status", bench, isAlone: false).contains("running: chat"))
            let stopped = try await self.reply(to: "stop", bench)
            #expect(stopped.contains("Stopped."))
            #expect(!stopped.contains("End."))
            // On Slack an unknown word after a mention is a chat message.
            if ![.slack, .slackEdits].contains(kind) {
                #expect(try await self.reply(to: "halp", bench, isAddressed: true).contains("\(sign)help"))
            }
            try await bench.say("next")
            try await expectEqual(bench.settled().last, "Answer to next.")
        }
    }

    /// All lines that a command posts into the room, as one text.
    private func reply(
        to command: String, _ bench: ContractBench, isAlone: Bool = true, isAddressed: Bool = false
    ) async throws -> String {
        let before = try await bench.answers().count
        try await bench.command(command, Manner(isAddressed: isAddressed))
        if isAlone {
            _ = try await bench.eventually("the reply to \(command)") {
                try await bench.answers().count > before ? true : nil
            }
            return try await bench.settled().dropFirst(before).joined(separator: "\n").plain
        }
        // A turn is running, so the room is not quiet; the last line completes the reply.
        return try await bench.eventually("the reply to \(command)") {
            let lines = try await bench.answers().dropFirst(before)
            return lines.contains { $0.contains("session: ") } ? lines.joined(separator: "\n").plain : nil
        }
    }
}

extension String {
    /// Networks show code by marks, formatting codes or entities.
    fileprivate var plain: String { self.filter { $0 != "`" } }
}
