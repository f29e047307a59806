import Chat
import IRC
import TestSupport
import Testing

@Suite("Incoming messages")
struct IRCMessageTests {
    private func only(_ script: Transcript) throws -> InboundMessage {
        let messages = script.messages()
        return try #require(messages.count == 1 ? messages[0] : nil)
    }

    @Test(
        "A message that begins with our nick is addressed to us; the nick is removed",
        arguments: [
            ("bot: hello", "hello"), ("bot, hello", "hello"), ("BOT:hello", "hello"), ("bot,ann: hello", "ann: hello"),
            ("@bot hello", "hello"), ("@bot: hello", "hello"), ("@BOT, hello", "hello"),
            ("  bot:   hello  ", "hello  "),
            ("@bot", ""), ("bot:", ""), ("@bot?", ""), ("bot: what do you say, bot?", "what do you say, bot?"),
            ("\u{2}bot\u{2}: hello \u{2}you\u{2}", "hello **you**"), ("\u{3}04bot: hi", "hi"),
        ])
    func addressed(_ text: String, _ expected: String) throws {
        let script = Transcript()
        script.start()
        script.read(":ann!~a@h PRIVMSG #dev :\(text)")
        let message = try self.only(script)
        expectEqual(message.text, expected)
        #expect(message.isAddressed && message.isMention && !message.isDirect && !message.isBacklog)
    }

    @Test(
        "Our nick after a comma at the end is a mention; the text stays unchanged",
        arguments: [
            "hi, bot", "what is this, bot?", "what is this, @bot?!", "hi,bot!", "Ann, bob, BOT.", "ann: why, bot?",
        ])
    func mentioned(_ text: String) throws {
        let script = Transcript()
        script.start()
        script.read(":ann!~a@h PRIVMSG #dev :\(text)")
        let message = try self.only(script)
        #expect(message.isAddressed && message.isMention && message.text == text)
    }

    @Test(
        "Our nick is a word like any other elsewhere, and in an address",
        arguments: [
            "bot hello", "bot", "bot?", "hi bot", "hi bot!", "is bot's here?", "(bot)", "ask bot, please", "bot! hi",
            "你bot好", "I asked bot yesterday and it was wrong", "bot's docs are bad", "http://bot.example/x",
            "see http://x.example/a,bot", "bot://x", "@bot.example", "@bots: hi", "bot-2: hi", "ann: ask bot", ", bots",
            "bob,robot",
        ])
    func unmentioned(_ text: String) {
        let script = Transcript()
        script.start()
        script.read(":ann!~a@h PRIVMSG #dev :\(text)")
        #expect(script.events().isEmpty)
    }

    @Test(
        "A line that begins with the nick of somebody in the channel is for them",
        arguments: [
            ("bob: what is this, bot?", true), ("bob, what is this, bot?", true), ("@BOB what is this, bot?", true),
            ("bob what is this, bot?", false), ("ann: what is this, bot?", false), ("carl: what is this, bot?", false),
            ("what is this, bot?", false), ("bot: ask bob", false), ("@bob", false),
        ])
    func others(_ text: String, _ isForOthers: Bool) throws {
        let script = Transcript()
        script.start()
        script.read(":bob!~b@h JOIN #dev", ":ann!~a@h JOIN #dev")
        script.read(":ann!~a@h PRIVMSG #dev :\(text)")
        guard text != "@bob" else {
            #expect(script.messages().isEmpty)
            return
        }
        expectEqual(try self.only(script).mentionsOthers, isForOthers)
    }

    @Test("In a query every line is for us, and only our name calls us")
    func calledInQuery() throws {
        for (text, isMention) in [
            ("bot is broken", false), ("bot: hello", true), ("hello, bot", true), ("bob: hi", false),
        ] {
            let script = Transcript()
            script.start()
            script.read(":ann!~a@h PRIVMSG bot :\(text)")
            script.pass(60_000)
            let message = try #require(script.messages().first)
            #expect(message.isDirect && message.isAddressed && !message.mentionsOthers)
            expectEqual(message.isMention, isMention)
            if !isMention { expectEqual(message.text, text) }
        }
    }

    @Test(
        "Lines that do not concern the bot are ignored",
        arguments: [
            ":ann!~a@h PRIVMSG #dev :hello all", ":ann!~a@h PRIVMSG #dev :robot talk",
            ":ann!~a@h PRIVMSG #dev :bot_: x",
            ":ann!~a@h PRIVMSG #dev :bot-2 x", ":ann!~a@h PRIVMSG #dev :!", ":ann!~a@h PRIVMSG #dev :!! wow",
            ":ann!~a@h PRIVMSG #dev :", ":ann!~a@h PRIVMSG #dev", ":ann!~a@h NOTICE #dev :bot: hi",
            ":ann!~a@h NOTICE bot :hi", ":ann!~a@h PRIVMSG @#dev :bot: hi", ":ann!~a@h PRIVMSG $$* :bot: hi",
            ":irc.test PRIVMSG bot :hi", ":bot!~bot@bot.host PRIVMSG #dev :bot: hi",
            "@bot :x!y@z PRIVMSG #dev :bot: hi",
            "@inspircd.org/bot= :x!y@z PRIVMSG bot :hi", ":ann!~a@h PRIVMSG #dev :\u{1}VERSION bot\u{1}",
            ":ann!~a@h PRIVMSG bot :\u{1}DCC SEND x 1 2 3\u{1}", ":ann!~a@h TAGMSG bot",
        ])
    func ignored(_ line: String) {
        let script = Transcript()
        script.start()
        script.read(line)
        #expect(script.events().isEmpty)
    }

    @Test("Nothing is delivered from a channel that the bot was forced into")
    func forcedChannel() {
        let script = Transcript()
        script.start()
        expectEqual(script.read(":bot!~bot@bot.host JOIN #Else"), ["PART #Else"])
        script.read(":ann!~a@h PRIVMSG #else :bot: hello", ":ann!~a@h PRIVMSG #else :!help")
        #expect(script.events().isEmpty)
        script.read(":bot!~bot@bot.host PART #Else", ":ann!~a@h PRIVMSG #DEV :bot: hello")
        expectEqual(script.messages().map(\.text), ["hello"])
    }

    @Test("A command is delivered, but is addressed only if it names us")
    func command() throws {
        let script = Transcript()
        script.start()
        script.read(":ann!~a@h PRIVMSG #dev :!help me")
        let plain = try self.only(script)
        #expect(plain.text == "!help me" && !plain.isAddressed)
        script.read(":ann!~a@h PRIVMSG #dev :\u{2}bot: !help \u{1F}me")
        let addressed = try self.only(script)
        #expect(addressed.text == "!help me" && addressed.isAddressed)
    }

    @Test("A query is direct; its room is the nick, its thread the person")
    func query() throws {
        let script = Transcript()
        script.start(channels: ["#dev"])
        script.read(":Ann!~a@h JOIN #dev", ":Ann!~a@h PRIVMSG bot :hello")
        let message = try self.only(script)
        #expect(message.isDirect && message.isAddressed && message.text == "hello")
        expectEqual(message.route, Transcript.route("ann", anchor: "!~a@h"))
        expectEqual(message.thread.value, "nick:ann")
    }

    @Test("In a channel each person has a thread, and answers name the person")
    func channelThread() throws {
        let script = Transcript()
        script.start(caps: "message-tags account-tag server-time")
        script.read("@time=2026-11-20T06:00:00.123Z;msgid=M1;account=Ann :Al!~a@h PRIVMSG #Dev :bot: x")
        let event = try #require(script.events().first)
        #expect(event.id == "msgid:M1" && event.adapter.rawValue == "irc:net")
        let message = try #require(event.message)
        expectEqual(message.route, Transcript.route("#dev", anchor: "ann", addressee: "Al", replyTo: "M1"))
        expectEqual(message.thread.value, "#dev,account:ann")
        expectEqual(message.sentAt, 1_795_154_400_123)
    }

    @Test("Without a msgid, ids are unique within and across connections")
    func ids() {
        let script = Transcript()
        script.start()
        script.read(":a!b@c PRIVMSG #dev :bot: 1", ":a!b@c PRIVMSG #dev :bot: 1")
        script.handle(.disconnected(.init(.lost, "x")))
        _ = script.connect(id: "c2")
        script.read(
            "CAP * LS :", ":s 001 bot :x", ":s 422 bot :x", ":bot!b@h JOIN #dev", ":a!b@c PRIVMSG #dev :bot: 1")
        let ids = script.events().map(\.id)
        #expect(Set(ids).count == ids.count && ids.count == 6)
    }

    @Test("An action is shown as one, and concerns the bot if it names it")
    func action() throws {
        let script = Transcript()
        script.start()
        script.read(":ann!~a@h PRIVMSG #dev :\u{1}ACTION wonders why, bot?\u{1}")
        let message = try self.only(script)
        #expect(message.text == "*ann wonders why, bot?*" && message.isAddressed)
        script.read(":ann!~a@h PRIVMSG #dev :\u{1}ACTION waves at bot\u{1}")
        #expect(script.messages().isEmpty)
    }

    @Test("Text that is not valid UTF-8 is decoded as Windows-1252")
    func encoding() throws {
        let script = Transcript()
        script.start()
        let line = try #require(IRCLine(Array(":a!b@c PRIVMSG #dev :bot: caf".utf8)[...] + [0xE9]))
        script.handle(.line(line))
        try expectEqual(self.only(script).text, "café")
    }

    @Test("VERSION and PING are answered by NOTICE, three at once, then one every five seconds")
    func requests() {
        let script = Transcript()
        script.start()
        expectEqual(
            script.read(":ann!~a@h PRIVMSG bot :\u{1}VERSION\u{1}"), ["NOTICE ann :\u{1}VERSION Jetbridge\u{1}"])
        expectEqual(script.read(":ann!~a@h PRIVMSG bot :\u{1}PING 12 3\u{1}"), ["NOTICE ann :\u{1}PING 12 3\u{1}"])
        expectEqual(script.read(":ann!~a@h PRIVMSG bot :\u{1}PING 1\u{1}").count, 1)
        #expect(script.read(":ann!~a@h PRIVMSG bot :\u{1}PING 1\u{1}").isEmpty)
        script.pass(5_000)
        expectEqual(script.read(":ann!~a@h PRIVMSG bot :\u{1}PING 1\u{1}").count, 1)
        #expect(script.read(":ann!~a@h PRIVMSG #dev :\u{1}PING 1\u{1}").isEmpty)
    }

    @Test("Lines of a history batch are backlog, and their nicks do not match current pairings")
    func history() throws {
        var memory = IRCMemory()
        memory.seen = 1_795_154_400_000
        let script = Transcript(memory: memory)
        _ = script.connect()
        let caps = "message-tags server-time batch draft/chathistory account-tag"
        script.read("CAP * LS :\(caps)", "CAP * ACK :\(caps)", ":s 001 bot :x", ":s 005 bot CHATHISTORY=2 :x")
        let ready = script.read(":s 422 bot :x")
        #expect(ready.contains { $0.hasPrefix("CHATHISTORY TARGETS timestamp=2026-11-20T05:59:50.000Z timestamp=") })
        script.pass(3_000)
        script.read(":bot!b@h JOIN #dev")
        #expect(script.pass(3_000).isEmpty)
        _ = script.events()
        script.read(
            "BATCH +1 chathistory #dev", "@batch=1;msgid=a;time=2026-11-20T06:00:01.000Z :ann!a@h PRIVMSG #dev :bot: x",
            "@batch=1;msgid=b;account=bob :bob!a@h PRIVMSG #dev :bot: y", "@batch=1;msgid=z :bot!b@h PRIVMSG #dev :old")
        let messages = script.messages()
        expectEqual(messages.map(\.isBacklog), [true, true])
        expectEqual(messages.map(\.sender.id), ["irc:net/past-nick:ann", "irc:net/account:bob"])
        expectEqual(messages.map(\.thread.value), ["#dev,nick:ann", "#dev,account:bob"])
        // A full page asks for the next one.
        expectEqual(script.read("BATCH -1"), ["CHATHISTORY AFTER #dev msgid=z 2"])
        // Whatever its lines are, and whether or not the last has an id.
        script.read("BATCH +2 chathistory #dev", "@batch=2;msgid=n :feed!f@h NOTICE #dev :x")
        expectEqual(script.read("@batch=2 :ann!a@h PRIVMSG #dev :y", "BATCH -2"), ["CHATHISTORY AFTER #dev msgid=n 2"])
        // Until the last page is there, what was seen does not move on, not even with the connection's end.
        script.pass(61_000)
        expectEqual(script.memories().last?.seen, 1_795_154_400_000)
        script.read("BATCH +3 chathistory #dev", "BATCH -3")
        script.pass(61_000)
        #expect(script.memories().last?.seen != 1_795_154_400_000)
    }

    @Test("A connection that ends before the missed lines have come leaves them to the next one")
    func endBeforeHistory() {
        var memory = IRCMemory()
        memory.seen = 1_795_154_400_000
        let script = Transcript(memory: memory)
        _ = script.connect()
        let caps = "message-tags server-time batch draft/chathistory"
        script.read("CAP * LS :\(caps)", "CAP * ACK :\(caps)", ":s 001 bot :x", ":s 422 bot :x")
        script.read(":bot!b@h JOIN #dev")
        script.pass(3_000)
        script.handle(.disconnected(.init(.lost, "x")))
        expectEqual(script.memories().last?.seen, 1_795_154_400_000)
    }

    @Test("Queries missed while disconnected are fetched from each sender, but not on the first start")
    func missedQueries() {
        let script = Transcript()
        script.start(caps: "message-tags server-time batch draft/chathistory")
        script.handle(.disconnected(.init(.lost, "x")))
        _ = script.connect()
        let caps = "message-tags server-time batch draft/chathistory"
        script.read("CAP * LS :\(caps)", "CAP * ACK :\(caps)", ":s 001 bot :x")
        #expect(script.read(":s 422 bot :x").contains { $0.hasPrefix("CHATHISTORY TARGETS") })
        script.pass(5_000)
        expectEqual(
            script.read("CHATHISTORY TARGETS ann 2026-11-20T06:00:00.000Z").first?.hasPrefix(
                "CHATHISTORY AFTER ann timestamp="), true)
        #expect(script.read("CHATHISTORY TARGETS #dev 2026-11-20T06:00:00.000Z").isEmpty)
    }

    /// Connected again after a pause, with a page of two lines.
    private func returned() -> Transcript {
        var memory = IRCMemory()
        memory.seen = 1_795_154_400_000
        let script = Transcript(memory: memory)
        _ = script.connect()
        let caps = "message-tags server-time batch draft/chathistory"
        script.read("CAP * LS :\(caps)", "CAP * ACK :\(caps)", ":s 001 bot :x", ":s 005 bot CHATHISTORY=2 :x")
        script.read(":s 422 bot :x", ":bot!b@h JOIN #dev")
        script.pass(60_000)
        return script
    }

    @Test("A history that never ends is read for 100 pages, and one that was not asked for not further")
    func endlessHistory() {
        let script = self.returned()
        func page(_ channel: String, _ id: String) -> [String] {
            let line = "@batch=1;msgid=\(id) :ann!a@h PRIVMSG \(channel) :x"
            let lines = script.read("BATCH +1 chathistory \(channel)", line, line, "BATCH -1")
            return (lines + script.pass(3_000)).filter { $0.hasPrefix("CHATHISTORY") }
        }
        #expect(page("#other", "a").isEmpty)
        let asked = (0..<300).map { page("#dev", "m\($0)") }
        expectEqual(asked.first, ["CHATHISTORY AFTER #dev msgid=m0 2"])
        // The first page was asked for after joining.
        expectEqual(asked.joined().count, 99)
    }

    @Test("As many people's missed queries are fetched as were asked for")
    func manyTargets() {
        let script = self.returned()
        let asked = (0..<200).flatMap { number in
            script.read("CHATHISTORY TARGETS nick\(number) 2026-11-20T06:00:00.000Z") + script.pass(3_000)
        }
        expectEqual(asked.filter { $0.hasPrefix("CHATHISTORY AFTER nick") }.count, 50)
    }
}
