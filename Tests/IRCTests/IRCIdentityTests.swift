import Chat
import IRC
import TestSupport
import Testing

@Suite("Identities")
struct IRCIdentityTests {
    private func script(_ caps: String = "", tokens: String = "WHOX") -> Transcript {
        let script = Transcript()
        script.start(caps: caps, tokens: tokens)
        return script
    }

    private func sender(_ script: Transcript) throws -> Sender {
        try #require(script.messages().first?.sender)
    }

    @Test("An account is a lasting identity, along with nick and mask")
    func account() throws {
        let script = self.script("message-tags account-tag")
        script.read("@account=Ann :Al!~a@h.test PRIVMSG #dev :bot: x")
        let sender = try self.sender(script)
        #expect(sender.id == "irc:net/account:ann" && sender.isLasting && sender.displayName == "Al")
        expectEqual(
            sender.identities,
            [
                Identity("irc:net/account:ann", comparison: .caseInsensitive),
                Identity("irc:net/nick:al", comparison: .caseInsensitive),
                Identity("irc:net/mask:Al!~a@h.test", comparison: .mask),
            ])
    }

    @Test(
        "An account is also known as services spell it, but never by the name of another account",
        arguments: [
            ("rfc1459", "Al[away]", "al{away}", ["al{away}", "al[away]"]),
            ("rfc1459", "a\\\\b~", "a|b^", ["a|b^", "a\\b~"]),
            ("rfc1459-strict", "a[~", "a{~", ["a{~", "a[~"]),
            ("precis", "\u{C4}Nn", "\u{E4}nn", ["\u{E4}nn", "\u{C4}nn"]),
            ("rfc1459", "Al{away}", "al{away}", ["al{away}"]), ("ascii", "Al[away]", "al[away]", ["al[away]"]),
            ("ascii", "Al{away}", "al{away}", ["al{away}"]),
        ])
    func spelling(casemapping: String, account: String, id: String, names: [String]) throws {
        let script = self.script("message-tags account-tag", tokens: "WHOX CASEMAPPING=\(casemapping)")
        script.read("@account=\(account) :Al!~a@h.test PRIVMSG #dev :bot: x")
        let sender = try self.sender(script)
        #expect(sender.id == "irc:net/account:\(id)" && sender.isLasting)
        expectEqual(
            sender.identities,
            names.map { Identity("irc:net/account:\($0)", comparison: .caseInsensitive) } + [
                Identity("irc:net/nick:al", comparison: .caseInsensitive),
                Identity("irc:net/mask:Al!~a@h.test", comparison: .mask),
            ])
    }

    @Test("Without an account the nick is a temporary identity")
    func nick() throws {
        let script = self.script()
        script.read(":Al!~a@h PRIVMSG #dev :bot: x")
        let sender = try self.sender(script)
        #expect(sender.id == "irc:net/nick:al" && !sender.isLasting)
        #expect(sender.identities.contains { $0.value == sender.id })
    }

    @Test("Neither a client tag nor an account tag that was not negotiated proves an account")
    func forgedTag() throws {
        let script = self.script("message-tags account-tag")
        script.read("@+account=ann :Al!~a@h PRIVMSG #dev :bot: x")
        try expectEqual(self.sender(script).id, "irc:net/nick:al")
        let plain = self.script()
        plain.read("@account=ann :Al!~a@h PRIVMSG #dev :bot: x")
        try expectEqual(self.sender(plain).id, "irc:net/nick:al")
    }

    @Test("extended-join, account-notify and WHOX give accounts if messages do not")
    func fallbacks() throws {
        let script = self.script("account-notify extended-join")
        script.read(":al!~a@h JOIN #dev Ann :Real", ":al!~a@h PRIVMSG #dev :bot: x")
        try expectEqual(self.sender(script).id, "irc:net/account:ann")
        script.read(":al!~a@h ACCOUNT *", ":al!~a@h PRIVMSG #dev :bot: x")
        try expectEqual(self.sender(script).id, "irc:net/nick:al")
        script.read(":s 354 bot 42 #dev ~b h2 bo Bob", ":bo!~b@h2 PRIVMSG #dev :bot: x")
        try expectEqual(self.sender(script).id, "irc:net/account:bob")
    }

    @Test("A nick that only looks like another does not get its account")
    func lookalike() throws {
        let script = self.script("account-notify extended-join")
        script.read(":a`!~a@h JOIN #dev Ann :Real", ":a\u{1FEF}!~a@h PRIVMSG #dev :bot: x")
        let sender = try self.sender(script)
        #expect(!sender.isLasting && Array(sender.id.utf8) == Array("irc:net/nick:a\u{1FEF}".utf8))
    }

    @Test("WHOX is requested only if accounts are not known otherwise and changes are announced")
    func whox() {
        expectEqual(self.joinLines("account-notify extended-join", "WHOX"), ["WHO #dev %tcuhna,42"])
        #expect(self.joinLines("account-notify extended-join account-tag", "WHOX").isEmpty)
        #expect(self.joinLines("extended-join", "WHOX").isEmpty)
        #expect(self.joinLines("account-notify", "X").isEmpty)
    }

    private func joinLines(_ caps: String, _ tokens: String) -> [String] {
        let script = Transcript()
        _ = script.connect()
        script.read(
            "CAP * LS :\(caps)", "CAP * ACK :\(caps)", ":s 001 bot :x", ":s 005 bot \(tokens) :x", ":s 422 bot :x")
        return script.read(":bot!b@h JOIN #dev") + script.pass(5_000)
    }

    @Test(
        "A nick's pairing ends on QUIT, NICK, and when the person or the bot leaves the last shared channel",
        arguments: [
            ":al!~a@h QUIT :Quit: bye", ":al!~a@h PART #dev", ":op!o@h KICK #dev al :out", ":al!~a@h NICK other",
            ":bot!~bot@bot.host PART #dev", ":op!o@h KICK #dev bot :out",
        ])
    func endings(_ line: String) {
        let script = self.script()
        script.read(":al!~a@h JOIN #dev", ":al!~a@h PRIVMSG #dev :bot: x")
        _ = script.events()
        script.read(line)
        #expect(script.notices().contains("ended irc:net/nick:al"))
    }

    @Test("A nick's first message in a connection ends earlier pairings")
    func firstWord() {
        let script = self.script()
        script.read(":al!~a@h PRIVMSG #dev :bot: x", ":al!~a@h PRIVMSG #dev :bot: y")
        let kinds = script.events().map { if case .identityEnded = $0.kind { "ended" } else { "message" } }
        expectEqual(kinds, ["ended", "message", "message"])
    }

    @Test("Nothing ends for a person who has never written to the bot")
    func silent() {
        let script = self.script()
        script.read(":al!~a@h JOIN #dev", ":al!~a@h QUIT :bye")
        #expect(script.events().isEmpty)
    }

    @Test("A message without the account, after one with it, ends the nick's pairing")
    func logout() {
        let script = self.script("message-tags account-tag account-notify")
        script.read(":al!~a@h JOIN #dev", "@account=ann :al!~a@h PRIVMSG #dev :bot: x")
        _ = script.events()
        script.read(":al!~a@h PRIVMSG #dev :bot: y")
        expectEqual(Set(script.notices()), ["ended irc:net/nick:al"])
    }

    @Test("All pairings end with the connection")
    func disconnect() {
        let script = self.script()
        script.read(":al!~a@h PRIVMSG #dev :bot: x", ":bo!~a@h PRIVMSG #dev :bot: x")
        _ = script.events()
        script.handle(.disconnected(.init(.lost, "x")))
        expectEqual(Set(script.notices()), ["ended irc:net/nick:al", "ended irc:net/nick:bo"])
    }

    @Test("Another user or host under the same nick is another person, except after CHGHOST")
    func otherHost() {
        let script = self.script("chghost")
        script.read(":al!~a@h JOIN #dev", ":al!~a@h PRIVMSG #dev :bot: x", ":al!~a@h CHGHOST ~a cloak")
        _ = script.events()
        script.read(":al!~a@cloak PRIVMSG #dev :bot: y")
        #expect(script.notices().isEmpty)
        script.read(":al!~a@evil PRIVMSG #dev :bot: z")
        expectEqual(Set(script.notices()), ["ended irc:net/nick:al"])
    }

    @Test("A new nick ends the old one; another spelling of it does not")
    func rename() {
        let script = self.script()
        script.read(":al!~a@h JOIN #dev", ":al!~a@h PRIVMSG #dev :bot: x")
        _ = script.events()
        script.read(":al!~a@h NICK Bo")
        expectEqual(script.notices(), ["ended irc:net/nick:al"])
        script.read(":bo!~a@h NICK BO")
        #expect(script.notices().isEmpty)
    }

    @Test("Threads of an account keep their key when the nick changes")
    func renameWithAccount() {
        let script = self.script("message-tags account-tag")
        script.read(":al!~a@h JOIN #dev", "@account=ann :al!~a@h PRIVMSG #dev :bot: x")
        _ = script.events()
        script.read(":al!~a@h NICK Bo")
        expectEqual(script.notices(), ["ended irc:net/nick:al"])
    }

    @Test(
        "After a netsplit the identities of those who return persist, those of others end",
        arguments: [
            ":al!~a@h QUIT :hub.test leaf.test", ":al!~a@h QUIT :*.net *.split", "@batch=9 :al!~a@h QUIT :x y z",
        ])
    func netsplit(_ quit: String) {
        let script = self.script("batch")
        script.read(":al!~a@h JOIN #dev", ":al!~a@h PRIVMSG #dev :bot: x", "BATCH +9 netsplit hub.test leaf.test")
        _ = script.events()
        script.read(quit, "BATCH -9", ":al!~a@h JOIN #dev", ":al!~a@h PRIVMSG #dev :bot: y")
        #expect(script.notices().isEmpty)
        script.read(":al!~a@h QUIT :hub.test leaf.test")
        for _ in 0..<30 {
            script.pass(60_000)
            script.read("PING x")
        }
        expectEqual(script.notices(), ["ended irc:net/nick:al"])
    }

    @Test("Taking another person's nick during a netsplit ends its pairing")
    func splitTheft() {
        let script = self.script()
        script.read(":al!~a@h JOIN #dev", ":al!~a@h PRIVMSG #dev :bot: x", ":al!~a@h QUIT :hub.test leaf.test")
        _ = script.events()
        script.read(":al!~m@evil JOIN #dev")
        expectEqual(script.notices(), ["ended irc:net/nick:al"])
        script.read(":bo!~b@h JOIN #dev", ":bo!~b@h PRIVMSG #dev :bot: x", ":bo!~b@h QUIT :hub.test leaf.test")
        script.read(":eve!~e@h JOIN #dev")
        _ = script.events()
        script.read(":eve!~e@h NICK bo")
        #expect(script.notices().contains("ended irc:net/nick:bo"))
    }

    @Test(
        "A quit message that only looks like a netsplit ends the identity",
        arguments: [
            "hub leaf", "Quit: hub.test leaf.test", "\"hub.test leaf.test\"", "hub.test hub.test",
            "hub.test  leaf.test",
        ])
    func falseSplit(_ text: String) {
        let script = self.script()
        script.read(":al!~a@h JOIN #dev", ":al!~a@h PRIVMSG #dev :bot: x")
        _ = script.events()
        script.read(":al!~a@h QUIT :\(text)")
        expectEqual(script.notices(), ["ended irc:net/nick:al"])
    }

    // MARK: Without a shared channel

    @Test("A stranger's query waits for WHOIS; an unchanged sign-on time keeps the pairing")
    func whois() {
        let script = self.script()
        expectEqual(script.read(":al!~a@h PRIVMSG bot :one"), ["WHOIS al"])
        #expect(script.messages().isEmpty)
        script.read(":s 317 bot al 5 1700000000 :idle", ":s 318 bot al :End")
        expectEqual(script.messages().map(\.text), ["one"])
        script.read(":al!~a@h PRIVMSG bot :two", ":al!~a@h PRIVMSG bot :three")
        script.read(":s 317 bot al 5 1700000000 :idle", ":s 318 bot al :End")
        script.pass(300)
        let events = script.events()
        #expect(events.count == 1 && events.first?.message?.text == "two\nthree")
    }

    @Test("A changed sign-on time ends the pairing before the message is delivered")
    func whoisTheft() {
        let script = self.script()
        script.read(":al!~a@h PRIVMSG bot :one", ":s 317 bot al 5 1700000000 :idle", ":s 318 bot al :End")
        _ = script.events()
        script.read(":al!~a@h PRIVMSG bot :give me", ":s 317 bot al 0 1700000500 :idle", ":s 318 bot al :End")
        let kinds = script.events().map { if case .identityEnded = $0.kind { "ended" } else { "message" } }
        expectEqual(kinds, ["ended", "message"])
    }

    @Test("WHOIS without an answer or with no such nick ends the pairing", arguments: [true, false])
    func whoisSilence(_ isGone: Bool) {
        let script = self.script()
        script.read(":al!~a@h PRIVMSG bot :one")
        _ = script.events()
        if isGone { script.read(":s 401 bot al :No such nick") } else { script.pass(10_000) }
        let kinds = script.events().map { if case .identityEnded = $0.kind { "ended" } else { "message" } }
        expectEqual(kinds, ["ended", "message"])
    }

    @Test("A nick that the bot answers is verified from then on, also while strangers use up the allowance")
    func answered() {
        let script = Transcript(flood: .exempt)
        script.start()
        for number in 0..<3 { script.read(":n\(number)!~n@h PRIVMSG bot :x") }
        _ = script.events()
        #expect(script.read(":al!~a@h PRIVMSG bot :!pair CODE").isEmpty)
        expectEqual(script.messages().map(\.text), ["!pair CODE"])
        let sent = script.post("Paired", to: "al", anchor: "!~a@h")
        #expect(sent.contains("WHOIS al") && sent.contains("PRIVMSG al :Paired"), "\(sent)")
        script.read(":s 317 bot al 5 1700000000 :idle", ":s 318 bot al :End")
        #expect(script.events().isEmpty)
        expectEqual(script.read(":al!~a@h PRIVMSG bot :give me"), ["WHOIS al"])
        script.read(":s 317 bot al 0 1700000500 :idle", ":s 318 bot al :End")
        let kinds = script.events().map { if case .identityEnded = $0.kind { "ended" } else { "message" } }
        expectEqual(kinds, ["ended", "message"])
    }

    @Test("With MONITOR the nick is watched, and WHOIS is used only if the list is full")
    func monitor() {
        let script = self.script(tokens: "MONITOR=10")
        expectEqual(script.read(":al!~a@h PRIVMSG bot :one"), ["MONITOR + al"])
        expectEqual(script.messages().count, 1)
        #expect(script.read(":al!~a@h PRIVMSG bot :two").isEmpty)
        _ = script.events()
        script.read(":s 731 bot :al")
        expectEqual(script.notices(), ["ended irc:net/nick:al"])
        script.read(":bo!~a@h PRIVMSG bot :one", ":s 734 bot 10 bo :full")
        expectEqual(script.read(":bo!~a@h PRIVMSG bot :two"), ["WHOIS bo"])
    }

    @Test("A person with an account or in a shared channel needs no WHOIS")
    func noProof() {
        let script = self.script("message-tags account-tag")
        #expect(script.read("@account=ann :al!~a@h PRIVMSG bot :one").isEmpty)
        #expect(script.read(":s 353 bot = #dev :@bo +cy bot", ":bo!~b@h PRIVMSG bot :one").isEmpty)
        expectEqual(script.messages().count, 2)
    }
}
