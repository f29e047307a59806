import EventLoop
import Glibc
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
        let iterator = try two.nats.subscribe("a.*").makeAsyncIterator()
        #expect(await iterator.next() == .gap)
        for number in 0..<2_000 { try one.nats.publish("\(number)", to: "a.\(number % 3)") }
        for number in 0..<2_000 { #expect(await iterator.next()?.text == "\(number)") }
        await one.stop()
        await two.stop()
        await server.stop()
    }

    @Test("a request gets its reply; without a listener or in time none, with a clear error")
    func requests() async throws {
        let server = try await NATSServer()
        let (one, two) = (try await RunningNATS(to: server), try await RunningNATS(to: server))
        let requests = try two.nats.subscribe("double")
        let silent = try two.nats.subscribe("silent")
        let answering = Task {
            for await case .message(let message) in requests {
                try two.nats.publish(message.payload + message.payload, to: try #require(message.reply))
            }
        }
        try await two.connected()
        let replies = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<100 {
                let (question, answer) = (Array("\(number)".utf8), Array("\(number)\(number)".utf8))
                group.addTask {
                    try await one.nats.request(question, to: "double", within: .seconds(5)).payload == answer
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(replies.count == 100 && replies.allSatisfy { $0 })
        let nobody = await #expect(throws: NATSError.self) {
            try await one.nats.request([], to: "nobody", within: .seconds(5))
        }
        #expect(nobody?.code == .noResponders)
        let late = await #expect(throws: NATSError.self) {
            try await one.nats.request([], to: "silent", within: .milliseconds(50))
        }
        #expect(late?.code == .timeout)
        silent.cancel()
        answering.cancel()
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
        #expect(tooLarge?.code == .tooLarge)
        try one.nats.publish([UInt8](repeating: 0, count: 1_000), to: "a")
        for subject in ["", "a b", "a\r\nPUB b 0\r\n", "a..b", ".a", "a.", "a.*", ">", "é", "a\u{0}b"] {
            let error = #expect(throws: NATSError.self) { try one.nats.publish([], to: subject) }
            #expect(error?.code == .invalidSubject)
        }
        for subject in ["a.>.b", "a*", "*a.b", "a b", ""] {
            #expect(throws: NATSError.self) { try one.nats.subscribe(subject) }
        }
        #expect(one.nats.status.isConnected && one.nats.status.connections == 1)
        await one.stop()
        await server.stop()
    }

    @Test("after kill -9 a gap is signalled, and everything published from then on arrives")
    func reconnects() async throws {
        let server = try await NATSServer()
        let (one, two) = (try await RunningNATS(to: server), try await RunningNATS(to: server))
        let iterator = try two.nats.subscribe("a").makeAsyncIterator()
        #expect(await iterator.next() == .gap)
        await server.kill()
        try await server.restart()
        #expect(await iterator.next() == .gap)
        try await one.connected()
        for number in 0..<500 { try one.nats.publish("\(number)", to: "a") }
        for number in 0..<500 { #expect(await iterator.next()?.text == "\(number)") }
        #expect(two.nats.status.connections == 2 && two.nats.status.lastError == nil)
        await one.stop()
        await two.stop()
        await server.stop()
    }

    @Test("what is published while disconnected is refused, and a waiting request fails at once")
    func disconnected() async throws {
        let server = try await NATSServer()
        let one = try await RunningNATS(to: server)
        _ = try one.nats.subscribe("silent")
        let listener = try one.nats.subscribe("silent")
        try await one.connected()
        let request = Task { try await one.nats.request([], to: "silent", within: .seconds(60)) }
        for await case .message in listener { break }
        await server.kill()
        let error = await #expect(throws: NATSError.self) { try await request.value }
        #expect(error?.code == .disconnected)
        let refused = #expect(throws: NATSError.self) { try one.nats.publish("x", to: "a") }
        #expect(refused?.code == .disconnected)
        #expect(!one.nats.status.isConnected)
        await one.stop()
    }

    @Test("a server that no longer answers is given up within about two seconds, and found again")
    func partition() async throws {
        let server = try await NATSServer()
        let proxy = try await FaultProxy.started(before: server.port)
        let one = RunningNATS(NATSSettings(servers: ["nats://127.0.0.1:\(proxy.port)"]))
        try await one.connected()
        let iterator = try one.nats.subscribe("a").makeAsyncIterator()
        #expect(await iterator.next() == .gap)
        let start = ContinuousClock.now
        await proxy.set(.swallow)
        // It connects again once it has noticed, which the proxy swallows, too.
        try await proxy.wait(forConnections: 2)
        let noticed = ContinuousClock.now - start
        #expect(noticed > .seconds(1) && noticed < .seconds(3.5), "\(noticed)")
        await proxy.set(.none)
        #expect(await iterator.next() == .gap)
        try one.nats.publish("back", to: "a")
        #expect(await iterator.next()?.text == "back")
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
        #expect(one.nats.status.connections == 1)
        await one.stop()
        await proxy.stop()
        await server.stop()
    }

    @Test("a slow reader loses the oldest messages and learns of it")
    func slowReader() async throws {
        let server = try await NATSServer()
        let one = try await RunningNATS(to: server)
        let slow = try one.nats.subscribe("a", messages: 10).makeAsyncIterator()
        let last = try one.nats.subscribe("end").makeAsyncIterator()
        #expect(await slow.next() == .gap)
        #expect(await last.next() == .gap)
        for number in 0..<100 { try one.nats.publish("\(number)", to: "a") }
        try one.nats.publish("", to: "end")
        #expect(await last.next()?.text == "")
        #expect(one.nats.status.dropped == 90)
        #expect(await slow.next() == .gap)
        for number in 90..<100 { #expect(await slow.next()?.text == "\(number)") }
        await one.stop()
        #expect(await slow.next() == nil)
        await server.stop()
    }

    @Test("wrong credentials give a clear error, and it keeps trying", arguments: [false, true])
    func credentials(_ isToken: Bool) async throws {
        let server = try await NATSServer(access: isToken ? .token("right") : .user("bot", password: "right"))
        let proxy = try await FaultProxy.started(before: server.port)
        var settings = NATSSettings(servers: ["nats://127.0.0.1:\(proxy.port)"])
        settings.reconnectWait = .milliseconds(50)
        func credentials(_ word: String) -> NATSSettings.Credentials {
            isToken ? .token(Secret(word)) : .user("bot", password: Secret(word))
        }
        settings.credentials = credentials("wrong")
        let wrong = RunningNATS(settings)
        try await proxy.wait(forConnections: 5)
        #expect(!wrong.nats.status.isConnected)
        #expect(wrong.nats.status.lastError?.contains("Authorization") == true, "\(wrong.nats.status)")
        await wrong.stop()
        settings.credentials = credentials("right")
        let right = RunningNATS(settings)
        try await right.connected()
        await right.stop()
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
        #expect(two.nats.status.lastError?.contains("certificate") == true, "\(two.nats.status)")
        await two.stop()
        await proxy.stop()
        await server.stop()
    }

    @Test("a server that hangs in the TLS handshake does not keep a connection from ending")
    func hangingHandshake() async throws {
        let server = try await HangingTLSServer()
        let one = RunningNATS(NATSSettings(servers: ["tls://127.0.0.1:\(server.port)"]))
        try await server.handshakeBegun()
        let start = ContinuousClock.now
        await one.stop()
        #expect(ContinuousClock.now - start < .seconds(1))
        await server.stop()
    }

    @Test("it ends cleanly while messages arrive, 200 times")
    func ending() async throws {
        let server = try await NATSServer()
        let flooding = try await RunningNATS(to: server)
        let flood = Task {
            while !Task.isCancelled {
                for _ in 0..<50 { try? flooding.nats.publish("flood", to: "flood") }
                await Task.yield()
            }
        }
        for round in 0..<200 {
            let one = try await RunningNATS(to: server)
            let iterator = try one.nats.subscribe("flood").makeAsyncIterator()
            for _ in 0..<5 { #expect(await iterator.next() != nil) }
            if round.isMultiple(of: 2) { _ = try one.nats.subscribe("flood") }
            await one.stop()
        }
        flood.cancel()
        await flood.value
        await flooding.stop()
        await server.stop()
    }

    @Test("a hundred subscriptions need no more threads than one")
    func threads() async throws {
        let server = try await NATSServer()
        let one = try await RunningNATS(to: server)
        let first = try one.nats.subscribe("a.first")
        try await one.connected()
        let before = Self.threads
        let more = try (0..<100).map { try one.nats.subscribe("a.\($0)") }
        try await one.connected()
        #expect(Self.threads <= before, "\(before) before, \(Self.threads) after")
        print("threads of libnats and of its connection: \(before)")
        for subscription in more + [first] { subscription.cancel() }
        await one.stop()
        await server.stop()
    }

    /// Those of this module, and those of libnats, which inherit a name from them.
    private static var threads: Int {
        guard let directory = opendir("/proc/self/task") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let file = fopen("/proc/self/task/\(name)/comm", "r") else { continue }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 32)
            if fgets(&line, 32, file) != nil, line.starts(with: "nats".utf8.map { CChar($0) }) { count += 1 }
        }
        return count
    }
}
