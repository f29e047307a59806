import Chat
import TestSupport
import Testing

@testable import IRC

@Suite("Members of channels")
struct IRCMembersTests {
    private func script() -> Transcript {
        let script = Transcript(channels: [.init("#a"), .init("#b")])
        script.start(channels: ["#a", "#b"])
        return script
    }

    @Test("Whatever people do, the members of each channel are those who know it as theirs")
    func members() {
        let script = self.script()
        for line in [
            ":s 353 bot = #a :a @b c d x[1]", ":s 353 bot = #b :b c +e f", ":c!u@h PRIVMSG #a :bot: x",
            // In a netsplit, and back again in one of the channels.
            ":c!u@h QUIT :one.example two.example", ":c!u@h JOIN #b",
            // Somebody else had the nick.
            ":d!u@h NICK e", ":a!u@h PART #a", ":b!u@h QUIT :bye", ":op!o@h KICK #b f :out", ":g!u@h JOIN #a",
            ":g!u@h JOIN #b", ":s 005 bot CASEMAPPING=ascii :are supported", ":bot!~bot@bot.host JOIN #b",
        ] {
            script.read(line)
            var expected: [ExactText: Set<ExactText>] = [:]
            for (key, person) in script.machine.link.people {
                for channel in person.channels { expected[channel, default: []].insert(key) }
            }
            expectEqual(script.machine.link.members.filter { !$0.value.isEmpty }, expected)
        }
        expectEqual(Set(script.machine.link.people.keys.map(\.text)), ["c", "e", "g", "x[1]"])
        script.read(":op!o@h KICK #a bot :out")
        expectEqual(Set(script.machine.link.people.keys.map(\.text)), ["c", "g"])
        script.read(":op!o@h KICK #b bot :out")
        #expect(script.machine.link.people.isEmpty && script.machine.link.members.isEmpty)
    }

    @Test("Leaving a channel 8,000 times costs nothing for the 40,000 people in another one", .timeLimit(.minutes(1)))
    func others() {
        let script = self.script()
        for part in 0..<40 {
            script.read(":s 353 bot = #b :" + (0..<1_000).map { "n\(part * 1_000 + $0)" }.joined(separator: " "))
        }
        expectEqual(script.machine.link.people.count, 40_000)
        for _ in 0..<8_000 {
            script.read(":bot!~bot@bot.host JOIN #a", ":op!o@h KICK #a bot")
            script.actions = []
        }
        expectEqual(script.machine.link.people.count, 40_000)
    }

    @Test("A long reason of a kick or a refused join is cut in what is shown")
    func reasons() {
        let script = self.script()
        let long = String(repeating: "x", count: 10_000)
        script.read(":op!o@h KICK #a bot :\(long)")
        let kicked = script.statuses().last ?? ""
        #expect(kicked.contains("#a: kicked by op: xxx") && kicked.utf8.count < 600)
        script.read(":s 405 bot #a :\(long)")
        let refused = script.statuses().last ?? ""
        #expect(refused.contains("#a: xxx") && refused.utf8.count < 600)
    }
}
