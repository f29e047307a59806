import Chat
import IRC
import JetbridgeTesting
import Testing

@Suite("The adapter", .timeLimit(.minutes(1)))
struct IRCAdapterTests {
    private let settings = IRCSettings(
        id: "net", host: "irc.test", port: 6667, tls: .none, nick: "bot", channels: [.init("#dev")])

    private func message(_ text: String) -> OutgoingMessage {
        OutgoingMessage(text: text, route: Transcript.route("#dev"), token: "t")
    }

    @Test("It connects, delivers, posts, and says good-bye")
    func life() async throws {
        let transport = ScriptedTransport()
        let adapter = IRCAdapter(self.settings, transport: transport)
        let sink = RecordingSink()
        #expect(adapter.status.state == .down)
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            #expect(adapter.status.state == .up && adapter.status.lastEvent == nil)
            let wire = try #require(transport.current)
            wire.say([":ann!a@h PRIVMSG #dev :bot: hello"])
            let message = await sink.message("hello")
            #expect(message?.sender.id == "irc:net/nick:ann")
            #expect(adapter.status.lastEvent != nil)
            let reference = try await adapter.post(self.message("hi"))
            #expect(reference.room.name == "#dev")
            #expect(wire.sent.contains("PRIVMSG #dev :hi"))
        }
        #expect(transport.current?.sent.last == "QUIT :Jetbridge")
        #expect(transport.current?.isClosed == true)
        #expect(sink.statuses.last?.state == .down)
    }

    @Test("While there is no connection a post fails, surely")
    func offline() async throws {
        let adapter = IRCAdapter(self.settings, transport: ScriptedTransport())
        await #expect(throws: AdapterError.self) { try await adapter.post(self.message("x")) }
        #expect(adapter.traits(of: RoomID(adapter: adapter.id, name: "#dev")).answerMessages == 160)
    }

    @Test("A post that nobody waits for any more ends, and nothing breaks")
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
        }
    }

    @Test("A connection that breaks fails what is under way, uncertainly")
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

    @Test("What the store refuses for a moment is delivered again, in order")
    func storeFails() async throws {
        let transport = ScriptedTransport()
        let sink = RecordingSink(failures: 2)
        let adapter = IRCAdapter(self.settings, transport: transport)
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            transport.current?.say([":ann!a@h PRIVMSG #dev :bot: 1", ":ann!a@h PRIVMSG #dev :bot: 2"])
            _ = await sink.message("2")
        }
        #expect(sink.messages.map(\.text) == ["1", "2"])
    }

    @Test("A certificate that cannot be trusted is a refusal with advice")
    func certificate() async throws {
        let transport = ScriptedTransport(failure: IRCTransportError(.certificate, "irc.test: self-signed certificate"))
        let adapter = IRCAdapter(self.settings, transport: transport)
        let sink = RecordingSink()
        try await withRunning(adapter, sink) { await sink.wait(for: .refused) }
        #expect(sink.statuses.contains { $0.detail?.contains("ca_file") == true })
        #expect(transport.tried.count == 1)
    }

    @Test("A kept policy leads to TLS, and what was seen is kept")
    func memory() async throws {
        let kept = Kept("sts irc.test 6697 1000 99999999999999")
        let transport = ScriptedTransport()
        let adapter = IRCAdapter(self.settings, memory: kept.store, transport: transport)
        let sink = RecordingSink()
        try await withRunning(adapter, sink) { await sink.wait(for: .up) }
        #expect(transport.tried.first == IRCEndpoint(host: "irc.test", port: 6697, tls: .verify(caFile: nil)))
        #expect(IRCMemory(bytes: await kept.bytes).seen != nil)
    }

    @Test("A memory in a file is there for the next start")
    func memoryFile() async throws {
        let directory = try TemporaryDirectory()
        let store = IRCMemoryStore.file(directory.path + "/irc.state")
        #expect(await store.load() == nil)
        await store.save(Array("seen 1\n".utf8))
        await store.save(Array("seen 2\n".utf8))
        #expect(await store.load() == Array("seen 2\n".utf8))
        await IRCMemoryStore.file(directory.path + "/missing/irc.state").save([1])
    }

    @Test("Cancellation ends everything at once")
    func cancellation() async throws {
        let transport = ScriptedTransport()
        let adapter = IRCAdapter(self.settings, transport: transport)
        let sink = RecordingSink()
        let run = Task { try await adapter.run(delivering: sink) }
        await sink.wait(for: .up)
        run.cancel()
        await #expect(throws: CancellationError.self) { try await run.value }
        #expect(transport.current?.isClosed == true)
    }

    @Test("A 100 KB line, NUL, invalid UTF-8 and 10,000 lines that are not for us change nothing")
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
            let start = ContinuousClock.now
            wire.say(bytes: Array(repeatElement(line, count: 10_000).joined()))
            wire.say([":a!b@c PRIVMSG #dev :bot: end"])
            _ = await sink.message("end")
            // Far from what a release build needs, which is milliseconds: it has to hold under the sanitizers as well.
            #expect(ContinuousClock.now - start < .seconds(20))
        }
        #expect(sink.messages.map(\.text) == ["xÿ", "end"])
    }
}

/// A memory that outlives the adapter.
private actor Kept {
    private(set) var bytes: [UInt8]

    init(_ text: String) { self.bytes = Array(text.utf8) }

    private func save(_ bytes: [UInt8]) { self.bytes = bytes }

    nonisolated var store: IRCMemoryStore {
        IRCMemoryStore(load: { await self.bytes }, save: { await self.save($0) })
    }
}
