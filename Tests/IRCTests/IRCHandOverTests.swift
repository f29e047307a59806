import Chat
import EventLoop
import Glibc
import Kit
import Primitives
import TestSupport
import Testing

@testable import IRC

@Suite("A restart hands the connection over", .timeLimit(.minutes(1)))
struct IRCHandOverTests {
    // MARK: State

    private static let caps = "message-tags batch chghost account-notify extended-join echo-message"
    private static let tokens = "CASEMAPPING=ascii NICKLEN=9 PREFIX=(ov)@+ WHOX CHATHISTORY=50 BOT=B"

    private static func channels(_ names: String...) -> [IRCSettings.Channel] { names.map { IRCSettings.Channel($0) } }

    /// The lines, with their words in one order: names, capabilities and tokens have none.
    private static func state(of script: Transcript) -> [String] {
        script.machine.transcript.map {
            $0.text.replacing(":", with: "").split(separator: " ").sorted().joined(separator: " ")
        }.sorted()
    }

    /// Another program's machine, from what the first one has stored.
    private func next(_ script: Transcript, channels: [IRCSettings.Channel], rest: String = "") throws -> Transcript {
        script.handle(.leaving)
        script.handle(.handOver(mark: "a mark", rest: Array(rest.utf8)))
        let stored = try #require(script.memories().last)
        expectEqual(IRCMemory(bytes: stored.bytes), stored)
        expectEqual(stored.handOver?.mark, "a mark")
        expectEqual(stored.handOver?.rest, Array(rest.utf8))
        let next = Transcript(channels: channels, memory: IRCMemory(bytes: stored.bytes))
        next.now = script.now
        next.handle(.connecting)
        next.handle(.resumed(id: "c2"))
        expectEqual(next.memories().last?.handOver, nil)
        return next
    }

    @Test("The next program knows the nick, capabilities, features, channels, people, accounts and open batches")
    func state() throws {
        let channels = Self.channels("#dev", "#Ops")
        let script = Transcript(channels: channels)
        script.start(caps: Self.caps, tokens: Self.tokens, channels: ["#dev", "#Ops"], software: "Test-1")
        script.read(
            ":s 353 bot = #dev :@bot +ann!a@one.host bob", ":s 353 bot = #Ops :ann!a@one.host",
            ":eve!e@h JOIN #ops eve :Eve", ":ann!a@one.host ACCOUNT ann", ":ann!a@one.host CHGHOST a two.host",
            ":bob!b@h PART #dev", ":bot!~bot@bot.host NICK bot2", ":s 396 bot2 cloak :is now your host",
            ":s BATCH +7 netsplit one two")
        let before = Self.state(of: script)
        #expect(script.machine.mayBeHandedOver && script.machine.isSettled)
        let next = try self.next(script, channels: channels, rest: ":ann!a@two.ho")
        expectEqual(Self.state(of: next), before)
        #expect(before.contains("#Ops 353 = ann!a@two.host bot2 eve!e@h"), "\(before)")
        expectEqual(next.statuses(), ["connecting ", "up "])
        expectEqual(next.pass(10_000), ["MODE bot2 +B"])

        next.read(":ann!a@two.host PRIVMSG #ops :bot2: hello")
        let message = try #require(next.messages().first)
        #expect(message.sender.id == "irc:net/account:ann" && message.text == "hello" && message.isAddressed)
        expectEqual(next.post("hi", to: "#ops", addressee: "ann"), ["PRIVMSG #Ops :ann: hi"])
    }

    @Test("A channel that has been removed is left, a new one joined; after the bucket's delay")
    func otherChannels() throws {
        let script = Transcript(channels: Self.channels("#dev", "#old"))
        script.start(channels: ["#dev", "#old"])
        let next = try self.next(script, channels: Self.channels("#dev", "#new"))
        expectEqual(next.sent(), [])
        expectEqual(next.pass(5_000), ["PART #old", "JOIN #new"])
        next.read(":bot!~bot@bot.host JOIN #new", ":bot!~bot@bot.host PART #old")
        expectEqual(next.statuses().last, "up ")
    }

    @Test("A login is still one")
    func login() throws {
        let sasl = IRCSettings.SASL.password(account: "jet", Secret("pw"), mechanism: .plain)
        let script = Transcript(host: "127.0.0.1", sasl: sasl)
        _ = script.connect()
        script.read("CAP * LS :sasl", "CAP * ACK :sasl", "AUTHENTICATE +", ":s 903 * :ok")
        script.read(":s 001 bot :Welcome bot!~bot@h", ":s 376 bot :End", ":bot!~bot@h JOIN #dev")
        script.handle(.handOver(mark: "a mark", rest: []))
        let memory = try #require(script.memories().last)
        let next = Transcript(host: "127.0.0.1", sasl: sasl, memory: memory)
        next.handle(.resumed(id: "c2"))
        #expect(next.machine.link.isLoggedIn && next.machine.mayBeHandedOver && !next.isClosed())
    }

    @Test("TLS, a registration, an unanswered join and missed messages under way stay with their program")
    func refusals() {
        let secure = Transcript()
        secure.start(isSecure: true)
        #expect(!secure.machine.mayBeHandedOver)
        let early = Transcript()
        #expect(!early.machine.mayBeHandedOver)
        _ = early.connect()
        early.read("CAP * LS :", ":s 001 bot :Welcome bot!~bot@h", ":s 376 bot :End")
        #expect(!early.machine.mayBeHandedOver)
        early.read(":bot!~bot@h JOIN #dev")
        #expect(early.machine.mayBeHandedOver)
        var memory = IRCMemory()
        memory.seen = 1_799_999_000_000
        let late = Transcript(memory: memory)
        late.start(caps: "batch message-tags server-time chathistory")
        #expect(!late.machine.mayBeHandedOver)
    }

    @Test("Lines that are sent are waited for; the others are left to the next program")
    func posts() {
        let script = Transcript()
        script.start()
        for ticket in 1...6 { script.post("line \(ticket)", ticket: ticket) }
        script.handle(.leaving)
        expectEqual(script.pass(3_000).filter { $0.hasPrefix("PRIVMSG") }, [])
        #expect(!script.machine.isSettled)
        script.read(":s PONG s :jb-2")
        #expect(script.machine.isSettled)
        script.handle(.handOver(mark: "", rest: []))
        expectEqual(script.posted().keys.sorted(), [1, 2])
        let failed = script.failed()
        #expect(failed.keys.sorted() == [3, 4, 5, 6] && failed.values.allSatisfy(\.isCertain))
    }

    @Test("A message that waits for a proof is waited for, and not lost")
    func held() {
        for isAnswered in [true, false] {
            let script = Transcript()
            script.start()
            script.read(":ann!a@h PRIVMSG bot :hello")
            #expect(script.messages().isEmpty && !script.machine.isSettled)
            if isAnswered { script.read(":s 317 bot ann 1 1800000 :x", ":s 318 bot ann :End") }
            expectEqual(script.machine.isSettled, isAnswered)
            let before = script.messages()
            script.handle(.handOver(mark: "", rest: []))
            expectEqual((before + script.messages()).map(\.text), ["hello"])
        }
    }

    @Test("A line that is being cut is not handed over")
    func overlong() {
        var buffer = IRCLineBuffer(limit: 4)
        buffer.append(Array("ab\ncd".utf8))
        expectEqual(buffer.next(), Array("ab".utf8)[...])
        expectEqual(buffer.next(), nil)
        expectEqual(buffer.rest, Array("cd".utf8))
        buffer.append(Array("efg".utf8))
        expectEqual(buffer.next(), Array("cdef".utf8)[...])
        expectEqual(buffer.rest, nil)
    }

    // MARK: Sockets

    /// Answers as ``ScriptedTransport`` does, on a real socket, and records the lines.
    private final class Server: Sendable {
        let port: Int
        private let listener: FileDescriptor
        private let lines = Protected<[String]>([])
        private let connection = Protected<(any IRCConnection)?>(nil)

        init() throws {
            self.listener = try Socket.listen(on: #require(SocketAddress(host: "127.0.0.1", port: 0)))
            self.port = Int(try #require(Socket.localAddress(self.listener.rawValue)).port)
        }

        var received: [String] { self.lines.withLock { $0 } }

        func say(_ text: String) async throws {
            try await self.connection.withLock { $0 }?.write(Array(text.utf8))
        }

        func run() async throws {
            while true {
                guard let socket = try Socket.accept(on: self.listener.rawValue) else {
                    try await Task.sleep(for: .milliseconds(5))
                    continue
                }
                let connection = try await IRCStreamTransport.resume(socket)
                self.connection.withLock { $0 = connection }
                var buffer = IRCLineBuffer()
                reading: while let bytes = try await connection.read() {
                    buffer.append(bytes)
                    while let bytes = buffer.next() {
                        let line = IRCText.decode(bytes)
                        self.lines.withLock { $0.append(line) }
                        if line.hasPrefix("QUIT") { break reading }
                        for answer in ScriptedTransport.server(line) { try await self.say(answer + "\r\n") }
                    }
                }
                connection.close()
            }
        }
    }

    private static func settings(_ server: Server) -> IRCSettings {
        IRCSettings(
            id: "net", host: "127.0.0.1", port: server.port, tls: .none, nick: "bot", channels: Self.channels("#dev"))
    }

    private static func withServer(_ body: @escaping @Sendable (Server) async throws -> Void) async throws {
        let server = try Server()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await server.run() } catch { if !Task.isCancelled { Issue.record(error) } }
            }
            try await body(server)
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
    }

    @Test("Lines that arrive while nobody reads are handled once, also one of which half had been read")
    func unread() async throws {
        try await Self.withServer { server in
            let (passed, kept) = (PassedConnections(), Kept(""))
            let sinks = [RecordingSink(), RecordingSink()]
            let first = IRCAdapter(Self.settings(server), memory: kept.store, passed: passed)
            passed.beginHandOver()
            try await withRunning(first, sinks[0]) {
                await sinks[0].wait(for: .up)
                try await server.say(":ann!a@h PRIVMSG #dev :bot: one\r\n:ann!a@h PRIVMSG #dev :bot: t")
                _ = await sinks[0].message("one")
            }
            expectEqual(passed.all.map(\.name), ["connection-irc-net"])
            #expect(passed.all.allSatisfy { fcntl($0.number, F_GETFD) == FD_CLOEXEC })
            try await server.say("wo\r\n:ann!a@h PRIVMSG #dev :bot: three\r\nPING x\r\n")
            let second = IRCAdapter(Self.settings(server), memory: kept.store, passed: passed)
            try await withRunning(second, sinks[1]) {
                _ = await sinks[1].message("three")
                try await second.post(
                    OutgoingMessage(
                        text: "answer", route: Route(room: RoomID(adapter: second.id, name: "#dev")), token: "t"))
            }
            expectEqual(sinks[0].messages.map(\.text), ["one"])
            expectEqual(sinks[1].messages.map(\.text), ["two", "three"])
            expectEqual(Set((sinks[0].events + sinks[1].events).map(\.id)).count, 5)
            expectEqual(server.received.filter { $0.hasPrefix("USER") || $0.hasPrefix("JOIN") }.count, 2)
            #expect(server.received.contains("PRIVMSG #dev :answer") && server.received.contains("PONG :x"))
            #expect(!server.received.contains { $0.hasPrefix("QUIT") })
            passed.closeAll(saying: Array("QUIT :gone\r\n".utf8))
            while server.received.last != "QUIT :gone" { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test(
        "With other settings, or without the record, the connection is ended and a new one begun",
        arguments: [true, false])
    func unwanted(_ hasRecord: Bool) async throws {
        try await Self.withServer { server in
            let (passed, kept) = (PassedConnections(), Kept(""))
            let first = IRCAdapter(Self.settings(server), memory: kept.store, passed: passed)
            passed.beginHandOver()
            let sinks = [RecordingSink(), RecordingSink()]
            try await withRunning(first, sinks[0]) { await sinks[0].wait(for: .up) }
            var settings = Self.settings(server)
            settings.realname = "Another name"
            let second = IRCAdapter(
                hasRecord ? settings : Self.settings(server), memory: hasRecord ? kept.store : .none, passed: passed)
            try await withRunning(second, sinks[1]) { await sinks[1].wait(for: .up) }
            let words = server.received.compactMap { $0.split(separator: " ").first }
            expectEqual(words.filter { ["USER", "QUIT"].contains($0) }, ["USER", "QUIT", "USER"])
            passed.closeAll(saying: [])
        }
    }
}
