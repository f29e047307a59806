import Processes
import TestSupport
import Testing

/// A server that sends what no server should: the host keeps running, stays connected, and answers.
@Suite("An IRC server that misbehaves", .serialized, .timeLimit(.minutes(1)))
struct HostileIRCServerTests {
    /// What the server sends before the question.
    enum Nuisance: String, CaseIterable, CustomTestStringConvertible {
        case longLine = "a line of 100 KB"
        case longLineOfTags = "100 KB of tags"
        case invalidText = "texts that are not UTF-8"
        case brokenLines = "malformed lines"
        case flood = "10,000 lines at once"
        case mentions = "10,000 mentions by strangers at once"

        var testDescription: String { self.rawValue }

        var bytes: [UInt8] {
            switch self {
            case .longLine: Array(":bob!b@h PRIVMSG #team :".utf8) + Array(repeating: 0x78, count: 100_000) + [13, 10]
            case .longLineOfTags: Array("@a=".utf8) + Array(repeating: 0x78, count: 100_000) + Array(" PING x\r\n".utf8)
            case .invalidText:
                (0x80...0xFF).flatMap { (byte: UInt8) in
                    Array(":bob!b@h PRIVMSG #team :jetbot: ".utf8) + [byte, 0xC3, 0x28, 0xF0, 0x9F] + [13, 10]
                }
            case .brokenLines:
                Array(
                    "\r\n\n:\r\n: \r\n@\r\n@ \r\n@;;= :x PRIVMSG\r\nPRIVMSG\r\n:a!b PRIVMSG #team\r\nPRIVMSG #team :x\r\n"
                        .utf8)
                    + Array(
                        ":bob PRIVMSG #team :jetbot\u{0}x\r\n353\r\n366\r\n:x 005 \r\n:x NICK\r\n:x BATCH +\r\n".utf8)
            case .flood: (1...10_000).flatMap { Array(":bob!b@h PRIVMSG #team :line number \($0)\r\n".utf8) }
            case .mentions: (1...10_000).flatMap { Array(":bob!b@h PRIVMSG #team :jetbot: question \($0)\r\n".utf8) }
            }
        }
    }

    @Test("The host keeps running and answers after", arguments: Nuisance.allCases)
    func nuisance(_ nuisance: Nuisance) async throws {
        let model = try await LoopbackModelServer.started(behaviors: ["test": .answer("Still here.")])
        let server = try await RawIRCServer()
        let host = try await HostProcess(configuration: HostConfiguration.irc(port: server.port, model))
        try await host.start()
        try await server.wait { $0.hasPrefix("JOIN #team") }
        try await server.send(nuisance.bytes)
        try await server.send(":alice!a@h PRIVMSG #team :jetbot: are you there?")
        try await server.wait { $0 == "PRIVMSG #team :alice: Still here." }
        await expectEqual(server.connections, 1)
        expectEqual(model.requests.count, 1)
        await expectEqual(host.terminate(), .exited(0))
        await server.stop()
        await model.stop()
    }

    @Test("A question that is not UTF-8 is answered")
    func invalidQuestion() async throws {
        let model = try await LoopbackModelServer.started(behaviors: ["test": .answer("Understood.")])
        let server = try await RawIRCServer()
        let host = try await HostProcess(configuration: HostConfiguration.irc(port: server.port, model))
        try await host.start()
        try await server.wait { $0.hasPrefix("JOIN #team") }
        try await server.send(Array(":alice!a@h PRIVMSG #team :jetbot: gr".utf8) + [0xFC] + Array("n?\r\n".utf8))
        try await server.wait { $0 == "PRIVMSG #team :alice: Understood." }
        await expectEqual(host.terminate(), .exited(0))
        await server.stop()
        await model.stop()
    }
}
