import Chat
import IRC
import Primitives
import TestSupport
import Testing

/// Runs against ngIRCd, and InspIRCd with Atheme.
@Suite("Real IRC servers", .timeLimit(.minutes(2)))
struct IRCServerTests {
    private func settings(
        _ server: some IRCTestServer, isSecure: Bool = false, nick: String = "jetbot", sasl: IRCSettings.SASL? = nil,
        password: Secret? = nil, flood: IRCSettings.Flood = .exempt
    ) -> IRCSettings {
        IRCSettings(
            id: "net", host: "127.0.0.1", port: isSecure ? server.tlsPort : server.port,
            tls: isSecure ? .verify(caFile: server.caFile) : .none, nick: nick, password: password, sasl: sasl,
            channels: [.init("#dev")], flood: flood)
    }

    private static let room = RoomID(adapter: AdapterID("irc:net"), name: "#dev")

    private static func message(_ text: String, to room: RoomID = Self.room, addressee: String? = nil)
        -> OutgoingMessage
    {
        OutgoingMessage(text: text, route: Route(room: room, addressee: addressee), token: "t")
    }

    // MARK: ngIRCd

    @Test("ngIRCd: password, channel, query, lines of exactly the limit, and a QUIT that ends the identity")
    func ngircd() async throws {
        let server = try await NgIRCd(password: "entry")
        let adapter = IRCAdapter(self.settings(server, password: Secret("entry"), flood: .safe))
        let sink = RecordingSink()
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            let ann = try await IRCPeer.connect(to: server, nick: "ann", password: "entry")
            try await ann.join("#dev")
            try await ann.say("jetbot: hello", to: "#dev")
            let heard = await sink.message("hello")
            expectEqual(heard?.thread.value, "#dev,nick:ann")

            let traits = adapter.traits(of: Self.room)
            let text = String(repeating: "x", count: traits.textLimit)
            try await adapter.post(Self.message(text, addressee: "ann"))
            try await expectEqual(ann.hear(from: "jetbot", in: "#dev"), "ann: " + text)

            try await ann.say("secret", to: "jetbot")
            let direct = await sink.message("secret")
            #expect(direct?.isDirect == true && direct?.thread.value == "nick:ann")
            let route = try #require(direct?.route)
            try await adapter.post(OutgoingMessage(text: "answer", route: route, token: "t"))
            try await expectEqual(ann.hear(from: "jetbot"), "answer")

            await ann.quit()
            await sink.wait { events, _ in events.contains(where: Self.isEnd(of: "ann")) }
        }
        await server.stop()
    }

    private static func isEnd(of nick: String) -> @Sendable (InboundEvent) -> Bool {
        { if case .identityEnded(let identity) = $0.kind { identity == "irc:net/nick:\(nick)" } else { false } }
    }

    @Test("ngIRCd: a stranger who takes a nick after a query does not inherit its identity")
    func ngircdTheft() async throws {
        let server = try await NgIRCd(hasPenalty: false)
        let adapter = IRCAdapter(self.settings(server))
        let sink = RecordingSink()
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            let ann = try await IRCPeer.connect(to: server, nick: "ann", username: "same")
            try await ann.say("one", to: "jetbot")
            _ = await sink.message("one")
            try await ann.say("two", to: "jetbot")
            _ = await sink.message("two")
            expectEqual(sink.events.filter(Self.isEnd(of: "ann")).count, 1)
            await ann.quit()
            // Sign-on times are in whole seconds.
            try await Task.sleep(for: .milliseconds(1_100))
            let eve = try await IRCPeer.connect(to: server, nick: "ann", username: "same")
            try await eve.say("three", to: "jetbot")
            _ = await sink.message("three")
            expectEqual(sink.events.filter(Self.isEnd(of: "ann")).count, 2)
            expectEqual(sink.events.last.map { if case .message = $0.kind { true } else { false } }, true)
            await eve.quit()
        }
        await server.stop()
    }

    @Test("ngIRCd: the certificate is verified, and an untrusted one refused")
    func ngircdTLS() async throws {
        let server = try await NgIRCd()
        let sink = RecordingSink()
        try await withRunning(IRCAdapter(self.settings(server, isSecure: true)), sink) { await sink.wait(for: .up) }
        var settings = self.settings(server, isSecure: true)
        settings.tls = .verify(caFile: nil)
        let refused = RecordingSink()
        try await withRunning(IRCAdapter(settings), refused) { await refused.wait(for: .refused) }
        await server.stop()
    }

    @Test("ngIRCd: while its nick is taken the bot answers to it under a variant, and takes it when its holder leaves")
    func ngircdNick() async throws {
        let server = try await NgIRCd(hasPenalty: false)
        let holder = try await IRCPeer.connect(to: server, nick: "jetbridge")
        let ann = try await IRCPeer.connect(to: server, nick: "ann")
        for peer in [holder, ann] { try await peer.join("#dev") }
        let sink = RecordingSink()
        try await withRunning(IRCAdapter(self.settings(server, nick: "jetbridge")), sink) {
            await sink.wait(for: .up)
            // ngIRCd allows nine characters.
            try await ann.waitForJoin(of: "jetbridg_")
            try await ann.say("jetbridge: hello", to: "#dev")
            await expectEqual(sink.message("hello")?.isAddressed, true)
            await holder.quit()
            _ = try await ann.expect { $0.hasPrefix(":jetbridg_!") && $0.hasSuffix(" NICK :jetbridge") }
        }
        await ann.quit()
        await server.stop()
    }

    // MARK: InspIRCd

    @Test("InspIRCd: echoes give msgids, messages have tags, typing is supported")
    func inspircd() async throws {
        let server = try await InspIRCd()
        let adapter = IRCAdapter(self.settings(server, isSecure: true))
        let sink = RecordingSink()
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            let ann = try await IRCPeer.connect(to: server, nick: "ann", isSecure: true)
            try await ann.join("#dev")
            try await ann.say("jetbot: hello", to: "#dev")
            let heard = await sink.message("hello")
            expectEqual(heard?.route.replyTo?.isEmpty, false)
            expectEqual(sink.events.last?.id.hasPrefix("msgid:"), true)
            let room = Self.room
            let traits = adapter.traits(of: room)
            #expect(traits.capabilities.contains(.typing))
            let text = String(repeating: "é", count: traits.textLimit / 2)
            let reference = try await adapter.post(Self.message(text, addressee: "ann"))
            #expect(!reference.id.isEmpty)
            try await expectEqual(ann.hear(from: "jetbot", in: "#dev"), "ann: " + text)
            let missing = RoomID(adapter: adapter.id, name: "nobody")
            let error = await #expect(throws: AdapterError.self) {
                try await adapter.post(Self.message("x", to: missing))
            }
            #expect(error?.code == .notFound && error?.isCertain == true)
            await ann.quit()
        }
        await server.stop()
    }

    @Test("Atheme: SASL PLAIN and EXTERNAL log in, a wrong password is refused, and accounts are identities")
    func sasl() async throws {
        let server = try await InspIRCd(hasServices: true)
        let directory = try TemporaryDirectory()
        let own = try await TestCertificate.make(in: directory.path, name: "bot")
        try await server.register("jetbot", password: "pw-jetbot", certificate: own)
        try await server.register("ann", password: "pw-ann")

        let plain = IRCSettings.SASL.plain(account: "jetbot", password: Secret("pw-jetbot"))
        let adapter = IRCAdapter(self.settings(server, isSecure: true, sasl: plain))
        let sink = RecordingSink()
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            let ann = try await IRCPeer.connect(to: server, nick: "al")
            try await ann.join("#dev")
            try await ann.send("PRIVMSG NickServ :IDENTIFY ann pw-ann")
            _ = try await ann.expect { $0.contains("NOTICE") && $0.contains("identified") }
            try await ann.say("jetbot: hello", to: "#dev")
            let heard = await sink.message("hello")
            #expect(heard?.sender.id == "irc:net/account:ann" && heard?.sender.isLasting == true)
            expectEqual(heard?.thread.value, "#dev,account:ann")
            try await ann.send("WHOIS jetbot")
            _ = try await ann.expect { $0.contains(" 330 ") && $0.contains(" jetbot ") }
            await ann.quit()
        }

        let external = IRCSettings.SASL.external(certificate: own.certificate, key: own.key)
        let second = RecordingSink()
        try await withRunning(IRCAdapter(self.settings(server, isSecure: true, sasl: external)), second) {
            await second.wait(for: .up)
        }
        let wrong = IRCSettings.SASL.plain(account: "jetbot", password: Secret("wrong"))
        let third = RecordingSink()
        try await withRunning(IRCAdapter(self.settings(server, isSecure: true, sasl: wrong)), third) {
            await third.wait(for: .refused)
        }
        #expect(third.statuses.contains { $0.detail?.contains("SASL") == true })
        #expect(!third.statuses.contains { $0.state == .up })
        await server.stop()
    }

    @Test("Atheme: services free the bot's nick from an earlier connection")
    func ghost() async throws {
        let server = try await InspIRCd(hasServices: true)
        try await server.register("jetbot", password: "pw-jetbot")
        let ghost = try await IRCPeer.connect(to: server, nick: "jetbot")
        let ann = try await IRCPeer.connect(to: server, nick: "ann")
        try await ann.join("#dev")
        let sasl = IRCSettings.SASL.password(account: "jetbot", Secret("pw-jetbot"))
        let sink = RecordingSink()
        try await withRunning(IRCAdapter(self.settings(server, isSecure: true, sasl: sasl)), sink) {
            await sink.wait(for: .up)
            // Before or after it joins.
            _ = try await ann.expect {
                ($0.hasPrefix(":jetbot_!") && $0.hasSuffix(" NICK :jetbot")) || $0.hasPrefix(":jetbot!")
            }
            _ = try await ghost.expect { $0.hasPrefix(":jetbot!") && $0.contains(" NICK :Guest") }
            try await ann.say("jetbot: hello", to: "#dev")
            #expect(await sink.message("hello") != nil)
        }
        for peer in [ghost, ann] { await peer.quit() }
        await server.stop()
    }

    @Test("After a server restart the bot reconnects and has ended all earlier identities")
    func restart() async throws {
        let server = try await InspIRCd()
        let adapter = IRCAdapter(self.settings(server))
        let sink = RecordingSink()
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            let ann = try await IRCPeer.connect(to: server, nick: "ann")
            try await ann.join("#dev")
            try await ann.say("jetbot: one", to: "#dev")
            _ = await sink.message("one")
            await server.kill()
            await sink.wait(for: .down)
            expectEqual(sink.events.filter(Self.isEnd(of: "ann")).count, 2)
            try await server.start()
            await sink.wait(for: .up)
            let again = try await IRCPeer.connect(to: server, nick: "ann")
            try await again.join("#dev")
            try await again.say("jetbot: two", to: "#dev")
            _ = await sink.message("two")
            try await adapter.post(Self.message("three"))
            try await expectEqual(again.hear(from: "jetbot", in: "#dev"), "three")
            expectEqual(Set(sink.events.map(\.id)).count, sink.events.count)
            await again.quit()
        }
        await server.stop()
    }

    // MARK: Flood limits

    @Test("Servers with default limits do not disconnect the bot", arguments: ["ngircd", "fakelag", "excess", "old"])
    func flood(_ kind: String) async throws {
        let server: any IRCTestServer =
            switch kind {
            case "ngircd": try await NgIRCd()
            case "fakelag": try await InspIRCd(flood: .fakelag)
            case "excess": try await InspIRCd(flood: .excess)
            default: try await InspIRCd(flood: .excess, hasCapabilities: false)
            }
        // More than the ten lines that InspIRCd allows at once; an old server also needs a PING for each.
        try await self.write(lines: kind == "old" ? 13 : 24, to: server)
        await server.stop()
    }

    private func write(lines: Int, to server: some IRCTestServer) async throws {
        let adapter = IRCAdapter(self.settings(server, flood: .safe))
        let sink = RecordingSink()
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            let ann = try await IRCPeer.connect(to: server, nick: "ann")
            try await ann.join("#dev")
            for number in 0..<lines {
                let text = "line \(number)" + String(repeating: "y", count: number * 37 % 300)
                try await adapter.post(Self.message(text))
                try await expectEqual(ann.hear(from: "jetbot", in: "#dev"), text)
            }
            #expect(sink.statuses.filter { $0.state == .down }.isEmpty)
            await ann.quit()
        }
    }
}
