import Chat
import IRC
import TestSupport
import Testing

@Suite("Outgoing messages")
struct IRCSendingTests {
    private let echo = "message-tags batch labeled-response echo-message"

    @Test("A labelled echo gives the msgid, even if the server changed the text")
    func labels() {
        let script = Transcript()
        script.start(caps: self.echo)
        expectEqual(script.post("hello"), ["@label=jb-1 PRIVMSG #dev :hello"])
        expectEqual(script.post("world", ticket: 2), ["@label=jb-2 PRIVMSG #dev :world"])
        #expect(script.posted().isEmpty)
        script.read("@label=jb-2;msgid=B :bot!~bot@bot.host PRIVMSG #dev :w***d")
        expectEqual(script.posted(), [2: "B"])
        script.read("@label=jb-1;msgid=A :bot!~bot@bot.host PRIVMSG #dev :hello")
        expectEqual(script.posted(), [1: "A"])
        #expect(script.events().isEmpty)
    }

    @Test("Those whom a message mentions are named first if they are in the channel, by the nicks that they have now")
    func mentions() {
        let script = Transcript()
        script.start(caps: "message-tags extended-join echo-message")
        script.read(":Ann2!~a@h JOIN #dev Ann :x", ":cat!~c@h JOIN #dev cat :x", ":dan!~d@h JOIN #dev * :x")
        let people = ["net/account:ann", "net/account:eve", "other/account:cat", "net/account:dan"].map {
            Mention(person: $0, name: "dan")
        }
        expectEqual(
            script.post("ask", addressee: "bob", mentions: people + [Mention(person: "net/account:cat")]),
            ["PRIVMSG #dev :Ann2: ask"])
        script.read(":Ann2!~a@h NICK :Ann3")
        expectEqual(
            script.post(
                "more", ticket: 2, addressee: "bob",
                mentions: [Mention(person: "net/account:cat", name: "c"), people[0]]),
            ["PRIVMSG #dev :cat, Ann3: more"])
        expectEqual(script.post("rest", ticket: 3, addressee: "bob", mentions: [people[1]]), ["PRIVMSG #dev :rest"])
    }

    @Test("A labelled response may be a batch or an ACK")
    func labelForms() {
        let script = Transcript()
        script.start(caps: self.echo)
        script.post("one")
        script.read(
            "@label=jb-1 BATCH +q labeled-response", "@batch=q;msgid=A :bot!~bot@bot.host PRIVMSG #dev :one", "BATCH -q"
        )
        expectEqual(script.posted(), [1: "A"])
        script.post("two", ticket: 2)
        script.read("@label=jb-2 ACK")
        expectEqual(script.posted(), [2: ""])
    }

    @Test("Without labels an echo is matched by target and text, else by order")
    func echoes() {
        let script = Transcript()
        script.start(caps: "message-tags echo-message", channels: ["#dev"])
        for (ticket, text) in ["a", "b", "c"].enumerated() { script.post(text, ticket: ticket) }
        script.read("@msgid=B :bot!~bot@bot.host PRIVMSG #DEV :b")
        expectEqual(script.posted(), [1: "B"])
        script.read("@msgid=A :bot!~bot@bot.host PRIVMSG #dev :changed")
        expectEqual(script.posted(), [0: "A"])
    }

    @Test("Without echoes a PING follows the queue, and its PONG confirms all lines before it")
    func pongs() {
        let script = Transcript()
        script.start()
        expectEqual(script.post("one"), ["PRIVMSG #dev :one", "PING jb-1"])
        expectEqual(script.post("two", ticket: 2), ["PRIVMSG #dev :two", "PING jb-2"])
        script.read(":irc.test PONG irc.test :jb-1")
        expectEqual(script.posted(), [1: ""])
        script.read("PONG irc.test jb-9x", "PONG jb-2")
        expectEqual(script.posted(), [2: ""])
    }

    @Test("Lines that wait for the bucket share a PING")
    func sharedPong() {
        let script = Transcript(flood: .init(burst: 2, interval: 1_000))
        script.start()
        let first = (1...5).flatMap { script.post("\($0)", ticket: $0) }
        expectEqual(first, ["PRIVMSG #dev :1", "PING jb-1"])
        expectEqual(script.pass(5_000), (2...5).map { "PRIVMSG #dev :\($0)" } + ["PING jb-2"])
        script.read("PONG x jb-2")
        expectEqual(script.posted().count, 5)
    }

    @Test(
        "A filter's refusal says nothing about the channel",
        arguments: [
            "404 bot #dev :Your message to this channel contained a banned phrase (x) and was blocked",
            "404 bot #dev :Swearing is not permitted in this channel", "408 bot #dev :You cannot use colors here",
        ])
    func filtered(_ line: String) {
        let script = Transcript()
        script.start()
        script.post("one")
        script.read(":irc.test \(line)", "PONG x jb-1")
        let error = script.failed()[1]
        #expect(error?.code == .forbidden && error?.isOfRoom == false)
    }

    @Test("A channel's name says nothing about why it refuses")
    func channelNamedAsFilters() {
        let script = Transcript(channels: [.init("#spam-filter")])
        script.start(channels: ["#spam-filter"])
        script.post("one", to: "#spam-filter")
        script.read(":irc.test 404 bot #spam-filter :Cannot send to channel", "PONG x jb-1")
        expectEqual(script.failed()[1]?.isOfRoom, true)
    }

    @Test("A queue that never empties gets a PING in between")
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
        "An error numeric fails the line with certainty",
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
        #expect(error?.code == code && error?.isCertain == true && error?.isOfRoom == (code == .forbidden))
        #expect(script.posted().isEmpty)
    }

    @Test("A line to a nick that is gone fails as not found")
    func noSuchNick() {
        let script = Transcript()
        script.start()
        script.read(":ann!~a@h JOIN #dev")
        script.post("one", to: "ann", anchor: "!~a@h")
        script.read(":irc.test 401 bot ann :No such nick")
        expectEqual(script.failed()[1]?.code, .notFound)
    }

    @Test("FAIL fails the labelled line, or the only unconfirmed one")
    func failReply() {
        let script = Transcript()
        script.start(caps: self.echo)
        script.post("one")
        script.post("two", ticket: 2)
        script.read("@label=jb-2 FAIL PRIVMSG INVALID_UTF8 :no")
        expectEqual(script.failed()[2]?.code, .invalid)
        script.read("FAIL PRIVMSG INVALID_UTF8 :no")
        expectEqual(script.failed()[1]?.code, .invalid)
    }

    @Test("After a lost connection sent lines have an unknown outcome, queued ones certainly failed")
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
        expectEqual(script.failed()[3]?.isCertain, true)
    }

    @Test("A line not confirmed within half a minute has an unknown outcome")
    func timeout() {
        let script = Transcript()
        script.start(caps: self.echo)
        script.post("one")
        script.pass(29_999)
        #expect(script.failed().isEmpty)
        script.pass(1)
        let error = script.failed()[1]
        #expect(error?.code == .timedOut && error?.isCertain == false)
        // A late confirmation is ignored.
        script.read("@label=jb-1;msgid=A :bot!~bot@bot.host PRIVMSG #dev :one")
        #expect(script.posted().isEmpty)
    }

    @Test("A post to a channel that the bot is not in fails with the reason")
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
        expectEqual(failed[2]?.code, .forbidden)
        #expect(failed[3]?.code == .disconnected && failed[3]?.retryAfter != nil)
    }

    @Test("A kick fails the channel's lines, queued ones with certainty")
    func kicked() {
        let script = Transcript(flood: .init(burst: 1, interval: 1_000))
        script.start()
        script.post("one")
        script.post("two", ticket: 2)
        script.read(":op!o@h KICK #dev bot :out")
        let failed = script.failed()
        #expect(failed[1]?.isCertain == false && failed[2]?.isCertain == true)
        expectEqual(failed[2]?.code, .forbidden)
    }

    @Test("A posted text cannot become a command to the server or to clients")
    func injection() {
        let script = Transcript()
        script.start()
        let sent = script.post("a\r\nQUIT :x\n\n\u{1}DCC SEND\u{1}\u{0}")
        expectEqual(
            sent.filter { $0.hasPrefix("PRIVMSG") },
            [
                "PRIVMSG #dev :a", "PRIVMSG #dev :QUIT :x", "PRIVMSG #dev :DCC SEND",
            ])
        script.read("PONG x jb-1")
        expectEqual(script.posted(), [1: ""])
        script.post(" \n\u{1} ", ticket: 2)
        expectEqual(script.failed()[2]?.code, .invalid)
    }

    @Test("In a channel the text begins with the addressee; a reply names its message once")
    func addressee() {
        let script = Transcript(flood: .exempt)
        script.start(caps: "message-tags")
        expectEqual(script.post("hi", addressee: "Ann").first, "PRIVMSG #dev :Ann: hi")
        let route = Transcript.route("#dev", replyTo: "M1")
        script.handle(.post(ticket: 5, OutgoingMessage(text: "hi", route: route, token: "t")))
        expectEqual(script.sent().first, "@+draft/reply=M1;+reply=M1 PRIVMSG #dev :hi")
        script.handle(.post(ticket: 6, OutgoingMessage(text: "more", route: route, token: "t")))
        expectEqual(script.sent().first, "PRIVMSG #dev :more")
    }

    /// The text of each line that a message to #dev becomes.
    private func lines(_ script: Transcript, _ text: String, _ addressee: String, _ replyTo: String?) -> [String] {
        let route = Transcript.route("#dev", addressee: addressee, replyTo: replyTo)
        script.handle(.post(ticket: 1, OutgoingMessage(text: text, route: route, token: "t")))
        let sent = script.sent().filter { $0.contains("PRIVMSG") }
        return sent.map { String($0.split(separator: " :", maxSplits: 1).last ?? "") }
    }

    @Test("Only the first line of an answer names the person, and lines after another answer's")
    func namedOnce() {
        let script = Transcript(flood: .exempt)
        script.start(caps: "message-tags")
        expectEqual(self.lines(script, "one\ntwo", "ann", "M1"), ["ann: one", "two"])
        expectEqual(self.lines(script, "three", "ann", "M1"), ["three"])
        expectEqual(self.lines(script, "hello", "bob", "M2"), ["bob: hello"])
        expectEqual(self.lines(script, "four", "ann", "M1"), ["ann: four"])
        // The next question's answer.
        expectEqual(self.lines(script, "five", "ann", "M3"), ["ann: five"])
        expectEqual(self.lines(script, "six", "ann", "M3"), ["six"])
        // The line that named the person was refused.
        expectEqual(self.lines(script, "seven", "ann", "M4"), ["ann: seven"])
        script.read(":s 404 bot #dev :Cannot send")
        expectEqual(self.lines(script, "seven", "ann", "M4"), ["ann: seven"])
        // In a new connection the lines before it may be out of sight.
        script.handle(.disconnected(.init(.lost, "x")))
        script.start()
        expectEqual(self.lines(script, "eight", "ann", "M4"), ["ann: eight"])
    }

    @Test("Without msgids, the answer to a person's next question names the person again, and no tag names a local id")
    func namedWithoutIDs() throws {
        let script = Transcript(flood: .exempt)
        script.start(caps: "message-tags")
        script.read(":ann!~a@h PRIVMSG #dev :bot: one", ":ann!~a@h PRIVMSG #dev :bot: two")
        let routes = script.messages().map(\.route)
        expectEqual(routes.count, 2)
        for route in routes {
            for text in ["first", "second"] {
                script.handle(.post(ticket: 1, OutgoingMessage(text: text, route: route, token: "t")))
            }
        }
        let lines = script.sent().filter { $0.contains("PRIVMSG") }
        expectEqual(
            lines,
            [
                "PRIVMSG #dev :ann: first", "PRIVMSG #dev :second", "PRIVMSG #dev :ann: first", "PRIVMSG #dev :second",
            ])
    }

    @Test("An answer for an account follows the account, not the nick")
    func accountTarget() {
        let script = Transcript()
        script.start(caps: "message-tags account-tag account-notify extended-join")
        script.read(":al!~a@h JOIN #dev Ann :r", ":al!~a@h NICK al2")
        expectEqual(script.post("x", to: "al2", anchor: "ann").first, "PRIVMSG al2 :x")
        script.read(":eve!~e@h JOIN #dev eve :r", ":eve!~e@h NICK al")
        expectEqual(script.post("x", to: "al", anchor: "ann").first, "PRIVMSG al2 :x")
        script.read(":al2!~a@h QUIT :bye")
        script.post("x", to: "al", ticket: 9, anchor: "ann")
        expectEqual(script.failed()[9]?.code, .notFound)
    }

    @Test("An answer follows a changed nick, until another person takes the old one")
    func renamedTarget() {
        let script = Transcript()
        script.start()
        script.read(":al!~a@h JOIN #dev", ":al!~a@h PRIVMSG bot :hi", ":al!~a@h NICK al2")
        expectEqual(script.post("x", to: "al", anchor: "!~a@h").first, "PRIVMSG al2 :x")
        script.read(":al!~z@h JOIN #dev")
        #expect(script.post("x", to: "al", ticket: 2, anchor: "!~a@h").isEmpty)
        expectEqual(script.failed()[2]?.code, .notFound)
    }

    @Test("A full queue refuses further lines")
    func bounded() {
        let script = Transcript()
        script.start()
        for ticket in 0...1_000 { script.post("x", ticket: ticket) }
        expectEqual(script.failed().values.map(\.code), [.rateLimited])
    }
}

@Suite("Bytes on the wire")
struct IRCBudgetTests {
    private func relayed(_ line: String, as source: String) -> Int {
        (":" + source + " " + line + "\r\n").utf8.count
    }

    @Test("A text of exactly the limit is relayed as 511 bytes, one below the maximum", arguments: ["#dev", "ann"])
    func exact(_ room: String) {
        let script = Transcript()
        script.start()
        let traits = script.machine.traits(of: RoomID(adapter: Transcript.adapter, name: room))
        let addressee = room == "#dev" ? String(repeating: "n", count: 31) : nil
        script.read(":ann!~a@h JOIN #dev")
        let sent = script.post(
            String(repeating: "x", count: traits.textLimit), to: room, anchor: "!~a@h", addressee: addressee)
        expectEqual(sent.filter { $0.hasPrefix("PRIVMSG") }.count, 1)
        expectEqual(self.relayed(sent[0], as: "bot!~bot@bot.host"), 511)
    }

    @Test("The limit follows LINELEN, NICKLEN and a new host")
    func learned() {
        let script = Transcript()
        script.start(tokens: "LINELEN=2048 NICKLEN=9")
        let room = RoomID(adapter: Transcript.adapter, name: "ann")
        expectEqual(script.machine.traits(of: room).textLimit, 2_048 - 16 - 3 - 4 - 8 - 3 - 1)
        let channel = RoomID(adapter: Transcript.adapter, name: "#dev")
        expectEqual(script.machine.traits(of: channel).textLimit, 2_048 - 16 - 3 - 4 - 8 - 4 - 1 - 11)
        script.read(":s 396 bot long.cloak.example :is now your displayed host")
        expectEqual(script.machine.traits(of: room).textLimit, 2_048 - 16 - 3 - 4 - 18 - 3 - 1)
        script.read(":bot!~bot@x CHGHOST u h")
        expectEqual(script.machine.traits(of: room).textLimit, 2_048 - 16 - 3 - 1 - 1 - 3 - 1)
    }

    @Test("Until our prefix is known the longest is assumed")
    func unknown() {
        let script = Transcript()
        let room = RoomID(adapter: Transcript.adapter, name: "ann")
        expectEqual(script.machine.traits(of: room).textLimit, 512 - 16 - 3 - 11 - 63 - 3 - 1)
    }

    @Test("A text above the limit is sent as several lines and confirmed as one message")
    func tooLong() {
        let script = Transcript(flood: .exempt)
        script.start(caps: "message-tags echo-message")
        let words = (0..<300).map { "wörd\($0)" }.joined(separator: " ")
        let sent = script.post("\u{2}" + words, addressee: "ann")
        #expect(sent.count > 4)
        for line in sent { #expect(self.relayed(line, as: "bot!~bot@bot.host") <= 512) }
        let text = sent.map { $0.dropFirst("PRIVMSG #dev :".count).filter { $0 != "\u{2}" && $0 != "\u{F}" } }
        expectEqual(text.joined(), "ann: " + words)
        for line in sent.dropLast() { script.read(":bot!~bot@bot.host \(line)") }
        #expect(script.posted().isEmpty)
        script.read("@msgid=Z :bot!~bot@bot.host \(sent[sent.count - 1])")
        expectEqual(script.posted(), [1: "Z"])
    }

    @Test("Cuts keep characters and spaces, and graphemes if they fit", arguments: [8, 9, 10, 11, 12, 13, 20, 33])
    func cuts(_ limit: Int) {
        for text in [
            "one two three four five", "ääääääääääää", "👍🏽👍🏽👍🏽👍🏽 x", "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}",
            "a 👩‍👩‍👧 b",
        ] {
            let pieces = IRCCut.pieces(Array(text.utf8), limit: limit)
            #expect(pieces.allSatisfy { $0.count <= limit && String(validating: $0, as: UTF8.self) != nil })
            expectEqual(pieces.flatMap { $0 }, Array(text.utf8))
            if limit >= 20 {
                expectEqual(pieces.map { String(decoding: $0, as: UTF8.self).count }.reduce(0, +), text.count)
            }
        }
    }
}
