import Chat
import IRC
import TestSupport
import Testing

@Suite("Lines that belong together")
struct IRCJoiningTests {
    private func say(_ script: Transcript, _ texts: String..., by nick: String = "ann", to target: String = "#dev") {
        for text in texts { script.read(":\(nick)!~\(nick)@h PRIVMSG \(target) :\(text)") }
    }

    private func started(caps: String = "") -> Transcript {
        let script = Transcript()
        script.start(caps: caps)
        script.read(":ann!~ann@h JOIN #dev", ":bob!~bob@h JOIN #dev")
        script.actions = []
        return script
    }

    @Test("The lines of a paste after a question are one message, though they do not name the bot")
    func paste() throws {
        let script = self.started()
        self.say(script, "bot: why does this fail?", "for x in y {", "    print(x)", "}")
        let first = try #require(script.messages().first)
        expectEqual(first.text, "why does this fail?")
        script.pass(299)
        #expect(script.messages().isEmpty)
        script.pass(1)
        let rest = script.messages()
        expectEqual(rest.map(\.text), ["for x in y {\n    print(x)\n}"])
        #expect(rest[0].isAddressed && rest[0].isMention && rest[0].thread == first.thread)
        #expect(rest[0].sender == first.sender)
        // Still the same talk.
        script.pass(1_000)
        self.say(script, "else?")
        script.pass(300)
        expectEqual(script.messages().map(\.text), ["else?"])
        script.pass(1_501)
        self.say(script, "among us")
        script.pass(2_000)
        #expect(script.messages().isEmpty)
    }

    @Test("In a query every line is for the bot, and those right after the first are one message")
    func query() {
        let script = self.started()
        self.say(script, "one", "two", "three", to: "bot")
        expectEqual(script.messages().map(\.text), ["one"])
        script.pass(300)
        expectEqual(script.messages().map(\.text), ["two\nthree"])
        script.pass(1_501)
        self.say(script, "four", to: "bot")
        expectEqual(script.messages().map(\.text), ["four"])
    }

    @Test("A long line waits for its continuation, which follows after a space")
    func split() {
        let script = self.started()
        let long = String(repeating: "ж", count: 230)
        self.say(script, "bot: \(long)")
        #expect(script.messages().isEmpty)
        script.pass(1_000)
        self.say(script, "the end")
        script.pass(300)
        expectEqual(script.messages().map(\.text), ["\(long) the end"])
        self.say(script, "bot: \(long)")
        script.pass(1_500)
        expectEqual(script.messages().map(\.text), [long])
    }

    @Test(
        "A command, an aside, words to somebody else or a new question are no part, and another person's lines are not",
        arguments: [
            ("ann", "!help", "!help"), ("ann", "bob: look", nil), ("ann", "bot: next", "next"), ("bob", "hm", nil),
            ("ann", "(aside) not for it", nil),
        ] as [(String, String, String?)])
    func noPart(nick: String, text: String, expected: String?) {
        let script = self.started()
        self.say(script, "bot: first", "second")
        self.say(script, text, by: nick)
        script.pass(300)
        let texts = script.messages().map(\.text)
        expectEqual(texts.filter { $0 != expected }, ["first", "second"])
        if let expected { #expect(texts.contains(expected)) }
    }

    @Test("In a history, what somebody else wrote under the same nick is no part")
    func otherPerson() {
        let caps = "message-tags server-time batch account-tag draft/chathistory"
        var memory = IRCMemory()
        memory.seen = 1_795_154_400_000
        let script = Transcript(memory: memory)
        _ = script.connect()
        script.read("CAP * LS :\(caps)", "CAP * ACK :\(caps)", ":s 001 bot :x", ":s 422 bot :x")
        script.read(":bot!b@h JOIN #dev")
        script.pass(5_000)
        let long = String(repeating: "a", count: 400)
        script.read(
            "BATCH +1 chathistory #dev",
            "@batch=1;account=ann;msgid=a;time=2026-11-20T06:00:03.000Z :ann!~ann@h PRIVMSG #dev :bot: \(long)",
            "@batch=1;account=mallory;msgid=b;time=2026-11-20T06:00:04.000Z :ann!~m@evil PRIVMSG #dev :delete all",
            "BATCH -1")
        script.pass(2_000)
        expectEqual(script.messages().map(\.text), [long])
    }

    @Test("A command ends what was said before, and comes after it")
    func order() {
        let script = self.started()
        self.say(script, "one", "two", "!stop", "three", to: "bot")
        script.pass(300)
        expectEqual(script.messages().map(\.text), ["one", "two", "!stop", "three"])
    }

    @Test("At most 100 lines and 50,000 bytes are one message")
    func bounds() {
        let script = self.started()
        for number in 0..<250 { self.say(script, "\(number)", to: "bot") }
        script.pass(300)
        expectEqual(script.messages().map { $0.text.utf8.split(separator: 0x0A).count }, [1, 100, 100, 49])
        let long = String(repeating: "a", count: 4_000)
        script.pass(2_000)
        for _ in 0..<30 { self.say(script, long, to: "bot") }
        script.pass(1_500)
        let sizes = script.messages().map { $0.text.utf8.count }
        #expect(sizes.count > 1 && sizes.allSatisfy { $0 <= 50_000 } && sizes.reduce(0, +) >= 30 * 4_000)
    }

    @Test("Many people's held lines are bounded, and none is lost")
    func manyPeople() {
        let script = self.started()
        let long = String(repeating: "a", count: 400)
        for number in 0..<300 {
            script.read(":n\(number)!u@h JOIN #dev")
            self.say(script, "bot: \(long)", by: "n\(number)")
        }
        script.pass(1_500)
        expectEqual(script.messages().count, 300)
    }

    @Test("What waits is delivered before the identity ends, the connection ends, or it is handed over")
    func ends() {
        for (line, input) in [
            (":ann!~ann@h QUIT :bye", nil), (":ann!~ann@h NICK eve", nil), (nil, .disconnected(.init(.lost, "x"))),
            (nil, .handOver(mark: "m", rest: [])),
        ] as [(String?, IRCStateMachine.Input?)] {
            let script = self.started()
            self.say(script, "bot: one", "two")
            #expect(!script.machine.isSettled)
            if let line { script.read(line) }
            if let input { script.handle(input) }
            let events = script.events()
            let texts = events.compactMap(\.message?.text)
            expectEqual(texts, ["one", "two"])
            if case .identityEnded = events.last?.kind {} else { #expect(input != nil) }
        }
    }

    @Test("Lines that were missed are joined by the times at which they were written")
    func backlog() {
        var memory = IRCMemory()
        memory.seen = 1_795_154_400_000
        let script = Transcript(memory: memory)
        script.start(caps: "message-tags server-time batch draft/chathistory")
        func line(_ id: String, _ second: String, _ text: String) -> String {
            "@batch=1;msgid=\(id);time=2026-11-20T06:00:\(second)Z :ann!a@h PRIVMSG #dev :\(text)"
        }
        script.read(
            "BATCH +1 chathistory #dev", line("a", "01.000", "bot: why?"), line("b", "01.500", "this"),
            line("c", "02.000", "and this"), line("d", "20.000", "lunch?"), "BATCH -1")
        script.pass(300)
        let messages = script.messages()
        expectEqual(messages.map(\.text), ["why?", "this\nand this"])
        #expect(messages.allSatisfy { $0.isBacklog })
    }

    // MARK: Multiline

    private static let caps = "message-tags batch server-time draft/multiline"

    @Test("The capability is asked for, and its batch is one message at once")
    func multiline() throws {
        let script = Transcript()
        _ = script.connect()
        expectEqual(
            script.read("CAP * LS :batch draft/multiline=max-bytes=4096,max-lines=24"),
            ["CAP REQ :batch draft/multiline"])
        let talk = self.started(caps: Self.caps)
        let long = String(repeating: "a", count: 400)
        talk.read(
            "@msgid=M;time=2026-11-20T06:00:00.000Z :ann!~ann@h BATCH +7 draft/multiline #dev",
            "@batch=7 :ann!~ann@h PRIVMSG #dev :bot: why does",
            "@batch=7;draft/multiline-concat :ann!~ann@h PRIVMSG #dev : this fail?",
            "@batch=7 :ann!~ann@h PRIVMSG #dev :", "@batch=7 :ann!~ann@h PRIVMSG #dev :\(long)")
        #expect(talk.messages().isEmpty && !talk.machine.mayBeHandedOver)
        talk.read("BATCH -7")
        let event = try #require(talk.events().last)
        let message = try #require(event.message)
        expectEqual(message.text, "why does this fail?\n\n\(long)")
        #expect(event.id == "msgid:M" && message.isMention && message.route.replyTo == "M")
        #expect(message.sentAt == 1_795_154_400_000 && talk.machine.mayBeHandedOver)
    }

    @Test("Pieces of a batch are no long run of marks together")
    func multilineMarks() throws {
        let talk = self.started(caps: Self.caps)
        let marks = String(repeating: "\u{301}", count: 100)
        talk.read(
            ":ann!~ann@h BATCH +7 draft/multiline #dev", "@batch=7 :ann!~ann@h PRIVMSG #dev :bot: x\(marks)",
            "@batch=7;draft/multiline-concat :ann!~ann@h PRIVMSG #dev :\(marks)", "BATCH -7")
        let message = try #require(talk.events().last?.message)
        expectEqual(message.text.unicodeScalars.count { $0 == "\u{34F}" }, 6)
    }

    @Test(
        "A batch without a call is not for the bot, one whose last line ends with it is, and a command stays as it is")
    func multilineCalls() {
        let script = self.started(caps: Self.caps)
        func batch(_ texts: String...) -> [String] {
            script.read(":ann!~ann@h BATCH +7 draft/multiline #dev")
            for text in texts { script.read("@batch=7 :ann!~ann@h PRIVMSG #dev :\(text)") }
            script.read("BATCH -7")
            script.pass(5_000)
            return script.messages().map(\.text)
        }
        expectEqual(batch("one", "two"), [])
        expectEqual(batch("one", "what is this, bot?"), ["one\nwhat is this, bot?"])
        expectEqual(batch("!specify a \u{2}b\u{2}", "\u{2}c\u{2} d"), ["!specify a b\nc d"])
        expectEqual(batch(), [])
    }

    @Test("Of an endless batch as much is kept as of any paste")
    func multilineBounds() {
        let script = self.started(caps: Self.caps)
        script.read(":ann!~ann@h BATCH +7 draft/multiline bot")
        for _ in 0..<1_000 {
            script.read("@batch=7 :ann!~ann@h PRIVMSG bot :\(String(repeating: "a", count: 400))")
        }
        script.read("BATCH -7")
        let sizes = script.messages().map { $0.text.utf8.count }
        #expect(sizes.count == 1 && sizes[0] <= 50_200)
    }
}
