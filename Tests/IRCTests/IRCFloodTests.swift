import Chat
import IRC
import TestSupport
import Testing

@Suite("Flood control")
struct IRCFloodTests {
    @Test("Four lines are sent at once, then one every 1.2 s")
    func pace() {
        let script = Transcript()
        script.start(caps: "message-tags echo-message")
        let atOnce = (1...10).flatMap { script.post("\($0)", ticket: $0) }
        expectEqual(atOnce.count, 4)
        for _ in 0..<6 {
            #expect(script.pass(1_199).isEmpty)
            expectEqual(script.pass(1).count, 1)
        }
        #expect(script.pass(30_000).isEmpty)
    }

    /// InspIRCd's rules: each command adds a second of penalty, which decays over time; above ten seconds the server
    /// disconnects.
    @Test("200 lines, confirmations included, never reach InspIRCd's threshold", arguments: [true, false])
    func inspircd(_ hasEcho: Bool) {
        let script = Transcript()
        script.start(caps: hasEcho ? "message-tags echo-message" : "")
        var penalty = 0.0
        var lines = 0
        func take(_ sent: [String]) {
            for line in sent {
                penalty += 1_000
                if line.hasPrefix("PRIVMSG") {
                    lines += 1
                    script.read(":bot!~bot@bot.host \(line)")
                } else if line.hasPrefix("PING ") {
                    script.read("PONG s \(line.dropFirst(5))")
                }
            }
        }
        for ticket in 0..<200 { take(script.post("line \(ticket)", ticket: ticket)) }
        for _ in 0..<8_000 where lines < 200 {
            penalty = max(0, penalty - 100)
            take(script.pass(100))
            #expect(penalty < 10_000)
        }
        expectEqual(lines, 200)
        #expect(script.failed().isEmpty)
    }

    @Test("6,000 strangers who write a line each are forgotten as others come", .timeLimit(.minutes(1)))
    func strangers() {
        let script = Transcript()
        script.start(caps: "message-tags")
        var ended: Set<String> = []
        for number in 0..<6_000 {
            script.actions = []
            script.pass(1)
            // Its first message ends what an earlier holder of the nick had.
            script.read(":n\(number)!~u@h\(number) PRIVMSG bot :x")
            ended.formUnion(script.notices().filter { $0 != "ended irc:net/nick:n\(number)" })
        }
        #expect(ended.count >= 3_500 && ended.contains("ended irc:net/nick:n0"))
        #expect(!ended.contains("ended irc:net/nick:n5999"))
    }

    /// The lines sent in a minute, by command, while 100 lines wait and `say` gives what people write each second.
    private func sent(_ script: Transcript, while say: (Int) -> [String]) -> [String: Int] {
        var counts: [String: Int] = [:]
        func take(_ lines: [String]) {
            for line in lines {
                counts[String(line.prefix { $0 != " " }), default: 0] += 1
                if line.hasPrefix("PRIVMSG") { take(script.read(":bot!~bot@bot.host \(line)")) }
                if line == "WHOIS al" {
                    take(script.read(":s 317 bot al 5 1700000000 :idle", ":s 318 bot al :End"))
                }
            }
        }
        for ticket in 10..<110 { take(script.post("line \(ticket)", ticket: ticket)) }
        for second in 0..<60 {
            for line in say(second) { take(script.read(line)) }
            take(script.pass(1_000))
        }
        return counts
    }

    @Test("Strangers' queries leave most of the bucket to answers", arguments: ["NETWORK=Test", "MONITOR=100"])
    func strangersQueries(_ tokens: String) {
        let script = Transcript()
        script.start(caps: "message-tags echo-message", tokens: tokens)
        let counts = self.sent(script) { [":a\($0)!~u@h PRIVMSG bot :x", ":b\($0)!~u@h PRIVMSG bot :x"] }
        #expect(counts["PRIVMSG", default: 0] >= 35, "\(counts)")
        #expect(counts["WHOIS", default: 0] + counts["MONITOR", default: 0] <= 16, "\(counts)")
    }

    @Test("Queries of somebody whose nick is always verified leave half of the bucket to answers")
    func answeredQueries() {
        let script = Transcript()
        script.start(caps: "message-tags echo-message")
        script.read(
            ":al!~a@h PRIVMSG bot :hello", ":s 317 bot al 5 1700000000 :idle", ":s 318 bot al :End")
        script.post("hello", to: "al", anchor: "!~a@h")
        script.read(":bot!~bot@bot.host PRIVMSG al :hello")
        let counts = self.sent(script) { _ in [":al!~a@h PRIVMSG bot :x"] }
        #expect(counts["PRIVMSG", default: 0] >= 20, "\(counts)")
        #expect(counts["WHOIS", default: 0] >= 15, "\(counts)")
    }

    @Test("Invitations to a channel that does not let the bot in leave most of the bucket to answers")
    func invitations() {
        let script = Transcript(channels: [.init("#dev"), .init("#closed")])
        script.start(caps: "message-tags echo-message")
        let counts = self.sent(script) { _ in
            [":eve!~e@h INVITE bot #closed", ":s 474 bot #closed :Cannot join channel (+b)"]
        }
        #expect(counts["PRIVMSG", default: 0] >= 20, "\(counts)")
    }

    @Test("ngIRCd is sent at most 250 bytes a second after a burst")
    func ngircd() {
        let script = Transcript()
        script.start(software: "ngircd-26.1")
        var bytes = 0
        for ticket in 0..<30 {
            bytes += script.post(String(repeating: "x", count: 380), ticket: ticket).reduce(0) {
                $0 + $1.utf8.count + 2
            }
        }
        var second = 0
        while second < 40 {
            second += 1
            for line in script.pass(1_000) {
                bytes += line.utf8.count + 2
                if line.hasPrefix("PING jb") { script.read("PONG s \(line.dropFirst(5))") }
            }
            #expect(bytes <= 512 + 250 * second + 20)
        }
        #expect(bytes > 250 * 38)
    }

    @Test("PONG never waits, and commands are sent before people's messages")
    func priority() {
        let script = Transcript(flood: .init(burst: 1, interval: 10_000))
        script.start(caps: "message-tags echo-message")
        script.post("one")
        script.post("two", ticket: 2)
        expectEqual(script.read("PING x"), ["PONG :x"])
        #expect(script.read(":ann!a@h PRIVMSG bot :\u{1}VERSION\u{1}").isEmpty)
        expectEqual(script.pass(10_000), ["NOTICE ann :\u{1}VERSION Jetbridge\u{1}"])
        expectEqual(script.pass(10_000), ["PRIVMSG #dev :two"])
    }

    @Test("An exempt bot sends without delay")
    func exempt() {
        let script = Transcript(flood: .exempt)
        script.start(caps: "message-tags echo-message")
        expectEqual((1...900).flatMap { script.post("x", ticket: $0) }.count, 900)
    }

    @Test("A bucket never holds more than its burst, and works off its debt")
    func bucket() {
        var bucket = IRCFloodBucket(.init(burst: 3, interval: 1_000), now: 0)
        expectEqual(bucket.available(now: 1_000_000), 3)
        bucket.spend(cost: 5, bytes: 10, now: 1_000_000)
        expectEqual(bucket.delay(cost: 1, bytes: 10, now: 1_000_000), 3_000)
        expectEqual(bucket.delay(cost: 1, bytes: 10, now: 1_002_999), 1)
        expectEqual(bucket.delay(cost: 1, bytes: 10, now: 1_003_000), 0)
        expectEqual(bucket.delay(cost: 9, bytes: 10, now: 1_005_000), 0)
    }
}

@Suite("Typing")
struct IRCTypingTests {
    @Test("The typing sign is shown, refreshed and ended, but never delays messages")
    func typing() {
        let script = Transcript()
        script.start(caps: "message-tags")
        let route = Transcript.route("#dev")
        #expect(script.machine.traits(of: route.room).capabilities.contains(.typing))
        script.handle(.typing(true, route))
        script.handle(.typing(true, route))
        expectEqual(script.sent(), ["@+typing=active TAGMSG #dev"])
        expectEqual(script.pass(11_000), ["@+typing=active TAGMSG #dev", "@+typing=active TAGMSG #dev"])
        script.handle(.typing(false, route))
        expectEqual(script.sent(), ["@+typing=done TAGMSG #dev"])
        #expect(script.pass(20_000).isEmpty)
        for ticket in 0..<3 { script.post("x", ticket: ticket) }
        script.handle(.typing(true, route))
        #expect(script.sent().isEmpty)
    }

    @Test(
        "No typing sign is sent if the server does not relay it",
        arguments: [("", "X"), ("message-tags", "CLIENTTAGDENY=*"), ("message-tags", "CLIENTTAGDENY=typing,x")])
    func denied(_ caps: String, _ tokens: String) {
        let script = Transcript()
        script.start(caps: caps, tokens: tokens)
        script.handle(.typing(true, Transcript.route("#dev")))
        #expect(script.sent().isEmpty)
    }

    @Test("An exception in CLIENTTAGDENY allows the typing sign")
    func exception() {
        let script = Transcript()
        script.start(caps: "message-tags", tokens: "CLIENTTAGDENY=*,-typing")
        script.handle(.typing(true, Transcript.route("#dev")))
        expectEqual(script.sent().count, 1)
    }
}
