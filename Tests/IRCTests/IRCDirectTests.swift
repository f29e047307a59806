import Chat
import TestSupport
import Testing

@testable import IRC

@Suite("Queries to holders of accounts")
struct IRCDirectTests {
    @Test("who is identified and in a channel is reached under the nick of now; nobody else is")
    func account() throws {
        let script = Transcript()
        script.start(caps: "account-notify extended-join")
        script.read(":al!u@h JOIN #dev Alice :Al", ":bo!u@h JOIN #dev * :Bo")
        let query = try #require(script.machine.query(with: "irc:net/account:alice"))
        expectEqual(query.route, Route(room: RoomID(adapter: AdapterID("irc:net"), name: "al"), anchor: "alice"))
        expectEqual(query.thread.value, "account:alice")
        script.read(":al!u@h NICK alix")
        expectEqual(script.machine.query(with: "irc:net/account:alice")?.route.room.name, "alix")
        for other in ["irc:net/account:bo", "irc:net/nick:bo", "irc:other/account:alice", "irc:net/account:"] {
            #expect(script.machine.query(with: other) == nil)
        }
        script.read(":alix!u@h QUIT :bye")
        #expect(script.machine.query(with: "irc:net/account:alice") == nil)
    }
}
