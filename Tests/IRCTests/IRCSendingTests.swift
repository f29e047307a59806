import Chat
import IRC
import Testing

@Suite("Messages out")
struct IRCSendingTests {
    private let echo = "message-tags batch labeled-response echo-message"

    @Test("With labels the echo gives the msgid, even if the server changed the text")
    func labels() {
        let script = Transcript()
        script.start(caps: self.echo)
        #expect(script.post("hello") == ["@label=jb-1 PRIVMSG #dev :hello"])
        #expect(script.post("world", ticket: 2) == ["@label=jb-2 PRIVMSG #dev :world"])
        #expect(script.posted().isEmpty)
        script.read("@label=jb-2;msgid=B :bot!~bot@bot.host PRIVMSG #dev :w***d")
        #expect(script.posted() == [2: "B"])
        script.read("@label=jb-1;msgid=A :bot!~bot@bot.host PRIVMSG #dev :hello")
        #expect(script.posted() == [1: "A"])
        #expect(script.events().isEmpty)
    }

    @Test("A labelled answer may come as a batch, or as ACK")
    func labelForms() {
        let script = Transcript()
        script.start(caps: self.echo)
        script.post("one")
        script.read(
            "@label=jb-1 BATCH +q labeled-response", "@batch=q;msgid=A :bot!~bot@bot.host PRIVMSG #dev :one", "BATCH -q"
        )
        #expect(script.posted() == [1: "A"])
        script.post("two", ticket: 2)
        script.read("@label=jb-2 ACK")
        #expect(script.posted() == [2: ""])
    }

    @Test("Without labels an echo is matched by target and text, else by order")
    func echoes() {
        let script = Transcript()
        script.start(caps: "message-tags echo-message", channels: ["#dev"])
        for (ticket, text) in ["a", "b", "c"].enumerated() { script.post(text, ticket: ticket) }
        script.read("@msgid=B :bot!~bot@bot.host PRIVMSG #DEV :b")
        #expect(script.posted() == [1: "B"])
        script.read("@msgid=A :bot!~bot@bot.host PRIVMSG #dev :changed")
        #expect(script.posted() == [0: "A"])
    }

    @Test("Without echoes a PING follows when the queue is empty, and its PONG proves all lines before it")
    func pongs() {
        let script = Transcript()
        script.start()
        #expect(script.post("one") == ["PRIVMSG #dev :one", "PING jb-1"])
        #expect(script.post("two", ticket: 2) == ["PRIVMSG #dev :two", "PING jb-2"])
        script.read(":irc.test PONG irc.test :jb-1")
        #expect(script.posted() == [1: ""])
        script.read("PONG irc.test jb-9x", "PONG jb-2")
        #expect(script.posted() == [2: ""])
    }

    @Test("Lines that wait for the bucket share one PING")
    func sharedPong() {
        let script = Transcript(flood: .init(burst: 2, interval: 1_000))
        script.start()
        let first = (1...5).flatMap { script.post("\($0)", ticket: $0) }
        #expect(first == ["PRIVMSG #dev :1", "PING jb-1"])
        #expect(script.pass(5_000) == (2...5).map { "PRIVMSG #dev :\($0)" } + ["PING jb-2"])
        script.read("PONG x jb-2")
        #expect(script.posted().count == 5)
    }

    @Test("A queue that never runs empty gets a PING in between")
    func overdueProof() {
        let script = Transcript(flood: .init(burst: 1, interval: 1_000))
        script.start()
        for ticket in 1...40 { script.post("x", ticket: ticket) }
        var sent: [String] = []
        for _ in 0..<41 {
            sent += script.pass(1_000)
            if let ping = sent.last, ping.hasPrefix("PING ") { script.read("PONG s \(ping.dropFirst(5))") }
        }
        #expect(sent.filter { $0.hasPrefix("PING jb-") }.count >= 3)
        #expect(script.failed().isEmpty)
    }

    @Test(
        "A numeric about our line fails it, surely",
        arguments: [
            ("404 bot #dev :Cannot send to channel", AdapterError.Code.forbidden), ("442 bot #dev :x", .forbidden),
            ("482 bot #dev :x", .forbidden), ("403 bot #dev :No such channel", .notFound),
            ("412 bot #dev :x", .invalid),
        ])
    func refusals(_ line: String, _ code: AdapterError.Code) {
        let script = Transcript()
        script.start()
        script.post("one")
        script.read(":irc.test \(line)", "PONG x jb-1")
        let error = script.failed()[1]
        #expect(error?.code == code && error?.isCertain == true)
        #expect(script.posted().isEmpty)
    }

    @Test("A nick that is gone is not found")
    func noSuchNick() {
        let script = Transcript()
        script.start()
        script.post("one", to: "ann")
        script.read(":irc.test 401 bot ann :No such nick")
        #expect(script.failed()[1]?.code == .notFound)
    }

    @Test("FAIL names the line by its label, or the only one under way")
    func failReply() {
        let script = Transcript()
        script.start(caps: self.echo)
        script.post("one")
        script.post("two", ticket: 2)
        script.read("@label=jb-2 FAIL PRIVMSG INVALID_UTF8 :no")
        #expect(script.failed()[2]?.code == .invalid)
        script.read("FAIL PRIVMSG INVALID_UTF8 :no")
        #expect(script.failed()[1]?.code == .invalid)
    }

    @Test("A lost connection: what was written is uncertain, what waited surely did not arrive")
    func disconnect() {
        let script = Transcript(flood: .init(burst: 1, interval: 1_000))
        script.start()
        script.post("one")
        script.post("two", ticket: 2)
        script.handle(.disconnected(.init(.lost, "reset by peer")))
        let failed = script.failed()
        #expect(failed[1]?.code == .disconnected && failed[1]?.isCertain == false)
        #expect(failed[2]?.code == .disconnected && failed[2]?.isCertain == true)
        script.post("three", ticket: 3)
        #expect(script.failed()[3]?.isCertain == true)
    }

    @Test("No confirmation within half a minute is an unknown outcome")
    func timeout() {
        let script = Transcript()
        script.start(caps: self.echo)
        script.post("one")
        script.pass(29_999)
        #expect(script.failed().isEmpty)
        script.pass(1)
        let error = script.failed()[1]
        #expect(error?.code == .timedOut && error?.isCertain == false)
        // Too late: nobody waits any more.
        script.read("@label=jb-1;msgid=A :bot!~bot@bot.host PRIVMSG #dev :one")
        #expect(script.posted().isEmpty)
    }

    @Test("A channel that we are not in takes nothing, and says why")
    func notJoined() {
        let script = Transcript(channels: [.init("#dev"), .init("#closed"), .init("#late")])
        _ = script.connect()
        script.read("CAP * LS :", ":s 001 bot :x", ":s 422 bot :x", ":bot!b@h JOIN #dev")
        script.read(":s 474 bot #closed :Cannot join channel (+b)")
        script.post("x", to: "#closed", ticket: 1)
        script.post("x", to: "#other", ticket: 2)
        script.post("x", to: "#late", ticket: 3)
        let failed = script.failed()
        #expect(failed[1]?.code == .forbidden && failed[1]?.message.contains("banned") == true)
        #expect(failed[2]?.code == .forbidden)
        #expect(failed[3]?.code == .disconnected && failed[3]?.retryAfter != nil)
    }

    @Test("A kick fails the channel's lines, those that wait surely")
    func kicked() {
        let script = Transcript(flood: .init(burst: 1, interval: 1_000))
        script.start()
        script.post("one")
        script.post("two", ticket: 2)
        script.read(":op!o@h KICK #dev bot :out")
        let failed = script.failed()
        #expect(failed[1]?.isCertain == false && failed[2]?.isCertain == true)
        #expect(failed[2]?.code == .forbidden)
    }

    @Test("Nothing that is posted can be a command, to the server or to clients")
    func injection() {
        let script = Transcript()
        script.start()
        let sent = script.post("a\r\nQUIT :x\n\n\u{1}DCC SEND\u{1}\u{0}")
        #expect(
            sent.filter { $0.hasPrefix("PRIVMSG") } == [
                "PRIVMSG #dev :a", "PRIVMSG #dev :QUIT :x", "PRIVMSG #dev :DCC SEND",
            ])
        script.read("PONG x jb-1")
        #expect(script.posted() == [1: ""])
        script.post(" \n\u{1} ", ticket: 2)
        #expect(script.failed()[2]?.code == .invalid)
    }

    @Test("The addressee stands in front in a channel; a reply names its message")
    func addressee() {
        let script = Transcript(flood: .exempt)
        script.start(caps: "message-tags")
        #expect(script.post("hi", addressee: "Ann").first == "PRIVMSG #dev :Ann: hi")
        let route = Transcript.route("#dev", replyTo: "M1")
        script.handle(.post(ticket: 5, OutgoingMessage(text: "hi", route: route, token: "t")))
        #expect(script.sent().first == "@+draft/reply=M1;+reply=M1 PRIVMSG #dev :hi")
        script.handle(.post(ticket: 6, OutgoingMessage(text: "more", route: route, token: "t")))
        #expect(script.sent().first == "PRIVMSG #dev :more")
    }

    @Test("An answer for an account goes where that account is, never to who took the nick")
    func accountTarget() {
        let script = Transcript()
        script.start(caps: "message-tags account-tag account-notify extended-join")
        script.read(":al!~a@h JOIN #dev Ann :r", ":al!~a@h NICK al2")
        #expect(script.post("x", to: "al2", anchor: "ann").first == "PRIVMSG al2 :x")
        script.read(":eve!~e@h JOIN #dev eve :r", ":eve!~e@h NICK al")
        #expect(script.post("x", to: "al", anchor: "ann").first == "PRIVMSG al2 :x")
        script.read(":al2!~a@h QUIT :bye")
        script.post("x", to: "al", ticket: 9, anchor: "ann")
        #expect(script.failed()[9]?.code == .notFound)
    }

    @Test("An answer follows a nick that changed, until somebody else takes the old one")
    func renamedTarget() {
        let script = Transcript()
        script.start()
        script.read(":al!~a@h JOIN #dev", ":al!~a@h PRIVMSG bot :hi", ":al!~a@h NICK al2")
        #expect(script.post("x", to: "al").first == "PRIVMSG al2 :x")
        script.read(":al!~z@h JOIN #dev")
        #expect(script.post("x", to: "al", ticket: 2).first == "PRIVMSG al :x")
    }

    @Test("Too many lines at once are refused, not hoarded")
    func bounded() {
        let script = Transcript()
        script.start()
        for ticket in 0...1_000 { script.post("x", ticket: ticket) }
        #expect(script.failed().values.map(\.code) == [.rateLimited])
    }
}

@Suite("Bytes on the wire")
struct IRCBudgetTests {
    private func relayed(_ line: String, as source: String) -> Int {
        (":" + source + " " + line + "\r\n").utf8.count
    }

    @Test("A text of exactly the limit makes a relayed line of at most 512, one spare", arguments: ["#dev", "ann"])
    func exact(_ room: String) {
        let script = Transcript()
        script.start()
        let traits = script.session.traits(of: RoomID(adapter: Transcript.adapter, name: room))
        let addressee = room == "#dev" ? String(repeating: "n", count: 31) : nil
        let sent = script.post(String(repeating: "x", count: traits.textLimit), to: room, addressee: addressee)
        #expect(sent.filter { $0.hasPrefix("PRIVMSG") }.count == 1)
        #expect(self.relayed(sent[0], as: "bot!~bot@bot.host") == 511)
    }

    @Test("LINELEN, NICKLEN and a new host count")
    func learned() {
        let script = Transcript()
        script.start(tokens: "LINELEN=2048 NICKLEN=9")
        let room = RoomID(adapter: Transcript.adapter, name: "ann")
        #expect(script.session.traits(of: room).textLimit == 2_048 - 16 - 3 - 4 - 8 - 3 - 1)
        let channel = RoomID(adapter: Transcript.adapter, name: "#dev")
        #expect(script.session.traits(of: channel).textLimit == 2_048 - 16 - 3 - 4 - 8 - 4 - 1 - 11)
        script.read(":s 396 bot long.cloak.example :is now your displayed host")
        #expect(script.session.traits(of: room).textLimit == 2_048 - 16 - 3 - 4 - 18 - 3 - 1)
        script.read(":bot!~bot@x CHGHOST u h")
        #expect(script.session.traits(of: room).textLimit == 2_048 - 16 - 3 - 1 - 1 - 3 - 1)
    }

    @Test("Before anything is learned the longest prefix is assumed")
    func unknown() {
        let script = Transcript()
        let room = RoomID(adapter: Transcript.adapter, name: "ann")
        #expect(script.session.traits(of: room).textLimit == 512 - 16 - 3 - 11 - 63 - 3 - 1)
    }

    @Test("A text that is too long after all goes as several whole lines, and counts as one message")
    func tooLong() {
        let script = Transcript(flood: .exempt)
        script.start(caps: "message-tags echo-message")
        let words = (0..<300).map { "wörd\($0)" }.joined(separator: " ")
        let sent = script.post("\u{2}" + words, addressee: "ann")
        #expect(sent.count > 4)
        for line in sent { #expect(self.relayed(line, as: "bot!~bot@bot.host") <= 512) }
        let text = sent.map { $0.dropFirst("PRIVMSG #dev :ann: ".count).filter { $0 != "\u{2}" && $0 != "\u{F}" } }
        #expect(text.joined() == words)
        for line in sent.dropLast() { script.read(":bot!~bot@bot.host \(line)") }
        #expect(script.posted().isEmpty)
        script.read("@msgid=Z :bot!~bot@bot.host \(sent[sent.count - 1])")
        #expect(script.posted() == [1: "Z"])
    }

    @Test("Cuts keep characters, graphemes and spaces", arguments: [8, 9, 10, 11, 12, 13, 20, 33])
    func cuts(_ limit: Int) {
        for text in [
            "one two three four five", "ääääääääääää", "👍🏽👍🏽👍🏽👍🏽 x", "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}",
            "a 👩‍👩‍👧 b",
        ] {
            let pieces = IRCCut.pieces(Array(text.utf8), limit: limit)
            #expect(pieces.allSatisfy { $0.count <= limit && String(validating: $0, as: UTF8.self) != nil })
            #expect(pieces.flatMap { $0 } == Array(text.utf8))
            if limit >= 20 {
                #expect(pieces.map { String(decoding: $0, as: UTF8.self).count }.reduce(0, +) == text.count)
            }
        }
    }
}
