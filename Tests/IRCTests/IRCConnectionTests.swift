import Chat
import IRC
import Kit
import TestSupport
import Testing

@Suite("Staying connected")
struct IRCConnectionTests {
    @Test("A silent server gets one PING; without an answer the connection is closed")
    func deadPeer() {
        let script = Transcript()
        script.start()
        script.read("PING x")
        #expect(script.pass(74_999).isEmpty)
        expectEqual(script.pass(1), ["PING alive"])
        script.read("PONG s alive")
        expectEqual(script.pass(75_000), ["PING alive"])
        expectEqual(script.pass(60_000), ["QUIT :Jetbridge"])
        #expect(script.isClosed())
    }

    @Test("Any line counts as an answer, even in the same millisecond")
    func quickAnswer() {
        let script = Transcript()
        script.start()
        script.read("PING x")
        script.pass(75_000)
        script.read(":a!b@c PRIVMSG #dev :noise")
        #expect(script.pass(60_000).isEmpty)
        #expect(!script.isClosed())
    }

    @Test("A registration that does not finish times out")
    func registrationTimeout() {
        let script = Transcript()
        _ = script.connect()
        script.pass(60_000)
        #expect(script.isClosed())
    }

    @Test("Reconnection delays double from 5 s to 5 min, with jitter; a stable connection resets them")
    func backoff() {
        let script = Transcript()
        let expected: [Int64] = [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]
        for delay in expected {
            script.handle(.connecting)
            script.handle(.disconnected(.init(.lost, "refused")))
            expectEqual(script.reconnects(), [delay * 3 / 4...delay * 5 / 4])
            expectEqual(script.statuses().last?.hasPrefix("down refused"), true)
        }
        script.start()
        script.read("PING x")
        script.pass(61_000)
        script.handle(.disconnected(.init(.lost, "reset")))
        expectEqual(script.reconnects(), [3_750...6_250])
    }

    @Test(
        "After a ban or throttling the bot stays away for ten minutes or more and reports status refused",
        arguments: [
            "ERROR :Closing Link: bot[1.2.3.4] (K-Lined)", "ERROR :Closing link: (b@h) [G-Lined: spam]",
            "ERROR :Trying to reconnect too fast.", "ERROR :Your host is trying to (re)connect too fast -- throttled.",
            "ERROR :Closing Link: Too many connections from your host", ":s 465 bot :You are banned from this server",
        ])
    func banned(_ line: String) {
        let script = Transcript()
        _ = script.connect()
        script.read(line)
        script.handle(.disconnected(.init(.lost, "closed")))
        expectEqual(script.reconnects(), [600_000...900_000])
        expectEqual(script.statuses().last?.hasPrefix("refused"), true)
    }

    @Test("The status shows the reason from ERROR")
    func errorReason() {
        let script = Transcript()
        script.start()
        script.read("ERROR :Closing Link: bot (Excess Flood)")
        script.handle(.disconnected(.init(.lost, "closed")))
        expectEqual(script.statuses().last?.contains("Excess Flood"), true)
        expectEqual(script.reconnects(), [3_750...6_250])
    }

    @Test("A wrong server password leads to status refused")
    func password() {
        let script = Transcript()
        _ = script.connect()
        script.read(":s 464 * :Password incorrect")
        script.handle(.disconnected(.init(.lost, "closed")))
        expectEqual(script.statuses().last?.hasPrefix("refused The server password"), true)
    }

    @Test("Stopping sends QUIT and does not reconnect")
    func quit() {
        let script = Transcript()
        script.start()
        script.handle(.quit)
        expectEqual(script.sent(), ["QUIT :Jetbridge"])
        #expect(script.isClosed())
        script.handle(.disconnected(.init(.lost, "closed")))
        #expect(script.reconnects().isEmpty)
        expectEqual(script.statuses(), ["down stopped"])
        // The last line arrived twenty seconds ago.
        expectEqual(script.memories().last?.seen, script.now.wall - 20_000)
    }

    @Test("Lines while disconnected and malformed lines have no effect")
    func noise() {
        let script = Transcript()
        script.read("PING x", ":s 001 bot :x")
        #expect(script.actions.isEmpty)
        script.start()
        for line in [
            ":", "@", "JOIN", ":x JOIN", "KICK", "NICK", ":a NICK", "353", ":s 353 bot", ":s 354 bot 42", "BATCH",
            "BATCH +", "BATCH -x", "CAP", "CAP * LS", "AUTHENTICATE", "PRIVMSG", ":a!b@c PRIVMSG", "QUIT", "PART",
            ":s 005 bot", ":s 005", ":s 396", ":s 731", ":s 734", ":s 999 x y", "FAIL", "ACK", "PONG", "MODE",
            "CHGHOST", ":bot CHGHOST", "INVITE", "ACCOUNT", ":s 470", ":s 433", "CHATHISTORY", "ERROR", "KILL",
        ] {
            script.read(line)
        }
        #expect(script.events().isEmpty)
    }
}

@Suite("Channels")
struct IRCChannelTests {
    @Test("After kicks the bot rejoins in 10 s, a minute, five minutes, then not at all")
    func kicks() {
        let script = Transcript()
        script.start()
        for delay in [10_000, 60_000, 300_000] as [Int64] {
            script.read(":op!o@h KICK #dev bot :out")
            expectEqual(script.statuses().last?.contains("kicked by op"), true)
            var sent: [String] = []
            for _ in 0..<(delay / 10_000) - 1 {
                sent += script.pass(10_000)
                script.read("PING x")
            }
            #expect(!sent.contains { $0.hasPrefix("JOIN") })
            #expect(script.pass(10_000).contains("JOIN #dev"))
            script.read(":bot!~bot@bot.host JOIN #dev")
            expectEqual(script.statuses(), ["up "])
        }
        script.read(":op!o@h KICK #dev bot :out")
        for _ in 0..<100 {
            #expect(!script.pass(10_000).contains { $0.hasPrefix("JOIN") })
            script.read("PING x")
        }
        // An invitation resets the count.
        expectEqual(script.read(":op!o@h INVITE bot #dev"), ["JOIN #dev"])
    }

    @Test(
        "A join refused for a lasting reason is not retried, and the status shows the reason",
        arguments: [
            ("473 bot #dev :+i", "invite"), ("474 bot #dev :+b", "banned"), ("475 bot #dev :+k", "key"),
            ("477 bot #dev :+r", "registered"), ("403 bot #dev :No such channel", "No such channel"),
            ("476 bot #dev :Bad channel mask", "mask"), ("489 bot #dev :+z", "+z"),
        ])
    func refused(_ line: String, _ expected: String) {
        let script = Transcript()
        _ = script.connect()
        script.read("CAP * LS :", ":s 001 bot :x", ":s 422 bot :x", ":s \(line)")
        expectEqual(script.statuses().last?.contains(expected), true)
        script.read("PING x")
        #expect(!script.pass(70_000).contains { $0.hasPrefix("JOIN") })
    }

    @Test("A join refused because the channel is full is retried")
    func full() {
        let script = Transcript()
        _ = script.connect()
        script.read("CAP * LS :", ":s 001 bot :x", ":s 422 bot :x", ":s 471 bot #dev :+l")
        #expect(script.pass(10_000).contains("JOIN #dev"))
    }

    @Test(
        "Lines that a server repeats cause few records, and no status where nothing changes",
        arguments: [
            "470 bot #dev #else :Forwarding", "473 bot #dev :+i",
            ":bot!~bot@bot.host PART " + Array(repeating: "#dev", count: 1_000).joined(separator: ","),
            ":op!o@h KICK #dev bot :out", "KILL", ":bot!~bot@bot.host JOIN #else",
        ])
    func repeated(_ line: String) {
        let script = Transcript()
        script.start()
        for _ in 0..<1_000 { script.read(line) }
        let texts = script.actions.compactMap { if case .log(_, let text) = $0 { text } else { nil } }
        #expect(texts.count <= 100)
        #expect(script.statuses().count <= 1)
        if texts.count == 100 { #expect(texts.last?.hasSuffix("; what follows at this pace is not logged") == true) }
        script.pass(10_000)
        script.actions = []
        script.read("KILL")
        #expect(!script.actions.isEmpty)
    }

    @Test("The bot leaves a channel that is not configured, after a forward or a forced join")
    func foreign() {
        let script = Transcript()
        script.start()
        expectEqual(script.read(":bot!~bot@bot.host JOIN #else"), ["PART #else"])
        script.read(":a!b@c PRIVMSG #else :bot: hi")
        #expect(script.messages().isEmpty)
        #expect(script.read(":a!b@c INVITE bot #else").isEmpty)
    }

    @Test("Status is up once every join is answered, or after ten seconds")
    func settling() {
        let script = Transcript(channels: [.init("#a"), .init("#b")])
        _ = script.connect()
        script.read("CAP * LS :", ":s 001 bot :x", ":s 422 bot :x", ":bot!b@h JOIN #a")
        #expect(!script.statuses().contains { $0.hasPrefix("up") })
        script.pass(10_000)
        expectEqual(script.statuses(), ["up Not in #b: no answer to the join"])
        script.read(":bot!b@h JOIN #B")
        expectEqual(script.statuses(), ["up "])
    }

    @Test("Names are compared under the server's casemapping, even if it arrives late")
    func casemapping() {
        let script = Transcript(channels: [.init("#Dev[1]")])
        script.start(tokens: "CASEMAPPING=rfc1459", channels: ["#dev{1}"])
        script.read(":ann!a@h PRIVMSG #DEV{1] :bot: x")
        expectEqual(script.messages().map(\.route.room.name), ["#dev{1}"])
        script.read(":s 005 bot CASEMAPPING=ascii :x")
        expectEqual(script.post("x", to: "#dev{1}").first, "PRIVMSG #dev{1} :x")
    }

    @Test("A server that keeps changing its casemapping is ignored: each change costs all people")
    func changingCasemapping() {
        let script = Transcript(channels: [.init("#dev[1]")])
        script.start(tokens: "CASEMAPPING=ascii", channels: ["#dev[1]"])
        for _ in 0..<10 { script.read(":s 005 bot CASEMAPPING=rfc1459 :x", ":s 005 bot CASEMAPPING=ascii :x") }
        // It said ascii last, and rfc1459 with the last change that counted.
        script.read(":ann!a@h PRIVMSG #DEV{1} :bot: x")
        expectEqual(script.messages().map(\.text), ["x"])
    }
}

@Suite("ISUPPORT")
struct IRCFeaturesTests {
    @Test("Tokens are read, repeated and withdrawn; invalid ones keep the default")
    func tokens() {
        var features = IRCFeatures()
        for token in [
            "CASEMAPPING=ascii", "CHANTYPES=#", "PREFIX=(qaohv)~&@%+", "NICKLEN=16", "LINELEN=1024", "UTF8ONLY",
            "CHATHISTORY=1000", "WHOX", "BOT=B", "MONITOR=100", #"TARGMAX=PRIVMSG:3,JOIN:,KICK\x3A1"#,
            "CLIENTTAGDENY=*,-typing",
        ] {
            features.take(token)
        }
        #expect(features.casemapping == .ascii && features.isChannel("#x") && !features.isChannel("&x"))
        expectEqual(features.prefixes.map(\.sign), Array("~&@%+".utf8))
        #expect(features.nickLength == 16 && features.lineLength == 1_024)
        #expect(features.historyLimit == 1_000 && features.hasWHOX)
        #expect(features.botMode == "B" && features.monitorLimit == 100)
        expectEqual(features.targetLimits, ["PRIVMSG": 3, "KICK": 1])
        #expect(features.relays(tag: "typing") && !features.relays(tag: "other"))
        for token in [
            "-CASEMAPPING", "-CHANTYPES", "-PREFIX", "-NICKLEN", "-LINELEN", "-UTF8ONLY", "-WHOX", "-BOT", "-MONITOR",
            "-CHATHISTORY", "-TARGMAX", "-CLIENTTAGDENY",
        ] {
            features.take(token)
        }
        #expect(features.casemapping == .rfc1459 && features.isChannel("&x") && features.nickLength == nil)
        #expect(features.lineLength == 512 && !features.hasWHOX && features.botMode == nil)
        #expect(features.historyLimit == nil && features.monitorLimit == nil && features.targetLimits.isEmpty)
        #expect(features.relays(tag: "other"))
        for token in [
            "LINELEN=-1", "LINELEN=99999999", "NICKLEN=x", "BOT=", "BOT=+i o", "PREFIX=", "", "=", "-", "TARGMAX=",
        ] {
            features.take(token)
        }
        #expect(features.lineLength == 512 && features.botMode == nil && features.prefixes.isEmpty)
    }

    @Test("at most 32 prefixes of members count")
    func prefixes() {
        var features = IRCFeatures()
        features.take("PREFIX=(" + String(repeating: "v", count: 8_000) + ")" + String(repeating: "+", count: 8_000))
        expectEqual(features.prefixes.count, 32)
    }
}
