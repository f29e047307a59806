import Chat
import IRC
import TestSupport
import Testing

/// A private line reaches only the person whom it is for, whoever has the nick now.
@Suite("Private lines")
struct IRCProofTests {
    private static let accounts = "message-tags account-tag account-notify extended-join"
    private let mask = "!~a@h"

    private func script(_ caps: String = "", tokens: String = "NETWORK=Test") -> Transcript {
        let script = Transcript(flood: .exempt)
        script.start(caps: caps, tokens: tokens)
        return script
    }

    /// The private lines among those sent.
    private func privately(_ lines: [String]) -> [String] { lines.filter { $0.contains("PRIVMSG al") } }

    /// What WHOIS says about the holder of `al`.
    private func whois(_ script: Transcript, _ user: String, _ host: String, account: String? = nil) -> [String] {
        var sent = script.read(":s 311 bot al \(user) \(host) * :Real")
        if let account { sent += script.read(":s 330 bot al \(account) :is logged in as") }
        return sent + script.read(":s 318 bot al :End")
    }

    @Test("After a QUIT, a stranger outside all channels gets nothing under the nick", arguments: ["mask", "account"])
    func stolen(_ kind: String) throws {
        let hasAccount = kind == "account"
        let script = self.script(hasAccount ? Self.accounts : "")
        let tag = hasAccount ? "@account=ann " : ""
        script.read(":al!~a@h JOIN #dev" + (hasAccount ? " ann :Real" : ""), "\(tag):al!~a@h PRIVMSG bot :ask")
        let route = try #require(script.messages().first?.route)
        expectEqual(route.anchor, hasAccount ? "ann" : self.mask)
        expectEqual(self.privately(script.post("one", to: "al", anchor: route.anchor)), ["PRIVMSG al :one"])
        script.read("PONG s jb-1", ":al!~a@h QUIT :bye")
        _ = script.posted()
        let sent = script.post("secret", to: "al", ticket: 2, anchor: route.anchor)
        expectEqual(sent, ["WHOIS al"])
        #expect(self.privately(self.whois(script, "~e", "evil", account: hasAccount ? "eve" : nil)).isEmpty)
        expectEqual(script.failed()[2]?.code, .notFound)
    }

    @Test("A nick that nobody has any more fails as not found, and nothing is sent")
    func gone() {
        let script = self.script()
        script.read(":al!~a@h JOIN #dev", ":al!~a@h PRIVMSG bot :ask", ":al!~a@h QUIT :bye")
        expectEqual(script.post("secret", to: "al", anchor: self.mask), ["WHOIS al"])
        script.read(":s 401 bot al :No such nick", ":s 318 bot al :End")
        let error = script.failed()[1]
        #expect(error?.code == .notFound && error?.isCertain == true)
    }

    @Test("In a new connection WHOIS tells whether the nick is still theirs", arguments: ["ann", "eve", nil])
    func reconnected(_ account: String?) {
        let script = self.script(Self.accounts)
        script.read("@account=ann :al!~a@h PRIVMSG bot :ask")
        script.handle(.disconnected(.init(.lost, "x")))
        script.start(caps: Self.accounts)
        expectEqual(script.post("answer", to: "al", anchor: "ann"), ["WHOIS al"])
        let sent = self.privately(self.whois(script, "~a", "h", account: account))
        expectEqual(sent, account == "ann" ? ["PRIVMSG al :answer"] : [])
        expectEqual(script.failed()[1]?.code, account == "ann" ? nil : AdapterError.Code.notFound)
    }

    @Test("An unwatched nick is asked for again after a few seconds, but not for each line")
    func stale() {
        let script = self.script(Self.accounts)
        script.read("@account=ann :al!~a@h PRIVMSG bot :ask")
        expectEqual(self.privately(script.post("one", to: "al", anchor: "ann")), ["PRIVMSG al :one"])
        script.read("PONG s jb-1")
        script.pass(7_000)
        expectEqual(script.post("two", to: "al", ticket: 2, anchor: "ann"), ["WHOIS al"])
        #expect(script.post("three", to: "al", ticket: 3, anchor: "ann").isEmpty)
        let sent = self.privately(self.whois(script, "~a", "h", account: "ann"))
        expectEqual(sent, ["PRIVMSG al :two", "PRIVMSG al :three"])
        script.read("PONG s jb-2")
        script.pass(7_000)
        expectEqual(script.post("four", to: "al", ticket: 4, anchor: "ann"), ["WHOIS al"])
        #expect(self.privately(self.whois(script, "~e", "evil")).isEmpty)
        expectEqual(script.failed()[4]?.code, .notFound)
    }

    @Test("A watched nick needs no WHOIS for minutes, until MONITOR reports that it was given up")
    func watched() {
        let script = self.script(Self.accounts, tokens: "MONITOR=10")
        expectEqual(script.read("@account=ann :al!~a@h PRIVMSG bot :ask"), ["MONITOR + al"])
        script.read(":s 730 bot :al!~a@h")
        script.pass(60_000)
        expectEqual(self.privately(script.post("one", to: "al", anchor: "ann")), ["PRIVMSG al :one"])
        script.read("PONG s jb-1", ":s 731 bot :al", ":s 730 bot :al!~e@evil")
        expectEqual(script.post("two", to: "al", ticket: 2, anchor: "ann"), ["WHOIS al"])
        #expect(self.privately(self.whois(script, "~e", "evil")).isEmpty)
        expectEqual(script.failed()[2]?.code, .notFound)
        // Their own next message proves it anew.
        script.read(":s 731 bot :al", ":s 730 bot :al!~a@h", "@account=ann :al!~a@h PRIVMSG bot :back")
        script.pass(60_000)
        expectEqual(self.privately(script.post("three", to: "al", ticket: 3, anchor: "ann")), ["PRIVMSG al :three"])
    }

    @Test("In a common channel a conversation needs no WHOIS, also after CHGHOST")
    func ordinary() {
        let script = self.script("chghost")
        script.read(":al!~a@h JOIN #dev", ":al!~a@h PRIVMSG bot :ask")
        script.pass(30_000)
        script.read("PING x", ":al!~a@h CHGHOST ~a cloak")
        expectEqual(self.privately(script.post("one", to: "al", anchor: self.mask)), ["PRIVMSG al :one"])
    }

    @Test("A line that waits for the bucket is checked when its turn comes")
    func queued() {
        let script = Transcript(flood: .init(burst: 1, interval: 1_000))
        script.start()
        script.read(":al!~a@h JOIN #dev", ":al!~a@h PRIVMSG bot :ask")
        for ticket in 1...3 { script.post("x", ticket: ticket) }
        script.post("secret", to: "al", ticket: 4, anchor: self.mask)
        script.read(":al!~a@h QUIT :bye")
        let sent = script.pass(10_000)
        #expect(sent.contains("WHOIS al") && self.privately(sent).isEmpty)
    }

    @Test("Without an answer to WHOIS nothing is sent, and the line may be tried again")
    func silence() {
        let script = self.script()
        expectEqual(script.post("secret", to: "al", anchor: self.mask), ["WHOIS al"])
        #expect(self.privately(script.pass(30_000)).isEmpty)
        let error = script.failed()[1]
        #expect(error?.code == .timedOut && error?.isCertain == true)
    }

    @Test("A route that names no person is never answered in a query")
    func unnamed() {
        let script = self.script()
        script.read(":al!~a@h JOIN #dev", ":al!~a@h PRIVMSG bot :ask")
        #expect(script.post("secret", to: "al").isEmpty)
        expectEqual(script.failed()[1]?.code, .notFound)
    }
}
