import Chat
import IRC
import Kit
import Primitives
import TestSupport
import Testing

@Suite("The bot's nick")
struct IRCNickTests {
    // MARK: During the registration

    @Test("If the nick is taken, whole variants are tried at once")
    func nickInUse() {
        let script = Transcript(nick: "jetbridge")
        _ = script.connect()
        expectEqual(script.read(":s 433 * jetbridge :in use"), ["NICK jetbridge_"])
        expectEqual(script.read(":s 433 * jetbridge_ :in use"), ["NICK jetbridge-2"])
        expectEqual(script.read(":s 437 * jetbridge-2 :held"), ["NICK jetbridge-3"])
    }

    @Test("A server that rejects the variant as too long gets one of the nick's length")
    func shortLimit() {
        let script = Transcript(nick: "jetbridge")
        _ = script.connect()
        expectEqual(script.read(":s 433 * jetbridge :in use"), ["NICK jetbridge_"])
        expectEqual(script.read(":s 432 * jetbridge_ :Nickname too long, max. 9 characters"), ["NICK jetbridg_"])
        expectEqual(script.read(":s 433 * jetbridg_ :in use"), ["NICK jetbrid-2"])
    }

    @Test("A server that cuts the variant silently gets one that fits")
    func silentCut() {
        let script = Transcript(nick: "jetbridge")
        _ = script.connect()
        expectEqual(script.read(":s 433 * jetbridge :in use"), ["NICK jetbridge_"])
        expectEqual(script.read(":s 433 * jetbridge :in use"), ["NICK jetbridg_"])
        expectEqual(script.read(":s 433 * jetbridg_ :in use"), ["NICK jetbrid-2"])
    }

    @Test("A taken nick during the login does not abort it")
    func nickInUseInLogin() {
        let script = Transcript(
            tls: .verify(caFile: nil), sasl: .plain(account: "jet", password: Secret("pw")))
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :sasl", "CAP * ACK :sasl")
        expectEqual(script.read(":s 433 * bot :in use"), ["NICK bot_"])
        expectEqual(script.read("AUTHENTICATE +", ":s 903 * :ok").last, "CAP END")
    }

    @Test("An invalid nick ends the connection, unless it may only be too long")
    func badNick() {
        let script = Transcript(nick: "b{t")
        _ = script.connect()
        script.read(":s 432 * b{t :Erroneous nickname")
        #expect(script.isClosed())
        let long = Transcript(nick: "jetbridge-of-the-team")
        _ = long.connect()
        expectEqual(long.read(":s 432 * x :Nickname too long"), ["NICK jetbridge"])
        expectEqual(long.read(":s 433 * jetbridge :in use"), ["NICK jetbridg_"])
        long.read(":s 432 * jetbridg_ :Erroneous nickname")
        #expect(long.isClosed())
    }

    @Test("After NICKLEN the bot takes the longest nick that the server allows")
    func limitKnown() {
        let script = Transcript(nick: "jetbridge-of-the-team", channels: [])
        _ = script.connect()
        script.read("CAP * LS :", ":s 432 * x :Nickname too long", ":s 001 jetbridge :Hi jetbridge!b@h")
        script.read(":s 005 jetbridge NICKLEN=16 :x")
        expectEqual(script.read(":s 422 jetbridge :-"), ["NICK jetbridge-of-the"])
        script.read(":jetbridge!b@h NICK jetbridge-of-the")
        #expect(!script.pass(70_000).contains { $0.hasPrefix("NICK") })
    }

    @Test("A nick that the server has cut is not claimed again and again")
    func cutByServer() {
        let script = Transcript(nick: "jetbridge-of-the-team", channels: [])
        _ = script.connect()
        script.read("CAP * LS :", ":s 001 jetbridge-of-the :Hi jetbridge-of-the!b@h", ":s 005 x NICKLEN=16 :x")
        #expect(script.read(":s 422 x :-").isEmpty)
        #expect(!script.pass(70_000).contains { $0.hasPrefix("NICK") })
    }

    // MARK: While it is taken

    /// Connected as `bot_`, in #dev.
    private func renamed(caps: String = "", tokens: String = "NETWORK=Test") -> Transcript {
        let script = Transcript()
        _ = script.connect()
        script.read("CAP * LS :\(caps)")
        if !caps.isEmpty { script.read("CAP * ACK :\(caps)") }
        script.read(":s 433 * bot :in use", ":s 001 bot_ :Hi bot_!b@h", ":s 005 bot_ \(tokens) :x", ":s 422 bot_ :-")
        script.read(":bot_!b@h JOIN #dev")
        script.pass(20_000)
        script.actions = []
        return script
    }

    @Test(
        "Under a variant the bot still answers to its configured nick",
        arguments: [
            ("bot: hello", "hello"), ("@bot hello", "hello"), ("bot_: hello", "hello"), ("hi, bot!", "hi, bot!"),
            ("hi, bot_!", "hi, bot_!"),
        ])
    func bothNicks(_ text: String, _ expected: String) throws {
        let script = self.renamed()
        script.read(":ann!~a@h PRIVMSG #dev :\(text)")
        let message = try #require(script.messages().first)
        #expect(message.isAddressed && message.text == expected)
    }

    @Test("The holder of the nick is a person like any other")
    func holder() throws {
        let script = self.renamed()
        script.read(":bot!~x@y PRIVMSG #dev :bot_: hello")
        expectEqual(script.messages().map(\.sender.displayName), ["bot"])
    }

    @Test("The nick is retried once a minute and taken back when its holder quits or renames")
    func regain() {
        let script = self.renamed()
        #expect(script.pass(61_000).contains("NICK bot"))
        script.read(":s 433 bot_ bot :in use")
        expectEqual(script.read(":bot!x@y QUIT :bye"), ["NICK bot"])
        script.read(":s 433 bot_ bot :in use")
        script.pass(3_000)
        expectEqual(script.read(":bot!x@y NICK other"), ["NICK bot"])
        script.read(":bot_!b@h NICK bot")
        #expect(!script.pass(200_000).contains("NICK bot"))
    }

    @Test("The taken nick is watched by MONITOR if available")
    func regainByMonitor() {
        let script = Transcript(channels: [])
        _ = script.connect()
        script.read("CAP * LS :", ":s 433 * bot :in use", ":s 001 bot_ :Hi bot_!b@h", ":s 005 bot_ MONITOR=30 :x")
        expectEqual(script.read(":s 422 bot_ :-"), ["MONITOR + bot"])
        expectEqual(script.read(":s 731 bot_ :bot"), ["NICK bot"])
    }

    // MARK: Services

    /// Logged in and connected as `bot_`, and what was sent since then.
    private func loggedIn() -> (Transcript, sent: [String]) {
        let script = Transcript(
            tls: .verify(caFile: nil), sasl: .plain(account: "jet", password: Secret("pw")), channels: [])
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :sasl", "CAP * ACK :sasl", ":s 433 * bot :in use", "AUTHENTICATE +", ":s 903 * :ok")
        return (script, script.read(":s 001 bot_ :Hi bot_!b@h", ":s 422 bot_ :-"))
    }

    @Test("With an account the bot asks services to free its nick, and takes it")
    func services() {
        let (script, sent) = self.loggedIn()
        expectEqual(sent, ["PRIVMSG NickServ :REGAIN bot"])
        expectEqual(script.read(":NickServ!s@services NOTICE bot_ :bot has been regained."), ["NICK bot"])
        script.read(":bot_!b@h NICK bot")
        #expect(!script.pass(70_000).contains { $0.hasPrefix("NICK") || $0.contains("NickServ") })
    }

    @Test("If services do not know a command, the next one is tried")
    func otherServices() {
        let (script, _) = self.loggedIn()
        let unknown = ":NickServ!s@services NOTICE bot_ :Unknown command."
        let taken = ":s 433 bot_ bot :in use"
        expectEqual(script.read(unknown, unknown), ["NICK bot"])
        expectEqual(script.read(taken), ["PRIVMSG NickServ :RECOVER bot"])
        expectEqual(script.read(unknown), ["NICK bot"])
        script.read(taken)
        expectEqual(script.pass(2_000), ["PRIVMSG NickServ :GHOST bot"])
        script.read(unknown)
        script.pass(2_000)
        #expect(script.read(taken).isEmpty)
    }

    @Test("Silent services are not waited for longer than five seconds per command")
    func silentServices() {
        let (script, _) = self.loggedIn()
        expectEqual(script.pass(5_000), ["NICK bot"])
        expectEqual(script.pass(5_000), ["PRIVMSG NickServ :RECOVER bot"])
        #expect(script.read(":bot_!b@h NICK bot").isEmpty)
        #expect(script.pass(20_000).isEmpty)
    }

    @Test("Without services, or without an account, nobody is asked")
    func noServices() {
        let (script, _) = self.loggedIn()
        script.read(":s 401 bot_ NickServ :No such nick")
        #expect(script.pass(30_000).isEmpty)
        #expect(!self.renamed().pass(30_000).contains { $0.contains("NickServ") })
    }

    @Test("A nick that services take away is claimed a minute later, if the bot has an account")
    func forcedChange() {
        let (script, _) = self.loggedIn()
        script.read(":bot_!b@h NICK bot", ":bot!b@h NICK Guest123")
        #expect(!script.pass(59_000).contains { $0.hasPrefix("NICK") })
        #expect(script.pass(2_000).contains("NICK bot"))
    }
}
