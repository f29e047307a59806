import Chat
import IRC
import Primitives
import Testing

@Suite("Registration")
struct IRCRegistrationTests {
    private let plain = IRCSettings.SASL.plain(account: "jet", password: Secret("pw"))

    @Test("Everything that needs no answer goes at once, the password before the nick")
    func start() {
        let script = Transcript(password: Secret("open sesame"))
        #expect(
            script.connect() == [
                "CAP LS 302", "PASS :open sesame", "NICK bot", "USER bot 0 * :Jetbridge",
            ])
    }

    @Test("A server without capabilities: 001, features, bot mode, joins, then up")
    func simple() {
        let script = Transcript(channels: [.init("#a"), .init("#b"), .init("#c", key: Secret("k"))])
        _ = script.connect()
        #expect(script.read(":s.test 421 * CAP :Unknown command").isEmpty)
        #expect(script.read(":s.test 001 bot :Welcome", ":s.test 005 bot BOT=B CHANTYPES=# :ok").isEmpty)
        #expect(script.read(":s.test 422 bot :no motd") == ["MODE bot +B", "JOIN #c k"])
        // A mode and a join that counts twice leave one of four.
        #expect(script.pass(1_199) == [])
        #expect(script.pass(1) == ["JOIN #a,#b"])
        script.read(":bot!~b@h JOIN #a", ":bot!~b@h JOIN #b")
        #expect(!script.statuses().contains { $0.hasPrefix("up") })
        script.read(":bot!~b@h JOIN #c")
        #expect(script.statuses() == ["up "])
    }

    @Test("PING is answered before 001, and no PING of ours is sent before it")
    func earlyPing() {
        let script = Transcript()
        _ = script.connect()
        #expect(script.read("PING :cookie 1") == ["PONG :cookie 1"])
        #expect(script.pass(59_000).isEmpty)
    }

    @Test("Capabilities come in several lines, whatever the target, and are asked for in short lines")
    func capabilities() {
        let script = Transcript()
        _ = script.connect()
        #expect(script.read(":s CAP * LS * :multi-prefix sasl=PLAIN,EXTERNAL").isEmpty)
        #expect(script.read(":s CAP 0ABAAAAAB LS * :batch server-time unknown/cap").isEmpty)
        #expect(script.read(":s CAP bot LS :echo-message") == ["CAP REQ :server-time batch echo-message multi-prefix"])
        #expect(script.read(":s CAP bot ACK :server-time batch echo-message multi-prefix ") == ["CAP END"])
    }

    @Test("A refused set is asked for one by one, and negotiation ends")
    func refusal() {
        let script = Transcript()
        _ = script.connect()
        #expect(script.read("CAP * LS :batch setname chghost") == ["CAP REQ :batch chghost setname"])
        #expect(script.read("CAP * NAK :batch chghost setname") == ["CAP REQ :batch"])
        #expect(script.read("CAP * ACK :batch") == ["CAP REQ :chghost"])
        #expect(script.read("CAP * NAK :chghost") == ["CAP REQ :setname"])
        #expect(script.read("CAP * ACK :setname") == ["CAP END"])
    }

    @Test("Requests stay below the line limit")
    func longList() {
        var capabilities = IRCCapabilities()
        capabilities.offer(IRCCapabilities.wanted.joined(separator: " "))
        capabilities.plan(also: (0..<40).map { "vendor.example/capability-\($0)" })
        capabilities.offer((0..<40).map { "vendor.example/capability-\($0)" }.joined(separator: " "))
        capabilities.plan(also: (0..<40).map { "vendor.example/capability-\($0)" })
        var names = 0
        while let set = capabilities.next() {
            #expect(set.utf8.count <= 400)
            names += set.split(separator: " ").count
            capabilities.acknowledge(set)
        }
        #expect(names == IRCCapabilities.wanted.count + 40)
    }

    @Test("Capabilities that come and go later are followed")
    func later() {
        let script = Transcript()
        script.start(caps: "cap-notify")
        #expect(script.read(":s CAP bot NEW :echo-message=x other") == ["CAP REQ :echo-message"])
        script.read(":s CAP bot ACK :echo-message")
        script.post("one")
        #expect(script.read(":bot!~bot@bot.host PRIVMSG #dev :one").isEmpty)
        #expect(script.posted() == [1: ""])
        script.read(":s CAP bot DEL :echo-message")
        #expect(script.post("two", ticket: 2) == ["PRIVMSG #dev :two", "PING jb-1"])
    }

    // MARK: SASL

    @Test("PLAIN: capability, mechanism, payload, and CAP END only after 903")
    func saslPlain() {
        let script = Transcript(tls: .verify(caFile: nil), sasl: self.plain)
        _ = script.connect(isSecure: true)
        #expect(script.read("CAP * LS :sasl=PLAIN") == ["CAP REQ :sasl"])
        #expect(script.read("CAP * ACK :sasl") == ["AUTHENTICATE PLAIN"])
        // InspIRCd writes the plus as a trailing parameter.
        #expect(script.read("AUTHENTICATE :+") == ["AUTHENTICATE AGpldABwdw=="])
        #expect(script.read(":s 900 * *!*@* jet :You are now logged in").isEmpty)
        #expect(script.read(":s 903 * :ok") == ["CAP END"])
    }

    @Test("EXTERNAL answers with an empty payload")
    func saslExternal() {
        let script = Transcript(tls: .verify(caFile: nil), sasl: .external(certificate: "c", key: "k"))
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :sasl")
        #expect(script.read("CAP * ACK :sasl") == ["AUTHENTICATE EXTERNAL"])
        #expect(script.read("AUTHENTICATE +") == ["AUTHENTICATE +"])
        #expect(script.read(":s 903 * :ok") == ["CAP END"])
    }

    @Test(
        "A long payload goes in pieces of 400; an exact multiple is followed by an empty one",
        arguments: [298, 299, 300, 598])
    func longPassword(_ length: Int) {
        let secret = String(repeating: "p", count: length)
        let script = Transcript(
            tls: .verify(caFile: nil), sasl: .plain(account: "", password: Secret(secret)))
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :sasl", "CAP * ACK :sasl")
        let lines = script.read("AUTHENTICATE +").map { $0.dropFirst("AUTHENTICATE ".count) }
        let encoded = (length + 2 + 2) / 3 * 4
        #expect(lines.dropLast().allSatisfy { $0.count == 400 })
        #expect(lines.filter { $0 != "+" }.joined().count == encoded)
        #expect((lines.last == "+") == (encoded % 400 == 0))
    }

    @Test(
        "A failed login is refused with a clear detail; we never join as nobody",
        arguments: [
            (":s 904 * :SASL authentication failed", "check account and password"),
            (":s 905 * :too long", "too long"), (":s 902 * :locked", "locked"), (":s 906 * :aborted", "aborted"),
        ])
    func saslFailure(_ line: String, _ expected: String) {
        let script = Transcript(tls: .verify(caFile: nil), sasl: self.plain)
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :sasl", "CAP * ACK :sasl", "AUTHENTICATE +")
        let sent = script.read(line)
        #expect(sent == ["QUIT :Jetbridge"])
        #expect(script.isClosed())
        script.handle(.disconnected(.init(.lost, "closed")))
        let status = script.statuses().last ?? ""
        #expect(status.hasPrefix("refused") && status.contains(expected))
        #expect(!script.reconnects().isEmpty)
    }

    @Test(
        "SASL that is not offered, or knows another mechanism, is refused", arguments: ["", "sasl=EXTERNAL", "batch"])
    func saslMissing(_ caps: String) {
        let script = Transcript(tls: .verify(caFile: nil), sasl: self.plain)
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :\(caps)")
        script.read("CAP * ACK :\(caps.prefix { $0 != "=" })")
        #expect(script.isClosed())
        script.handle(.disconnected(.init(.lost, "closed")))
        #expect(script.statuses().last?.hasPrefix("refused SASL") == true)
    }

    @Test("A server that lets us in without the login is left")
    func saslSkipped() {
        let script = Transcript(tls: .verify(caFile: nil), sasl: self.plain)
        _ = script.connect(isSecure: true)
        #expect(script.read(":s 001 bot :Welcome") == ["QUIT :Jetbridge"])
        #expect(script.isClosed())
    }

    @Test("PLAIN never goes over a plain wire, save to this machine")
    func saslInTheClear() {
        let script = Transcript(sasl: self.plain)
        _ = script.connect()
        #expect(script.read("CAP * LS :sasl", "CAP * ACK :sasl") == ["CAP REQ :sasl", "QUIT :Jetbridge"])
        let local = Transcript(host: "127.0.0.1", sasl: self.plain)
        _ = local.connect()
        #expect(local.read("CAP * LS :sasl", "CAP * ACK :sasl") == ["CAP REQ :sasl", "AUTHENTICATE PLAIN"])
    }

    @Test("Services that stay silent are given 15 seconds")
    func saslTimeout() {
        let script = Transcript(tls: .verify(caFile: nil), sasl: self.plain)
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :sasl", "CAP * ACK :sasl")
        #expect(script.pass(14_999).isEmpty)
        #expect(script.pass(2) == ["QUIT :Jetbridge"])
        script.handle(.disconnected(.init(.lost, "closed")))
        #expect(script.statuses().last?.contains("may be down") == true)
    }

    // MARK: Nick

    @Test("A taken nick leads to another one at once, not longer than nine letters or the nick itself")
    func nickInUse() {
        let script = Transcript(nick: "jetbridge")
        _ = script.connect()
        #expect(script.read(":s 433 * jetbridge :in use") == ["NICK jetbridg_"])
        #expect(script.read(":s 433 * jetbridg_ :in use") == ["NICK jetbrid-2"])
        #expect(script.read(":s 437 * jetbrid-2 :held") == ["NICK jetbrid-3"])
    }

    @Test("433 in the middle of a login does not abort it")
    func nickInUseInLogin() {
        let script = Transcript(tls: .verify(caFile: nil), sasl: self.plain)
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :sasl", "CAP * ACK :sasl")
        #expect(script.read(":s 433 * bot :in use") == ["NICK bot_"])
        #expect(script.read("AUTHENTICATE +", ":s 903 * :ok").last == "CAP END")
    }

    @Test("The nick is taken back when its holder quits, and tried once a minute")
    func regain() {
        let script = Transcript(channels: [])
        _ = script.connect()
        script.read("CAP * LS :", ":s 433 * bot :in use", ":s 001 bot_ :Hi bot_!b@h", ":s 422 bot_ :-")
        #expect(script.pass(61_000).contains("NICK bot"))
        script.read(":s 433 bot_ bot :in use")
        #expect(script.read(":bot!x@y QUIT :bye") == ["NICK bot"])
        script.read(":bot_!b@h NICK bot")
        #expect(!script.pass(200_000).contains("NICK bot"))
    }

    @Test("MONITOR watches the nick where there is one")
    func regainByMonitor() {
        let script = Transcript(channels: [])
        _ = script.connect()
        script.read("CAP * LS :", ":s 433 * bot :in use", ":s 001 bot_ :Hi bot_!b@h", ":s 005 bot_ MONITOR=30 :x")
        #expect(script.read(":s 422 bot_ :-") == ["MONITOR + bot"])
        #expect(script.read(":s 731 bot_ :bot") == ["NICK bot"])
    }

    @Test("A nick that the server finds invalid is a refusal, unless only its length is wrong")
    func badNick() {
        let script = Transcript(nick: "b{t")
        _ = script.connect()
        script.read(":s 432 * b{t :Erroneous nickname")
        #expect(script.isClosed())
        let long = Transcript(nick: "jetbridge-of-the-team")
        _ = long.connect()
        #expect(long.read(":s 432 * x :Nickname too long").first?.hasPrefix("NICK jetbridge-of-the-tea") == true)
    }

    // MARK: STS

    @Test("A plain wire is left for the TLS port that the server demands")
    func upgrade() {
        let script = Transcript()
        _ = script.connect()
        #expect(script.read("CAP * LS :sts=port=6697,duration=300 batch") == ["QUIT :Jetbridge"])
        script.handle(.disconnected(.init(.lost, "closed")))
        #expect(script.reconnects() == [0...0])
        #expect(script.session.endpoint(at: script.now) == (6697, .verify(caFile: nil)))
    }

    @Test("A duration counts on TLS only, is kept, renewed at the end, and removed by 0")
    func policy() throws {
        let script = Transcript(tls: .verify(caFile: nil))
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :sts=duration=300")
        let policy = try #require(script.memories().last?.policies["irc.example.org"])
        #expect(policy.expires == script.now.wall + 300_000)
        script.read(":s 001 bot :Hi")
        script.pass(50_000)
        script.handle(.disconnected(.init(.lost, "closed")))
        #expect(script.memories().last?.policies["irc.example.org"]?.expires == script.now.wall + 300_000)

        let kept = "sts irc.example.org 6697 300 \(script.now.wall + 100_000)"
        let remembered = Transcript(memory: IRCMemory(bytes: Array(kept.utf8)))
        #expect(remembered.session.endpoint(at: remembered.now).port == 6697)
        _ = remembered.connect(isSecure: true)
        remembered.read("CAP * LS :sts=duration=0")
        #expect(remembered.memories().last?.policies.isEmpty == true)
    }

    @Test("A memory survives its text form; a torn one is harmless")
    func memory() {
        var memory = IRCMemory()
        memory.seen = 12
        memory.policies["a.b"] = .init(port: 1, duration: 2, expires: 3)
        #expect(IRCMemory(bytes: memory.bytes) == memory)
        #expect(
            IRCMemory(
                bytes: Array(
                    "seen\nsts a b\nseen x\n\u{0}\nseen 9223372036854775807\nsts h 1 9223372036854775807 1".utf8))
                == IRCMemory())
    }
}
