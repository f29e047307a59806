import EventLoop
import NATS
import Primitives
import TestSupport
import Testing

@Suite("A connection to a real NATS server", .timeLimit(.minutes(2)), .serialized)
struct NATSConnectionTests {
    @Test("messages arrive in order, after a gap that says from when on")
    func order() async throws {
        let server = try await NATSServer()
        let (one, two) = (try await RunningNATS(to: server), try await RunningNATS(to: server))
        let iterator = try two.nats.subscribe(to: "a.*").makeAsyncIterator()
        await expectEqual(iterator.next(), .gap)
        for number in 0..<2_000 { try one.nats.publish("\(number)", to: "a.\(number % 3)") }
        for number in 0..<2_000 { await expectEqual(iterator.next()?.text, "\(number)") }
        await one.stop()
        await two.stop()
        await server.stop()
    }

    @Test("a message over max_payload and an invalid subject are refused before they are sent")
    func refusals() async throws {
        let server = try await NATSServer(payloadLimit: 1_000)
        let one = try await RunningNATS(to: server)
        let tooLarge = #expect(throws: NATSError.self) {
            try one.nats.publish([UInt8](repeating: 0, count: 1_001), to: "a")
        }
        expectEqual(tooLarge?.code, .tooLarge)
        try one.nats.publish([UInt8](repeating: 0, count: 1_000), to: "a")
        for subject in ["", "a b", "a\r\nPUB b 0\r\n", "a..b", ".a", "a.", "a.*", ">", "é", "a\u{0}b"] {
            let error = #expect(throws: NATSError.self) { try one.nats.publish([], to: subject) }
            expectEqual(error?.code, .invalidSubject)
        }
        for subject in ["a.>.b", "a*", "*a.b", "a b", ""] {
            #expect(throws: NATSError.self) { try one.nats.subscribe(to: subject) }
        }
        #expect(one.nats.status.isConnected && one.nats.status.connections == 1)
        await one.stop()
        await server.stop()
    }

    @Test("after kill -9 a gap is signalled, and everything published from then on arrives")
    func reconnects() async throws {
        let server = try await NATSServer()
        let (one, two) = (try await RunningNATS(to: server), try await RunningNATS(to: server))
        let iterator = try two.nats.subscribe(to: "a").makeAsyncIterator()
        await expectEqual(iterator.next(), .gap)
        await server.kill()
        try await server.restart()
        await expectEqual(iterator.next(), .gap)
        try await one.connected()
        for number in 0..<500 { try one.nats.publish("\(number)", to: "a") }
        for number in 0..<500 { await expectEqual(iterator.next()?.text, "\(number)") }
        #expect(two.nats.status.connections == 2 && two.nats.status.lastError == nil)
        await one.stop()
        await two.stop()
        await server.stop()
    }

    @Test("what is published while disconnected is refused")
    func disconnected() async throws {
        let server = try await NATSServer()
        let one = try await RunningNATS(to: server)
        await server.kill()
        try await eventually("the connection is lost") { !one.nats.status.isConnected }
        let refused = #expect(throws: NATSError.self) { try one.nats.publish("x", to: "a") }
        expectEqual(refused?.code, .disconnected)
        await one.stop()
    }

    @Test("a server that no longer answers is given up within about two seconds, and found again")
    func partition() async throws {
        let server = try await NATSServer()
        let proxy = try await FaultProxy.started(before: server.port)
        var settings = NATSSettings(servers: ["nats://127.0.0.1:\(proxy.port)"])
        settings.connectTimeout = .milliseconds(500)
        let one = RunningNATS(settings)
        try await one.connected()
        let iterator = try one.nats.subscribe(to: "a").makeAsyncIterator()
        await expectEqual(iterator.next(), .gap)
        let start = ContinuousClock.now
        await proxy.set(.swallow)
        // It connects again once it has noticed, which the proxy swallows, too.
        try await proxy.wait(forConnections: 2)
        let noticed = ContinuousClock.now - start
        #expect(noticed > .seconds(1) && noticed < .seconds(3.5), "\(noticed)")
        await proxy.set(.none)
        await expectEqual(iterator.next(), .gap)
        try one.nats.publish("back", to: "a")
        await expectEqual(iterator.next()?.text, "back")
        await one.stop()
        await proxy.stop()
        await server.stop()
    }

    @Test("a slow network is no partition")
    func delay() async throws {
        let server = try await NATSServer()
        let proxy = try await FaultProxy.started(before: server.port)
        await proxy.set(.delay(.milliseconds(100)))
        let one = RunningNATS(NATSSettings(servers: ["nats://127.0.0.1:\(proxy.port)"]))
        try await one.connected()
        let start = ContinuousClock.now
        try await one.connected()
        #expect(ContinuousClock.now - start >= .milliseconds(200))
        expectEqual(one.nats.status.connections, 1)
        await one.stop()
        await proxy.stop()
        await server.stop()
    }

    @Test("a slow reader loses the oldest messages and learns of it")
    func slowReader() async throws {
        let server = try await NATSServer()
        let one = try await RunningNATS(to: server)
        let slow = try one.nats.subscribe(to: "a", messages: 10).makeAsyncIterator()
        let last = try one.nats.subscribe(to: "end").makeAsyncIterator()
        await expectEqual(slow.next(), .gap)
        await expectEqual(last.next(), .gap)
        for number in 0..<100 { try one.nats.publish("\(number)", to: "a") }
        try one.nats.publish("", to: "end")
        await expectEqual(last.next()?.text, "")
        expectEqual(one.nats.status.dropped, 90)
        await expectEqual(slow.next(), .gap)
        for number in 90..<100 { await expectEqual(slow.next()?.text, "\(number)") }
        await one.stop()
        await expectEqual(slow.next(), nil)
        await server.stop()
    }

    @Test("wrong credentials give a clear error, and it keeps trying", arguments: ["token", "bot:password"])
    func credentials(_ right: String) async throws {
        let server = try await NATSServer(
            access: right == "token" ? .token("token") : .user("bot", password: "password"))
        let proxy = try await FaultProxy.started(before: server.port)
        var settings = NATSSettings(servers: ["nats://127.0.0.1:\(proxy.port)"])
        settings.reconnectWait = .milliseconds(50)
        settings.credentials = Secret(right + "x")
        let wrong = RunningNATS(settings)
        try await proxy.wait(forConnections: 5)
        #expect(!wrong.nats.status.isConnected)
        expectEqual(wrong.nats.status.lastError?.contains("Authorization"), true, "\(wrong.nats.status)")
        await wrong.stop()
        settings.credentials = Secret(right + "\n")
        let one = RunningNATS(settings)
        try await one.connected()
        await one.stop()
        await proxy.stop()
        await server.stop()
    }

    @Test("with TLS it trusts the given certificate, and no other")
    func tls() async throws {
        let server = try await NATSServer(hasTLS: true)
        let trusting = {
            var settings = NATSSettings(servers: [server.url]); settings.caFile = server.caFile; return settings
        }()
        let one = RunningNATS(trusting)
        try await one.connected()
        await one.stop()
        let proxy = try await FaultProxy.started(before: server.port)
        var settings = NATSSettings(servers: ["tls://localhost:\(proxy.port)"])
        settings.reconnectWait = .milliseconds(50)
        let two = RunningNATS(settings)
        try await proxy.wait(forConnections: 3)
        expectEqual(two.nats.status.lastError?.contains("certificate"), true, "\(two.nats.status)")
        await two.stop()
        // libcurl resolves it to this machine.
        settings = trusting
        settings.servers = ["tls://other.localhost:\(proxy.port)"]
        settings.reconnectWait = .milliseconds(50)
        let before = await proxy.accepted
        let three = RunningNATS(settings)
        try await proxy.wait(forConnections: before + 3)
        expectEqual(three.nats.status.lastError?.contains("mismatch"), true, "\(three.nats.status)")
        await three.stop()
        await proxy.stop()
        await server.stop()
    }

    @Test("a server that falls silent while one connects is given up in time", arguments: [false, true])
    func silence(_ hasTLS: Bool) async throws {
        let server = try await ScriptedServer(
            sending: #"INFO {"server_id":"X","version":"2.9.10","max_payload":1048576,"tls_required":\#(hasTLS)}"#
                + "\r\n")
        var settings = NATSSettings(servers: ["nats://127.0.0.1:\(server.port)"])
        settings.connectTimeout = .milliseconds(200)
        settings.reconnectWait = .milliseconds(50)
        let one = RunningNATS(settings)
        try await server.wait(forConnections: 3)
        expectEqual(one.nats.status.lastError?.contains("in time"), true, "\(one.nats.status)")
        let start = ContinuousClock.now
        await one.stop()
        #expect(ContinuousClock.now - start < .milliseconds(150))
        await server.stop()
    }

    @Test("what is no NATS server is named as such", arguments: ["HTTP/1.1 400 Bad Request\r\n", "PING\r\n"])
    func strangers(_ greeting: String) async throws {
        let server = try await ScriptedServer(sending: greeting)
        let one = RunningNATS(NATSSettings(servers: ["nats://127.0.0.1:\(server.port)"]))
        try await server.wait(forConnections: 2)
        expectEqual(one.nats.status.lastError?.contains("no NATS server"), true, "\(one.nats.status)")
        await one.stop()
        await server.stop()
    }

    @Test("an nkey signs in, and another one does not")
    func nkeys() async throws {
        let server = try await NATSServer(access: .nkey("UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK"))
        let proxy = try await FaultProxy.started(before: server.port)
        var settings = NATSSettings(servers: ["nats://127.0.0.1:\(proxy.port)"])
        settings.reconnectWait = .milliseconds(50)
        settings.credentials = Secret("SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y")
        let one = RunningNATS(settings)
        try await one.connected()
        await one.stop()
        settings.credentials = Secret("SUAGIZLGM5UGS2TLNRWW433QOFZHG5DVOZ3XQ6L2PN6H27T7QCAYFA2FG4")
        let two = RunningNATS(settings)
        try await proxy.wait(forConnections: 4)
        expectEqual(two.nats.status.lastError?.contains("Authorization"), true, "\(two.nats.status)")
        await two.stop()
        settings.credentials = Secret("SUAGIZLGM5UGS2TLNRWW433QOFZHG5DVOZ3XQ6L2PN6H27T7QCAYFA2FG5")
        #expect(throws: NATSError.self) { try settings.validate() }
        await proxy.stop()
        await server.stop()
    }

    @Test("subscriptions come and go while their messages arrive, 500 times")
    func unsubscribing() async throws {
        let server = try await NATSServer()
        let (one, flooding) = (try await RunningNATS(to: server), try await RunningNATS(to: server))
        let flood = Self.flood(flooding)
        for _ in 0..<500 {
            let iterator = try one.nats.subscribe(to: "flood").makeAsyncIterator()
            for _ in 0..<2 { #expect(await iterator.next() != nil) }
        }
        expectEqual(one.nats.status.connections, 1)
        flood.cancel()
        await flood.value
        await one.stop()
        await flooding.stop()
        await server.stop()
    }

    @Test("memory stays bounded under a flood that nobody reads, and before a server that does not read")
    func flooding() async throws {
        let server = try await NATSServer()
        let proxy = try await FaultProxy.started(before: server.port)
        let one = try await RunningNATS(to: server)
        let stuck = RunningNATS(NATSSettings(servers: ["nats://127.0.0.1:\(proxy.port)"]))
        try await stuck.connected()
        let unread = try one.nats.subscribe(to: "flood", bytes: 1 << 20)
        try await one.connected()
        let payload = [UInt8](repeating: 0x78, count: 100_000)
        let before = Self.residentMemory
        var refused = 0
        await proxy.set(.hold)
        // 200 MB for each.
        for _ in 0..<40 {
            for _ in 0..<50 {
                try one.nats.publish(payload, to: "flood")
                do { try stuck.nats.publish(payload, to: "flood") } catch { refused += 1 }
            }
            try await one.connected()
        }
        let growth = Self.residentMemory - before
        #expect(growth < 100 << 20, "\(growth >> 20) MB")
        #expect(refused > 1_800 && one.nats.status.dropped > 1_900, "\(refused), \(one.nats.status)")
        unread.cancel()
        await stuck.stop()
        await one.stop()
        await proxy.stop()
        await server.stop()
    }

    @Test("it ends cleanly while messages arrive, 200 times")
    func ending() async throws {
        let server = try await NATSServer()
        let flooding = try await RunningNATS(to: server)
        let flood = Self.flood(flooding)
        for round in 0..<200 {
            let one = try await RunningNATS(to: server)
            let iterator = try one.nats.subscribe(to: "flood").makeAsyncIterator()
            for _ in 0..<5 { #expect(await iterator.next() != nil) }
            if round.isMultiple(of: 2) { _ = try one.nats.subscribe(to: "flood") }
            await one.stop()
        }
        flood.cancel()
        await flood.value
        await flooding.stop()
        await server.stop()
    }

    private static func flood(_ connection: RunningNATS) -> Task<Void, Never> {
        Task {
            while !Task.isCancelled {
                for _ in 0..<50 { try? connection.nats.publish("flood", to: "flood") }
                // As fast as the server takes it, and no faster: what waits there would only delay the test.
                try? await connection.connected()
            }
        }
    }

    private static var residentMemory: Int {
        Int(Survivors.text("/proc/self/statm").split(separator: " ")[1]).map { $0 * 4_096 } ?? 0
    }
}
