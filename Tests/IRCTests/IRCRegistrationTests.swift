import Chat
import IRC
import Kit
import Primitives
import TestSupport
import Testing

@Suite("Registration")
struct IRCRegistrationTests {
    @Test("Lines that need no answer are sent at once, the password before the nick")
    func start() {
        let script = Transcript(password: Secret("open sesame"))
        expectEqual(
            script.connect(),
            [
                "CAP LS 302", "PASS :open sesame", "NICK bot", "USER bot 0 * :Jetbridge",
            ])
    }

    @Test("Without capabilities: 001, features, bot mode, joins, then up")
    func simple() {
        let script = Transcript(channels: [.init("#a"), .init("#b"), .init("#c", key: Secret("k"))])
        _ = script.connect()
        #expect(script.read(":s.test 421 * CAP :Unknown command").isEmpty)
        #expect(script.read(":s.test 001 bot :Welcome", ":s.test 005 bot BOT=B CHANTYPES=# :ok").isEmpty)
        expectEqual(script.read(":s.test 422 bot :no motd"), ["MODE bot +B", "JOIN #c k"])
        // The mode and the join, which costs two, leave one token of four.
        expectEqual(script.pass(1_199), [])
        expectEqual(script.pass(1), ["JOIN #a,#b"])
        script.read(":bot!~b@h JOIN #a", ":bot!~b@h JOIN #b")
        #expect(!script.statuses().contains { $0.hasPrefix("up") })
        script.read(":bot!~b@h JOIN #c")
        expectEqual(script.statuses(), ["up "])
    }

    @Test("PING is answered before 001, but none is sent before it")
    func earlyPing() {
        let script = Transcript()
        _ = script.connect()
        expectEqual(script.read("PING :cookie 1"), ["PONG :cookie 1"])
        #expect(script.pass(59_000).isEmpty)
    }

    @Test("Capabilities arrive in several lines with any target, and are requested together")
    func capabilities() {
        let script = Transcript()
        _ = script.connect()
        #expect(script.read(":s CAP * LS * :multi-prefix sasl=PLAIN,EXTERNAL").isEmpty)
        #expect(script.read(":s CAP 0ABAAAAAB LS * :batch server-time unknown/cap").isEmpty)
        expectEqual(
            script.read(":s CAP bot LS :echo-message"), ["CAP REQ :server-time batch echo-message multi-prefix"])
        expectEqual(script.read(":s CAP bot ACK :server-time batch echo-message multi-prefix "), ["CAP END"])
    }

    @Test("Of capabilities that the bot does not know few are kept, however many a server names")
    func unknownCapabilities() {
        var capabilities = IRCCapabilities()
        let list = (0..<1_000).map { "x\($0)=y" }.joined(separator: " ") + " batch sasl=PLAIN sts=port=6697"
        capabilities.offer(list)
        #expect(capabilities.offered["batch"] == "" && capabilities.offered["sasl"] == "PLAIN")
        expectEqual(capabilities.offered["sts"], "port=6697")
        #expect(capabilities.offered.count <= 203)
        capabilities.acknowledge(list)
        #expect(capabilities.enabled.count <= 203)
    }

    @Test("Capabilities of a refused set are requested one by one")
    func refusal() {
        let script = Transcript()
        _ = script.connect()
        expectEqual(script.read("CAP * LS :batch setname chghost"), ["CAP REQ :batch chghost setname"])
        expectEqual(script.read("CAP * NAK :batch chghost setname"), ["CAP REQ :batch"])
        expectEqual(script.read("CAP * ACK :batch"), ["CAP REQ :chghost"])
        expectEqual(script.read("CAP * NAK :chghost"), ["CAP REQ :setname"])
        expectEqual(script.read("CAP * ACK :setname"), ["CAP END"])
    }

    @Test("Capability requests stay below the line limit")
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
        expectEqual(names, IRCCapabilities.wanted.count + 40)
    }

    @Test("Capabilities may appear and disappear later")
    func later() {
        let script = Transcript()
        script.start(caps: "cap-notify")
        expectEqual(script.read(":s CAP bot NEW :echo-message=x other"), ["CAP REQ :echo-message"])
        script.read(":s CAP bot ACK :echo-message")
        script.post("one")
        #expect(script.read(":bot!~bot@bot.host PRIVMSG #dev :one").isEmpty)
        expectEqual(script.posted(), [1: ""])
        script.read(":s CAP bot DEL :echo-message")
        expectEqual(script.post("two", ticket: 2), ["PRIVMSG #dev :two", "PING jb-1"])
    }

    // MARK: STS

    @Test("An unencrypted connection moves to the TLS port that the server demands")
    func upgrade() {
        let script = Transcript()
        _ = script.connect()
        expectEqual(script.read("CAP * LS :sts=port=6697,duration=300 batch"), ["QUIT :Jetbridge"])
        script.handle(.disconnected(.init(.lost, "closed")))
        expectEqual(script.reconnects(), [0...0])
        #expect(script.machine.endpoint(at: script.now) == (6697, .verify(caFile: nil)))
    }

    @Test("A policy received over TLS is stored, renewed at the disconnect, and removed by duration 0")
    func policy() throws {
        let script = Transcript(tls: .verify(caFile: nil))
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :sts=duration=300")
        let policy = try #require(script.memories().last?.policies["irc.example.org"])
        expectEqual(policy.expires, script.now.wall + 300_000)
        script.read(":s 001 bot :Hi")
        script.pass(50_000)
        script.handle(.disconnected(.init(.lost, "closed")))
        expectEqual(script.memories().last?.policies["irc.example.org"]?.expires, script.now.wall + 300_000)

        let kept = "sts irc.example.org 6697 300 \(script.now.wall + 100_000)"
        let remembered = Transcript(memory: IRCMemory(bytes: Array(kept.utf8)))
        expectEqual(remembered.machine.endpoint(at: remembered.now).port, 6697)
        _ = remembered.connect(isSecure: true)
        remembered.read("CAP * LS :sts=duration=0")
        expectEqual(remembered.memories().last?.policies.isEmpty, true)
    }

    @Test("Absurd ports, durations and times are refused or bounded", arguments: ExtremeNumbers.all)
    func absurdNumbers(_ number: Int64) {
        let script = Transcript(tls: .verify(caFile: nil))
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :sts=duration=\(number),port=\(number) message-tags server-time batch")
        script.read(":s 001 bot :Hi")
        script.read(":s 005 bot NICKLEN=\(number) MODES=\(number) TARGMAX=PRIVMSG:\(number) LINELEN=\(number) :are")
        script.read("@time=9999-12-31T23:59:59.999-23:59 :alice!a@h PRIVMSG bot :hello")
        script.read("@time=\(number) :alice!a@h PRIVMSG bot :hello")
        script.handle(.disconnected(.init(.lost, "closed")))
        let expires = script.memories().last?.policies["irc.example.org"]?.expires ?? 0
        #expect(expires <= script.now.wall + 10 * 366 * 86_400_000)
    }

    @Test("A memory survives its text form; invalid lines are skipped")
    func memory() {
        var memory = IRCMemory()
        memory.seen = 12
        memory.policies["a.b"] = .init(port: 1, duration: 2, expires: 3)
        expectEqual(IRCMemory(bytes: memory.bytes), memory)
        expectEqual(
            IRCMemory(
                bytes: Array(
                    "seen\nsts a b\nseen x\n\u{0}\nseen 9223372036854775807\nsts h 1 9223372036854775807 1".utf8)),
            IRCMemory())
    }
}
