import JSON
import Processes
import TestSupport
import Testing

/// People and programs whom the bot must ignore on IRC.
@Suite("Strangers, stolen nicks, and other bots", .timeLimit(.minutes(2)))
struct StrangerTests {
    private static let channel = "#team"

    /// An owner, a host that answers, and a way to know that everything before was processed.
    private struct Scene {
        let model: LoopbackModelServer
        let host: HostProcess
        let gateway: GatewayClient
        let alice: IRCPeer

        static func make(on server: some IRCTestServer, owners: [String] = [HostConfiguration.owner]) async throws
            -> Scene
        {
            let model = try await LoopbackModelServer.started(behaviors: ["test": .echo])
            let host = try await HostProcess(
                configuration: HostConfiguration.irc(port: server.port, model, owners: owners))
            let alice = try await IRCPeer.connect(to: server, nick: "alice")
            try await alice.join(StrangerTests.channel)
            try await host.start()
            try await alice.waitForJoin(of: "jetbot")
            return Scene(
                model: model, host: host, gateway: GatewayClient(strangerAt: try #require(host.address)), alice: alice)
        }

        /// Sends a line and waits until the server has processed it.
        func say(_ line: String, by peer: IRCPeer) async throws {
            try await peer.send(line)
            try await peer.send("PING :done")
            _ = try await peer.expect { $0.contains(" PONG ") }
        }

        /// Waits until the host has ignored `count` messages for a reason.
        func ignored(_ count: Int, _ reason: String) async throws {
            try await self.gateway.waitForMetric(
                #"jetbridge_inbound_events_total{adapter="irc:local",result="\#(reason)"}"#, toReach: Double(count))
        }

        func hasIgnored(_ reason: String) async throws -> Bool {
            try await self.gateway.answer("GET", "/metrics").text.contains(#"result="\#(reason)""#)
        }

        /// Asks something; returns what the bot said in the channel up to and including the answer.
        func heardUntilAnswer(to question: String) async throws -> [String] {
            try await self.alice.say("jetbot: \(question)", to: StrangerTests.channel)
            return try await self.alice.listen(to: "jetbot", in: StrangerTests.channel) {
                $0.last == "alice: You said: \(question)"
            }
        }

        func end() async {
            await expectEqual(self.host.terminate(), .exited(0))
            await self.model.stop()
        }
    }

    private static func spoke(_ peer: IRCPeer) -> [String] {
        peer.received.filter { line in
            line.hasPrefix(":jetbot!")
                && (line.contains(" NOTICE \(peer.nick) ") || line.contains(" PRIVMSG \(peer.nick) "))
        }
    }

    @Test("a stranger gets no answer but one line in private, and none to a wrong code")
    func stranger() async throws {
        let server = try await NgIRCd(hasPenalty: false)
        let scene = try await Scene.make(on: server)
        let eve = try await IRCPeer.connect(to: server, nick: "eve")
        try await eve.join(Self.channel)
        for line in [
            "PRIVMSG #team :jetbot: hello", "PRIVMSG #team :!help", "PRIVMSG #team :!whoami", "PRIVMSG jetbot :hello",
            "PRIVMSG jetbot :!help",
        ] { try await scene.say(line, by: eve) }
        try await scene.ignored(5, "stranger")
        // Wrong codes are checked without an answer; after five the sender is ignored.
        // They wait in the inbox until then, so that any number may come before.
        var number = 100
        while try await !scene.hasIgnored("too many codes"), number < 1_000 {
            try await scene.say("PRIVMSG jetbot :!pair AAAA-A\(number)", by: eve)
            number += 1
        }
        try await scene.ignored(1, "too many codes")
        try await expectEqual(scene.heardUntilAnswer(to: "still here?"), ["alice: You said: still here?"])
        expectEqual(Self.spoke(eve).map { $0.contains(":I do not know you, so I do not answer you yet.") }, [true])
        expectEqual(scene.model.requests.count, 1)
        await scene.end()
        await server.stop()
    }

    @Test("anyone who takes a paired person's nick gets no answer but a stranger's line")
    func thief() async throws {
        let server = try await NgIRCd(hasPenalty: false)
        let scene = try await Scene.make(on: server)
        let bob = try await IRCPeer.connect(to: server, nick: "bob")
        try await bob.join(Self.channel)
        let code = try JSON.parse(try await scene.host.run(["pair", "--role", "member", "--json"]).output)["code"]
        try await bob.say("!pair \(code?.stringValue ?? "")", to: "jetbot")
        #expect(try await bob.hear(from: "jetbot").contains("member"))
        try await bob.say("jetbot: it's me", to: Self.channel)
        try await expectEqual(bob.hear(from: "jetbot", in: Self.channel), "bob: You said: it's me")
        await bob.quit()
        _ = try await scene.alice.expect { $0.hasPrefix(":bob!") && $0.contains(" QUIT ") }

        let eve = try await IRCPeer.connect(to: server, nick: "bob")
        try await eve.join(Self.channel)
        try await scene.say("PRIVMSG #team :jetbot: it's me again", by: eve)
        try await scene.say("PRIVMSG jetbot :it's me again", by: eve)
        // A code works once.
        try await scene.say("PRIVMSG jetbot :!pair \(code?.stringValue ?? "")", by: eve)
        try await scene.ignored(2, "stranger")
        let heard = try await scene.heardUntilAnswer(to: "still here?")
        expectEqual(heard, ["bob: You said: it's me", "alice: You said: still here?"])
        expectEqual(Self.spoke(eve).map { $0.contains(":I do not know you, so I do not answer you yet.") }, [true])
        await scene.end()
        await server.stop()
    }

    @Test("whoever takes a paired person's nick, and pairs too, gets nothing of what that person said")
    func heir() async throws {
        let server = try await NgIRCd(hasPenalty: false)
        let scene = try await Scene.make(on: server)
        func pair(_ peer: IRCPeer, as role: String) async throws {
            let made = try await scene.host.run(["pair", "--role", role, "--json"])
            try await peer.say("!pair \(try JSON.parse(made.output)["code"]?.stringValue ?? "")", to: "jetbot")
            #expect(try await peer.hear(from: "jetbot").contains(role))
        }
        let bob = try await IRCPeer.connect(to: server, nick: "bob")
        try await bob.join(Self.channel)
        try await pair(bob, as: "member")
        try await bob.say("the safe is 1234", to: "jetbot")
        try await expectEqual(bob.hear(from: "jetbot"), "You said: the safe is 1234")
        await bob.quit()
        _ = try await scene.alice.expect { $0.hasPrefix(":bob!") && $0.contains(" QUIT ") }

        let eve = try await IRCPeer.connect(to: server, nick: "bob")
        try await eve.join(Self.channel)
        try await pair(eve, as: "guest")
        try await eve.say("!resend", to: "jetbot")
        try await expectEqual(eve.hear(from: "jetbot"), "There is no answer to post again.")
        try await eve.say("what did I say?", to: "jetbot")
        try await expectEqual(eve.hear(from: "jetbot"), "You said: what did I say?")
        let prompt = try #require(scene.model.requests.last).messages
        #expect(!prompt.contains { $0.text.contains("1234") })
        await scene.end()
        await server.stop()
    }

    @Test("a bot, a notice, and the bot's own messages get no answer, whatever nick they use")
    func bots() async throws {
        let server = try await InspIRCd()
        let scene = try await Scene.make(
            on: server, owners: [HostConfiguration.owner, "irc:local/mask:robot!*@*"])
        let robot = try await IRCPeer.connect(to: server, nick: "robot")
        try await robot.join(Self.channel)
        try await scene.say("MODE robot +B", by: robot)
        for line in [
            "PRIVMSG #team :jetbot: hello", "PRIVMSG #team :!help", "PRIVMSG jetbot :hello",
            "NOTICE #team :jetbot: hello",
            "NOTICE jetbot :!help",
        ] { try await scene.say(line, by: robot) }
        try await scene.say("NOTICE #team :jetbot: hello", by: scene.alice)
        try await scene.say("NOTICE jetbot :!help", by: scene.alice)
        // InspIRCd echoes: the bot receives its own messages with its name and a command.
        let first = "say jetbot: hello"
        try await expectEqual(scene.heardUntilAnswer(to: first), ["alice: You said: \(first)"])
        try await expectEqual(scene.heardUntilAnswer(to: "!? jetbot: !help").count, 2)
        try await expectEqual(scene.heardUntilAnswer(to: "still here?").count, 3)
        #expect(Self.spoke(robot).isEmpty && Self.spoke(scene.alice).isEmpty)
        expectEqual(scene.model.requests.count, 3)
        await scene.end()
        await server.stop()
    }
}
