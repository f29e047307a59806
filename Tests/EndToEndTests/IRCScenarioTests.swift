import EventLoop
import JSON
import Processes
import TestSupport
import Testing

/// Scenarios in IRC channels, under the servers' real limits.
@Suite("IRC channels", .timeLimit(.minutes(3)))
struct IRCScenarioTests {
    private static let channel = "#team"

    /// About 6,000 characters: paragraphs, a list, and two blocks of code.
    static let longAnswer: String = {
        let paragraph =
            "A message is stored before the network is told that it has arrived, and that is why a restart in the middle "
            + "of an answer loses nothing that anybody wrote. Long answers are split where a paragraph or a sentence ends, "
            + "never inside of a word that fits: the reader of a channel sees whole thoughts, one after the other, as fast "
            + "as the server lets them through and not a line faster than that. Größenwahn und Übermut tun selten gut."
        let code = { (number: Int) in
            (["```swift"] + (1...8).map { "let value\(number)\($0) = compute(step: \($0), of: \(number))" } + ["```"])
                .joined(separator: "\n")
        }
        let list = "1. One thing\n2. Another thing\n3. A third thing"
        let paragraphs = (1...13).map { "Part \($0). \(paragraph)" }
        return (paragraphs[0..<4] + [code(1), list] + paragraphs[4..<8] + [code(2)] + paragraphs[8...])
            .joined(separator: "\n\n") + "\n\nThat was all there is to say about it, from the first part to the last."
    }()

    /// Letters and digits only: what splitting, marks and formatting must preserve.
    private static func essence(_ text: String) -> String { text.filter { $0.isLetter || $0.isNumber } }

    @Test("An answer of 6,000 characters with code arrives complete through ngIRCd's limits")
    func longOnNgIRCd() async throws {
        let server = try await NgIRCd()
        try await self.longAnswer(on: server)
        await server.stop()
    }

    @Test("An answer of 6,000 characters with code arrives complete through InspIRCd's limits")
    func longOnInspIRCd() async throws {
        let server = try await InspIRCd(flood: .fakelag)
        try await self.longAnswer(on: server)
        await server.stop()
    }

    private func longAnswer(on server: some IRCTestServer) async throws {
        #expect(Self.longAnswer.count >= 6_000)
        let model = try await LoopbackModelServer.started(behaviors: ["test": .answer(Self.longAnswer, chunkLength: 40)]
        )
        let host = try await HostProcess(configuration: HostConfiguration.irc(port: server.port, model, flood: nil))
        let alice = try await IRCPeer.connect(to: server, nick: "alice")
        try await alice.join(Self.channel)
        try await host.start()
        try await alice.waitForJoin(of: "jetbot")
        try await alice.say("jetbot: tell me everything", to: Self.channel)
        let end = Self.essence(Self.longAnswer).suffix(40)
        let lines = try await alice.listen(to: "jetbot", in: Self.channel, within: .seconds(120)) {
            Self.essence($0.last ?? "").hasSuffix(end)
        }
        // Clients alert people to each line with their nick.
        expectEqual(lines.first?.hasPrefix("alice: "), true)
        expectEqual(lines.filter { $0.contains("alice") }.count, 1)
        let heard = IRCPeer.attributed(lines, to: ["alice"]).map { Self.essence($0.text) }.joined()
        // On IRC the language precedes the code or is omitted.
        expectEqual(heard.replacing("swift", with: ""), Self.essence(Self.longAnswer).replacing("swift", with: ""))
        #expect(
            !alice.received.contains { $0.hasPrefix(":jetbot!") && ($0.contains(" QUIT ") || $0.contains(" PART ")) })
        await expectEqual(host.terminate(), .exited(0))
        #expect(await !host.log.contains("the connection is down\",\"adapter\":\"irc:local\",\"detail\":\"Con"))
        await model.stop()
    }

    @Test("In a channel of 300, ten people ask at once and each gets the right answer in a separate thread")
    func crowd() async throws {
        let server = try await InspIRCd(flood: .fakelag)
        let model = try await LoopbackModelServer.started(behaviors: ["test": .echo])
        let host = try await HostProcess(
            configuration: HostConfiguration.irc(
                port: server.port, model, owners: ["irc:local/mask:asker*!*@*"], flood: nil))
        let members = try await Self.members(289, on: server)
        var askers: [IRCPeer] = []
        for number in 0..<10 {
            let asker = try await IRCPeer.connect(to: server, nick: "asker\(number)")
            try await asker.join(Self.channel)
            askers.append(asker)
        }
        try await host.start()
        try await askers[9].waitForJoin(of: "jetbot")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for asker in askers {
                group.addTask { try await asker.say("jetbot: who is \(asker.nick)?", to: Self.channel) }
            }
            try await group.waitForAll()
        }
        let lines = try await askers[0].listen(to: "jetbot", in: Self.channel, within: .seconds(60)) { $0.count >= 10 }
        expectEqual(lines.sorted(), askers.map { "\($0.nick): You said: who is \($0.nick)?" }.sorted())

        let token = try JSON.parse(try await host.run(["token", "create", "--scope", "admin", "--json"]).output)
        let client = GatewayClient(address: try #require(host.address), token: token["token"]?.stringValue ?? "")
        let threads = try await client.get("/api/v1/threads?adapter=irc:local")["items"]?.arrayValue ?? []
        expectEqual(threads.count, 10)
        for thread in threads {
            let texts = try await client.transcript(of: thread["id"]?.stringValue ?? "").map(\.text)
            #expect(texts.count == 2 && texts.last == "You said: \(texts.first ?? "")")
        }
        for member in members { await member.close() }
        await expectEqual(host.terminate(), .exited(0))
        await server.stop()
        await model.stop()
    }

    /// Silent members.
    @Net private static func members(_ count: Int, on server: some IRCTestServer) async throws -> [RawConnection] {
        var members: [RawConnection] = []
        for number in 1...count {
            let member = try await RawConnection(to: SocketAddress(host: "127.0.0.1", port: UInt16(server.port)))
            try await member.send("NICK m\(number)\r\nUSER m\(number) 0 * :m\r\n")
            members.append(member)
        }
        for member in members {
            _ = try await member.receive(through: " 376 ")
            try await member.send("JOIN \(Self.channel)\r\n")
        }
        _ = try await members[count - 1].receive(through: " 366 ")
        return members
    }
}
