import EventLoop
import HTTP
import HTTPServer
import Primitives
import TestSupport
import Testing

@testable import Jail

@Suite("A jail's network", .timeLimit(.minutes(1)))
@Net
struct JailNetworkTests {
    @Test("a tunnel passes bytes both ways, those sent before its answer included, and keeps half-closed directions")
    func tunnel() async throws {
        let server = try ScriptedServer { connection in
            let all = try await connection.readToEnd()
            try await connection.write("got \(all)")
            connection.finish()
        }
        defer { server.stop() }
        try await NetworkScene.with(rules: ["*.test:\(server.port)"], open: [server.port]) { scene in
            let client = try await scene.connect()
            try await client.send("CONNECT server.test:\(server.port) HTTP/1.1\r\nHost: x\r\n\r\nearly ")
            try await expectEqual(client.receive(through: "\r\n\r\n"), "HTTP/1.1 200 Connection established\r\n\r\n")
            try await client.send("late")
            client.finishSending()
            try await expectEqual(client.receiveToEnd(), "got early late")
            client.close()
            try await eventually("the request is recorded") { !scene.requests.isEmpty }
            expectEqual(
                scene.requests,
                [
                    NetworkRequest(
                        method: "CONNECT", host: "server.test", port: server.port, verdict: .allowed,
                        reason: "rule *.test:\(server.port)", sent: 10, received: 14)
                ])
        }
    }

    @Test("a server that closes its side first still receives")
    func serverFirst() async throws {
        let rest = Box()
        let server = try ScriptedServer { connection in
            try await connection.write("bye")
            connection.finish()
            rest.set(try await connection.readToEnd())
        }
        defer { server.stop() }
        try await NetworkScene.with(rules: ["server.test:\(server.port)"], open: [server.port]) { scene in
            let client = try await scene.connect()
            try await client.send("CONNECT server.test:\(server.port) HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await client.receiveToEnd().hasSuffix("\r\n\r\nbye"))
            try await client.send("after")
            client.finishSending()
            try await expectEqual(rest.value(), "after")
            client.close()
        }
    }

    @Test("30 MB arrive completely")
    func backPressure() async throws {
        let count = 30_000_000
        let counted = Box()
        let server = try ScriptedServer { connection in
            var total = 0
            while let piece = try await connection.read() { total += piece.count }
            counted.set("\(total)")
        }
        defer { server.stop() }
        try await NetworkScene.with(rules: ["server.test:\(server.port)"], open: [server.port]) { scene in
            let client = try await scene.connect()
            try await client.send("CONNECT server.test:\(server.port) HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await client.receive(through: "\r\n\r\n")
            try await client.send([UInt8](repeating: 0x61, count: count))
            client.finishSending()
            try await expectEqual(counted.value(), "\(count)")
            client.close()
            try await eventually("the request is recorded") { !scene.requests.isEmpty }
            expectEqual(scene.requests[0].sent, count)
        }
    }

    @Test("a reader that stops also stops the sender: the proxy doesn't buffer the rest")
    func bounded() async throws {
        let written = Box()
        let server = try ScriptedServer { connection in
            let piece = String(repeating: "x", count: 1024 * 1024)
            do {
                // Far more than the kernel buffers for two connections.
                for _ in 0..<128 { try await connection.write(piece) }
                written.set("everything")
            } catch {
                written.set("a part")
            }
        }
        defer { server.stop() }
        var limits = NetworkLimits()
        // Ends the tunnel once nothing moves any more.
        limits.idleTime = .milliseconds(300)
        try await NetworkScene.with(
            rules: ["server.test:\(server.port)"], open: [server.port], limits: limits
        ) { scene in
            let client = try await scene.connect()
            client.isReading = false
            try await client.send("CONNECT server.test:\(server.port) HTTP/1.1\r\nHost: x\r\n\r\n")
            let result = try await written.value()
            expectEqual(result, "a part")
            client.close()
        }
    }

    @Test("a client that aborts, and a server that does, end the other side and are audited")
    func aborts() async throws {
        let ended = Box()
        let server = try ScriptedServer { connection in
            _ = try await connection.read(through: "x")
            try await connection.write("y")
            // Returns at the end, throws at a reset.
            _ = try? await connection.read()
            ended.set("ended")
        }
        defer { server.stop() }
        try await NetworkScene.with(rules: ["server.test:\(server.port)"], open: [server.port]) { scene in
            let client = try await scene.connect()
            try await client.send("CONNECT server.test:\(server.port) HTTP/1.1\r\nHost: x\r\n\r\nx")
            _ = try await client.receive(through: "y")
            client.close()
            _ = try await ended.value()
            try await eventually("the request is recorded") { !scene.requests.isEmpty }
            expectEqual(scene.requests[0].verdict, .allowed)
        }
    }

    @Test("the jail's end closes both sides of every connection, and every request has been audited")
    func end() async throws {
        let ended = Box()
        let server = try ScriptedServer { connection in
            try await connection.write("hello")
            _ = try? await connection.readToEnd()
            ended.set("ended")
        }
        defer { server.stop() }
        let gate = Gate(isOpen: true)
        try await NetworkScene.with(
            rules: ["*.test:\(server.port)"], open: [server.port], gate: gate
        ) { scene in
            let client = try await scene.connect()
            try await client.send("CONNECT server.test:\(server.port) HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await client.receive(through: "hello")
            // Another one waits for a resolver that doesn't answer.
            gate.setOpen(false)
            let waiting = try await scene.connect()
            try await waiting.send("CONNECT other.test:\(server.port) HTTP/1.1\r\nHost: x\r\n\r\n")
            try await eventually("the lookup waits") { gate.isHolding }
            await scene.proxy.end()
            expectEqual(scene.requests.map(\.host).sorted(), ["other.test", "server.test"])
            try await expectEqual(client.receiveToEnd(), "")
            try await expectEqual(waiting.receiveToEnd(), "")
            _ = try await ended.value()
            gate.setOpen(true)
            client.close()
            waiting.close()
        }
    }

    @Test("connections beyond the limit wait for one to end")
    func limit() async throws {
        let server = try ScriptedServer { connection in
            try await connection.write("hello")
            _ = try? await connection.readToEnd()
            connection.finish()
        }
        defer { server.stop() }
        var limits = NetworkLimits()
        limits.connections = 2
        try await NetworkScene.with(rules: ["*.test:\(server.port)"], open: [server.port], limits: limits) { scene in
            let request = "CONNECT server.test:\(server.port) HTTP/1.1\r\nHost: x\r\n\r\n"
            let clients = [try await scene.connect(), try await scene.connect(), try await scene.connect()]
            for client in clients { try await client.send(request) }
            _ = try await clients[0].receive(through: "hello")
            _ = try await clients[1].receive(through: "hello")
            expectEqual(scene.proxy.connectionCount, 2)
            expectEqual(server.accepted, 2)
            clients[0].finishSending()
            try await expectEqual(clients[0].receiveToEnd(), "")
            _ = try await clients[2].receive(through: "hello")
            for client in clients { client.close() }
        }
    }

    @Test("requests beyond the rate wait, none is lost")
    func rate() async throws {
        var limits = NetworkLimits()
        limits.burst = 1
        limits.requestsPerSecond = 200
        try await NetworkScene.with(rules: [], limits: limits) { scene in
            for _ in 0..<5 { #expect(await scene.tunnel("a.test:1").hasPrefix("HTTP/1.1 403 ")) }
            expectEqual(scene.requests.count, 5)
        }
    }

    @Test("an idle tunnel is closed on both sides")
    func idle() async throws {
        let ended = Box()
        let server = try ScriptedServer { connection in
            _ = try? await connection.readToEnd()
            ended.set("ended")
        }
        defer { server.stop() }
        var limits = NetworkLimits()
        limits.idleTime = .milliseconds(300)
        try await NetworkScene.with(rules: ["*.test:\(server.port)"], open: [server.port], limits: limits) { scene in
            await expectEqual(scene.tunnel("server.test:\(server.port)"), "HTTP/1.1 200 Connection established\r\n\r\n")
            _ = try await ended.value()
            try await eventually("the request is recorded") { !scene.requests.isEmpty }
            #expect(scene.requests[0].reason.hasSuffix("; interrupted"))
        }
    }

    @Test("only a listening socket is accepted")
    func listener() async throws {
        let listener = try Socket.listen(on: #require(SocketAddress(host: "127.0.0.1", port: 0)))
        let connected = try await Socket.connected(to: #require(Socket.localAddress(listener.rawValue)))
        let network = JailNetwork(listener: connected, rules: [], audit: { _ in })
        #expect(throws: JailFailure.self) { try network.start() }
        await network.end()
    }

    @Test("the system's resolver knows localhost and this machine's addresses")
    func systemResolver() async throws {
        let resolver = SystemResolver()
        let loopback = try #require(IPAddress("127.0.0.1"))
        let found = try await resolver.addresses(of: #require(NetworkName("localhost")))
        #expect(found.contains(loopback))
        let own = try await resolver.ownAddresses()
        #expect(own.contains(loopback))
    }
}

/// A value that one task sets and another waits for.
@Net
final class Box {
    private var text: String?
    private let changed = WaitList()

    nonisolated init() {}

    func set(_ text: String) {
        self.text = text
        self.changed.wakeAll()
    }

    func value() async throws -> String {
        while true {
            if let text = self.text { return text }
            try await self.changed.wait()
        }
    }
}
