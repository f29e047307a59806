import TestSupport
import Testing

@testable import IRC

@Suite("Names of people, by length")
struct IRCNameLimitTests {
    private let long = String(repeating: "x", count: IRCSource.limit + 1)

    private func script() -> Transcript {
        let script = Transcript()
        script.start(caps: "account-notify extended-join", tokens: "WHOX")
        return script
    }

    @Test("People whose nick, user or host is too long are not kept")
    func people() {
        let script = self.script()
        let long = self.long
        script.read(
            ":\(long) JOIN #dev * :Real", ":a!u@\(long) JOIN #dev * :Real", ":s 353 bot = #dev :@\(long) +b!u@\(long)",
            ":s 354 bot 42 #dev \(long) h c 0", ":s 354 bot 42 #dev u \(long) d 0", ":s 354 bot 42 #dev u h \(long) 0",
            ":e!u@\(long) PRIVMSG bot :x")
        expectEqual(script.machine.link.people.count, 0)
        expectEqual(script.messages().count, 0)
    }

    @Test("An account that is too long counts as none")
    func accounts() {
        let script = self.script()
        let long = self.long
        script.read(
            ":a!u@h JOIN #dev \(long) :Real", ":b!u@h JOIN #dev b :Real", ":b!u@h ACCOUNT \(long)",
            ":s 354 bot 42 #dev u h c \(long)")
        expectEqual(script.machine.link.people.count, 3)
        expectEqual(script.machine.link.people.values.compactMap(\.account), [])
    }

    @Test("A host or a nick that becomes too long is not kept, and what belonged to the nick ends")
    func changes() {
        let script = self.script()
        script.read(":a!u@h JOIN #dev * :Real", ":a!u@h PRIVMSG #dev :bot: x", ":a!u@h CHGHOST u \(self.long)")
        expectEqual(script.machine.link.people.values.compactMap(\.host), [])
        _ = script.events()
        script.read(":a!u@h NICK \(self.long)")
        expectEqual(script.machine.link.people.count, 0)
        expectEqual(script.notices(), ["ended irc:net/nick:a"])
    }
}
