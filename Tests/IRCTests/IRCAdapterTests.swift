import Chat
import IRC
import Kit
import Primitives
import TestSupport
import Testing

@Suite("IRC adapter", .timeLimit(.minutes(1)))
struct IRCAdapterTests {
    private let settings = IRCSettings(
        id: "net", host: "irc.test", port: 6667, tls: .none, nick: "bot", channels: [.init("#dev")])

    private func message(_ text: String) -> OutgoingMessage {
        OutgoingMessage(text: text, route: Transcript.route("#dev"), token: "t")
    }

    @Test("The adapter connects, delivers, posts, and sends QUIT when stopped")
    func life() async throws {
        let transport = ScriptedTransport()
        let adapter = IRCAdapter(self.settings, transport: transport)
        let sink = RecordingSink()
        expectEqual(adapter.status.state, .down)
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            #expect(adapter.status.state == .up && adapter.status.lastEvent == nil)
            let wire = try #require(transport.current)
            wire.say([":ann!a@h PRIVMSG #dev :bot: hello"])
            let message = await sink.message("hello")
            expectEqual(message?.sender.id, "irc:net/nick:ann")
            #expect(adapter.status.lastEvent != nil)
            let reference = try await adapter.post(self.message("hi"))
            expectEqual(reference.room.name, "#dev")
            #expect(wire.sent.contains("PRIVMSG #dev :hi"))
        }
        expectEqual(transport.current?.sent.last, "QUIT :Jetbridge")
        expectEqual(transport.current?.isClosed, true)
        expectEqual(sink.statuses.last?.state, .down)
    }

    @Test("The adapter logs in by SCRAM before it joins, and a wrong password is refused", arguments: ["pw", "other"])
    func scram(_ password: String) async throws {
        let server = ScriptedSCRAM(password: "pw")
        let transport = ScriptedTransport(answer: server.answer)
        var settings = self.settings
        settings.tls = .verify(caFile: nil)
        settings.sasl = .password(account: "jet", Secret(password))
        let sink = RecordingSink()
        try await withRunning(IRCAdapter(settings, transport: transport), sink) {
            await sink.wait(for: password == "pw" ? .up : .refused)
        }
        expectEqual(server.isLoggedIn, password == "pw")
        expectEqual(transport.current?.sent.contains("JOIN #dev"), server.isLoggedIn)
    }

    @Test("A post without a connection certainly fails")
    func offline() async throws {
        let adapter = IRCAdapter(self.settings, transport: ScriptedTransport())
        let error = await #expect(throws: AdapterError.self) { try await adapter.post(self.message("x")) }
        #expect(error?.code == .disconnected && error?.isCertain == true)
        expectEqual(adapter.traits(of: RoomID(adapter: adapter.id, name: "#dev")).answerMessages, 60)
    }

    @Test("A cancelled post ends, and its late confirmation has no effect")
    func cancelledPost() async throws {
        let transport = ScriptedTransport { $0.hasPrefix("PING") ? [] : ScriptedTransport.server($0) }
        let adapter = IRCAdapter(self.settings, transport: transport)
        let sink = RecordingSink()
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            let post = Task { try await adapter.post(self.message("x")) }
            await transport.current?.wait { $0.contains("PRIVMSG #dev :x") }
            post.cancel()
            await #expect(throws: CancellationError.self) { try await post.value }
            transport.current?.say(["PONG s jb-1"])
            async let next = adapter.post(self.message("y"))
            await transport.current?.wait { $0.contains("PING jb-2") }
            transport.current?.say(["PONG s jb-2"])
            let reference = try await next
            expectEqual(reference.room.name, "#dev")
        }
    }

    @Test("A broken connection fails pending posts with an unknown outcome")
    func broken() async throws {
        let transport = ScriptedTransport { $0.hasPrefix("PING") ? [] : ScriptedTransport.server($0) }
        let adapter = IRCAdapter(self.settings, transport: transport)
        let sink = RecordingSink()
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            let post = Task { try await adapter.post(self.message("x")) }
            await transport.current?.wait { $0.contains("PING jb-1") }
            transport.current?.close()
            let error = await #expect(throws: AdapterError.self) { try await post.value }
            #expect(error?.code == .disconnected && error?.isCertain == false)
            await sink.wait(for: .down)
        }
    }

    @Test("Events that the store refuses at first are delivered again, in order")
    func storeFails() async throws {
        let transport = ScriptedTransport()
        let sink = RecordingSink(failures: 2)
        let adapter = IRCAdapter(self.settings, transport: transport)
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            transport.current?.say([":ann!a@h PRIVMSG #dev :bot: 1", ":ann!a@h PRIVMSG #dev :bot: 2"])
            _ = await sink.message("2")
        }
        expectEqual(sink.messages.map(\.text), ["1", "2"])
    }

    @Test("An untrusted certificate leads to status refused, with advice")
    func certificate() async throws {
        let transport = ScriptedTransport(failure: IRCTransportError(.certificate, "irc.test: self-signed certificate"))
        let adapter = IRCAdapter(self.settings, transport: transport)
        let sink = RecordingSink()
        try await withRunning(adapter, sink) { await sink.wait(for: .refused) }
        #expect(sink.statuses.contains { $0.detail?.contains("ca_file") == true })
        expectEqual(transport.tried.count, 1)
    }

    @Test("A stored policy leads to TLS, and the time last seen is stored")
    func memory() async throws {
        let kept = Kept("sts irc.test 6697 1000 99999999999999")
        let transport = ScriptedTransport()
        let adapter = IRCAdapter(self.settings, memory: kept.store, transport: transport)
        let sink = RecordingSink()
        try await withRunning(adapter, sink) { await sink.wait(for: .up) }
        expectEqual(transport.tried.first, IRCEndpoint(host: "irc.test", port: 6697, tls: .verify(caFile: nil)))
        #expect(IRCMemory(bytes: await kept.bytes).seen != nil)
    }

    @Test("Cancellation ends the run and closes the connection")
    func cancellation() async throws {
        let transport = ScriptedTransport()
        let adapter = IRCAdapter(self.settings, transport: transport)
        let sink = RecordingSink()
        let run = Task { try await adapter.run(delivering: sink) }
        await sink.wait(for: .up)
        run.cancel()
        await #expect(throws: CancellationError.self) { try await run.value }
        expectEqual(transport.current?.isClosed, true)
    }

    @Test("A 100 KB line, NUL, invalid UTF-8 and 10,000 lines for others are harmless")
    func noise() async throws {
        let transport = ScriptedTransport()
        let adapter = IRCAdapter(self.settings, transport: transport)
        let sink = RecordingSink()
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            let wire = try #require(transport.current)
            wire.say(bytes: Array(":a!b@c PRIVMSG #dev :".utf8) + [UInt8](repeating: 0x78, count: 100_000) + [0x0A])
            wire.say(bytes: Array(":a!b@c PRIVMSG #dev :bot: \u{0}x".utf8) + [0xFF, 0x0D, 0x0A])
            let line = Array(
                ":someone!~user@some.host.example PRIVMSG #dev :just a line of talk, for nobody here\r\n".utf8)
            wire.say(bytes: Array(repeatElement(line, count: 10_000).joined()))
            wire.say([":a!b@c PRIVMSG #dev :bot: end"])
            _ = await sink.message("end")
        }
        expectEqual(sink.messages.map(\.text), ["xÿ", "end"])
    }
}

/// A memory that outlives the adapter.
actor Kept {
    private(set) var bytes: [UInt8]

    init(_ text: String) { self.bytes = Array(text.utf8) }

    private func save(_ bytes: [UInt8]) { self.bytes = bytes }

    nonisolated var store: MemoryStore {
        MemoryStore(
            load: { await self.bytes },
            save: { bytes in
                await self.save(bytes)
                return true
            })
    }
}
