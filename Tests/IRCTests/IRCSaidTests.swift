import Chat
import IRC
import Kit
import TestSupport
import Testing

@Suite("What was said in channels")
struct IRCSaidTests {
    private static let history = "message-tags server-time batch draft/chathistory"

    private func past(
        _ script: Transcript, _ channel: String = "#dev", before: String? = nil, after: String? = nil,
        since: Int64 = 0, limit: Int = 50
    ) -> [SaidMessage] {
        let room = RoomID(adapter: Transcript.adapter, name: channel)
        return script.machine.past(
            of: PastQuery(
                route: Transcript.route(channel, anchor: "!~a@h"),
                before: before.map { MessageReference(room: room, id: $0) },
                after: after.map { MessageReference(room: room, id: $0) }, since: since, limit: limit)
        ).messages
    }

    @Test("A channel's lines are remembered in order, the question is not among them")
    func lines() throws {
        let script = Transcript()
        script.start(caps: "message-tags account-tag")
        script.read(
            "@msgid=1;account=bob :bob!b@h PRIVMSG #Dev :\u{2}it\u{2} broke",
            "@msgid=2 :ci!c@h PRIVMSG #dev :\u{1}ACTION is red\u{1}",
            "@msgid=3;bot :robot!r@h PRIVMSG #dev :build failed", "@msgid=4 :ann!~a@h PRIVMSG #dev :bot: why?",
            "@msgid=5 :bob!b@h PRIVMSG #dev :later", ":bob!b@h PRIVMSG #other :elsewhere")
        let said = self.past(script, before: "4")
        expectEqual(said.map(\.text), ["**it** broke", "*ci is red*", "build failed"])
        expectEqual(said.map(\.name), ["bob", "ci", "robot"])
        expectEqual(said.map(\.author?.isBot), [false, false, true])
        expectEqual(said.first?.author?.id, "irc:net/account:bob")
        expectEqual(said.map(\.reference?.id), ["1", "2", "3"])
        expectEqual(self.past(script, before: "4", limit: 1).map(\.text), ["build failed"])
        expectEqual(self.past(script, after: "3").map(\.text), ["bot: why?", "later"])
        #expect(self.past(script, since: script.now.wall + 1).isEmpty && self.past(script, "#other").isEmpty)
        #expect(self.past(script, "ann").isEmpty)
    }

    @Test("Without ids of the server, a question is found by the bot's own")
    func localIDs() throws {
        let script = Transcript()
        script.start()
        script.read(":bob!b@h PRIVMSG #dev :one", ":ann!~a@h PRIVMSG #dev :bot: why?", ":bob!b@h PRIVMSG #dev :two")
        let question = try #require(script.messages().first)
        expectEqual(self.past(script, before: question.route.replyTo).map(\.text), ["one"])
    }

    @Test("The parts of a question have its id")
    func parts() throws {
        let script = Transcript()
        script.start(caps: "message-tags")
        script.read(
            "@msgid=1 :ann!~a@h PRIVMSG #dev :bot: why?", "@msgid=2 :ann!~a@h PRIVMSG #dev :this",
            "@msgid=3 :ann!~a@h PRIVMSG #dev :and this")
        script.pass(300)
        expectEqual(script.messages().map(\.route.replyTo), ["1", "2"])
        expectEqual(self.past(script).map(\.reference?.id), ["1", "2", "2"])
    }

    @Test("The bot's own lines are remembered under the ids that the core gets")
    func own() throws {
        let script = Transcript()
        script.start()
        script.post("\u{2}done\u{2}", addressee: "ann")
        script.pass(1_000)
        script.read(":s PONG s :jb-1")
        let posted = try #require(
            script.actions.compactMap { if case .posted(_, let reference) = $0 { reference } else { nil } }.first)
        #expect(posted.id.hasPrefix("local:"))
        let said = try #require(self.past(script).first)
        #expect(said.text == "done" && said.author?.isSelf == true && said.reference == posted)
        // A query needs no memory.
        script.read(":ann!~a@h JOIN #dev", ":ann!~a@h PRIVMSG bot :hi")
        script.post("x", to: "ann", ticket: 2, anchor: "!~a@h")
        #expect(self.past(script, "ann").isEmpty)
    }

    @Test("With echoes the bot's lines have the server's ids, and lines that failed are not remembered")
    func echoed() {
        let script = Transcript()
        script.start(caps: "message-tags echo-message")
        script.post("one")
        script.read("@msgid=E :bot!~bot@bot.host PRIVMSG #dev :one")
        expectEqual(self.past(script).map(\.reference?.id), ["E"])
        script.post("two", ticket: 2)
        script.read(":s 404 bot #dev :Cannot send")
        expectEqual(self.past(script).map(\.text), ["one"])
    }

    @Test("A line counts as its nick's only as long as nobody else can have had the nick since")
    func identities() {
        let script = Transcript()
        script.start()
        func ids() -> [String?] { self.past(script).map(\.author?.id) }
        let (past, present) = ("irc:net/past-nick:ann", "irc:net/nick:ann")
        script.read(":ann!~a@h JOIN #dev", ":ann!~a@h PRIVMSG #dev :before")
        expectEqual(ids(), [past])
        script.read(":ann!~a@h PRIVMSG #dev :bot: hi", ":ann!~a@h PRIVMSG #dev :after")
        expectEqual(ids(), [past, present, present])
        script.read(":ann!~a@h QUIT :bye", ":ann!~e@evil JOIN #dev", ":ann!~e@evil PRIVMSG #dev :bot: me")
        expectEqual(ids(), [past, past, past, present])
        script.handle(.disconnected(.init(.lost, "x")))
        expectEqual(ids(), [past, past, past, past])
    }

    @Test("At the join the newest lines are asked for, to be remembered only")
    func latest() {
        let script = Transcript()
        _ = script.connect()
        script.read("CAP * LS :\(Self.history)", "CAP * ACK :\(Self.history)", ":s 001 bot :x")
        script.read(":s 005 bot CHATHISTORY=30 :x", ":s 422 bot :x")
        let asked = script.read(":bot!b@h JOIN #dev") + script.pass(5_000)
        expectEqual(asked.filter { $0.hasPrefix("CHATHISTORY LATEST") }, ["CHATHISTORY LATEST #dev * 30"])
        script.read("@msgid=L;time=2026-11-20T06:00:03.000Z :bob!b@h PRIVMSG #dev :live")
        script.read(
            "BATCH +1 chathistory #dev",
            "@batch=1;msgid=a;time=2026-11-20T06:00:01.000Z :ann!a@h PRIVMSG #dev :bot: old",
            "@batch=1;msgid=b;time=2026-11-20T06:00:02.000Z :bot!b@h PRIVMSG #dev :answer",
            "@batch=1;msgid=L;time=2026-11-20T06:00:03.000Z :bob!b@h PRIVMSG #dev :live", "BATCH -1")
        #expect(script.messages().isEmpty)
        let said = self.past(script)
        expectEqual(said.map(\.text), ["bot: old", "answer", "live"])
        expectEqual(said.map(\.author?.id), ["irc:net/past-nick:ann", "irc:net/nick:bot", "irc:net/past-nick:bob"])
        expectEqual(said.map(\.author?.isSelf), [false, true, false])
        expectEqual(said.first?.sentAt, 1_795_154_401_000)
    }

    @Test("Missed lines come first, then those before them")
    func missed() {
        var memory = IRCMemory()
        memory.seen = 1_795_154_400_000
        let script = Transcript(memory: memory)
        _ = script.connect()
        script.read("CAP * LS :\(Self.history)", "CAP * ACK :\(Self.history)", ":s 001 bot :x", ":s 422 bot :x")
        let asked = script.read(":bot!b@h JOIN #dev") + script.pass(5_000)
        expectEqual(asked.filter { $0.hasPrefix("CHATHISTORY AFTER #dev") }.count, 1)
        #expect(!asked.contains { $0.hasPrefix("CHATHISTORY LATEST") })
        let then = script.read(
            "BATCH +1 chathistory #dev", "@batch=1;msgid=m :ann!a@h PRIVMSG #dev :bot: missed", "BATCH -1")
        expectEqual(script.messages().map(\.text), ["missed"])
        expectEqual(then + script.pass(2_000), ["CHATHISTORY LATEST #dev * 50"])
        script.read(
            "BATCH +2 chathistory #dev", "@batch=2;msgid=o :ann!a@h PRIVMSG #dev :bot: older",
            "@batch=2;msgid=m :ann!a@h PRIVMSG #dev :bot: missed", "BATCH -2")
        #expect(script.messages().isEmpty)
        expectEqual(self.past(script).map(\.text), ["bot: older", "bot: missed"])
        #expect(script.machine.mayBeHandedOver)
    }

    @Test("A history that was not asked for, or comes too late, is missed messages as before")
    func unasked() {
        let script = Transcript()
        script.start(caps: Self.history)
        script.pass(61_000)
        script.read("BATCH +1 chathistory #dev", "@batch=1;msgid=m :ann!a@h PRIVMSG #dev :bot: hi", "BATCH -1")
        expectEqual(script.messages().map(\.text), ["hi"])
    }

    @Test("Of 60 lines the newest 50 are remembered")
    func bounded() {
        let script = Transcript()
        script.start()
        for number in 1...60 { script.read(":bob!b@h PRIVMSG #dev :m\(number)") }
        expectEqual(self.past(script).map(\.text), (11...60).map { "m\($0)" })
    }
}
