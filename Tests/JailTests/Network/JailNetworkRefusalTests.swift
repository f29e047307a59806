import EventLoop
import TestSupport
import Testing

@testable import Jail

@Suite("What a jail's network refuses", .timeLimit(.minutes(1)))
@Net
struct JailNetworkRefusalTests {
    @Test("a name without a rule: the answer names the rule to add, and the name isn't resolved")
    func noRule() async throws {
        try await NetworkScene.with(rules: ["server.test:443"]) { scene in
            let line = "other.test:8080 is not allowed; to allow it, add other.test:8080 to jail.network.allow"
            for answer in [await scene.tunnel("Other.test:8080"), await scene.get("other.test:8080")] {
                #expect(answer.hasPrefix("HTTP/1.1 403 \(line)\r\n"))
                #expect(answer.hasSuffix("\r\n\r\njetbridge: \(line)\n"))
            }
            #expect(await scene.get("server.test").contains("add server.test:80 to"))
            #expect(await scene.resolver.questions.isEmpty)
            expectEqual(scene.requests.map(\.verdict), [.refused, .refused, .refused])
            expectEqual(
                scene.requests.first,
                NetworkRequest(
                    method: "CONNECT", host: "Other.test", port: 8_080, verdict: .refused,
                    reason: "no rule allows it"))
        }
    }

    @Test("an answer to HEAD has no body")
    func head() async throws {
        try await NetworkScene.with(rules: []) { scene in
            let answer = await scene.ask("HEAD http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 403 "))
            #expect(answer.hasSuffix("\r\n\r\n"))
        }
    }

    @Test(
        "loopback and metadata addresses in every notation, with rules for what can have one",
        arguments: [
            "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "169.254.169.254", "2852039166",
            "0xa9fea9fe", "169.254.43518", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "127.0.0.1.",
            "127%2e0%2e0%2e1", "localhost", "localhost.", "metadata.test", "0", "0.0.0.0", "10.0.0.1",
        ])
    func notations(host: String) async throws {
        let rules = ["127.0.0.1:80", "169.254.169.254:80", "0.0.0.0:80", "10.0.0.1:80", "localhost:80"]
        let names = ["localhost": [["127.0.0.1", "::1"]], "metadata.test": [["169.254.169.254"]]]
        try await NetworkScene.with(rules: rules + ["metadata.test:80"], names: names) { scene in
            #expect(await scene.tunnel("\(host):80").hasPrefix("HTTP/1.1 403 "))
            #expect(await scene.get("\(host):80").hasPrefix("HTTP/1.1 403 "))
            expectEqual(scene.requests.map(\.verdict), [.refused, .refused])
            #expect(scene.requests.allSatisfy { $0.host == host && $0.port == 80 && !$0.reason.isEmpty })
        }
    }

    @Test("one forbidden address among others is enough, and the answer doesn't reveal it")
    func oneOfMany() async throws {
        let server = try ScriptedServer { try await $0.write("never") }
        defer { server.stop() }
        let names = ["mixed.test": [["127.0.0.1", "10.9.8.7"]]]
        try await NetworkScene.with(rules: ["mixed.test:\(server.port)"], names: names, open: [server.port]) { scene in
            let answer = await scene.tunnel("mixed.test:\(server.port)")
            #expect(answer.hasPrefix("HTTP/1.1 403 "))
            #expect(!answer.contains("10.9.8.7"))
            expectEqual(scene.requests.map(\.reason), ["10.9.8.7: it is a private address"])
            expectEqual(server.accepted, 0)
        }
    }

    @Test("a name is resolved once: a second answer can't lead elsewhere")
    func rebinding() async throws {
        let server = try ScriptedServer { connection in
            _ = try await connection.read(through: "\r\n\r\n")
            try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        }
        defer { server.stop() }
        let names = ["turn.test": [["127.0.0.1"], ["10.0.0.1"]]]
        try await NetworkScene.with(rules: ["turn.test:\(server.port)"], names: names, open: [server.port]) { scene in
            #expect(await scene.get("turn.test:\(server.port)").hasSuffix("\r\n\r\nhi"))
            await expectEqual(scene.resolver.questions, ["turn.test"])
            #expect(await scene.get("turn.test:\(server.port)").hasPrefix("HTTP/1.1 403 "))
            await expectEqual(scene.resolver.questions, ["turn.test", "turn.test"])
            expectEqual(scene.requests.map(\.verdict), [.allowed, .refused])
        }
    }

    @Test("names that don't resolve and servers that don't listen are failures with a reason")
    func failures() async throws {
        let port = try FreePorts.take()
        try await NetworkScene.with(rules: ["server.test:\(port)", "none.test:80"], open: [port]) { scene in
            #expect(
                await scene.tunnel("none.test:80")
                    .hasPrefix("HTTP/1.1 502 none.test can't be resolved: Name or service not known\r\n"))
            #expect(
                await scene.get("server.test:\(port)")
                    .hasPrefix("HTTP/1.1 502 can't connect to server.test:\(port): Connection refused\r\n"))
            expectEqual(scene.requests.map(\.verdict), [.failed, .failed])
        }
    }

    @Test("the next address is tried when one doesn't answer")
    func nextAddress() async throws {
        let server = try ScriptedServer { try await $0.write("hello") }
        defer { server.stop() }
        // Nothing listens on 127.0.0.2.
        let names = ["two.test": [["127.0.0.2", "127.0.0.1"]]]
        try await NetworkScene.with(rules: ["two.test:\(server.port)"], names: names, open: [server.port]) { scene in
            let client = try await scene.connect()
            try await client.send("CONNECT two.test:\(server.port) HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await client.receive(through: "hello").hasPrefix("HTTP/1.1 200 "))
            client.close()
        }
    }

    @Test("malformed requests are answered, audited, and end the connection")
    func malformed() async throws {
        try await NetworkScene.with(rules: ["server.test:443"]) { scene in
            let smuggled = "GET http://server.test:443/ HTTP/1.1\r\nHost: server.test:443\r\n\r\n"
            let requests = [
                "GET / HTTP/1.1\r\nHost: server.test\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n",
                "CONNECT 127.0.0.1\u{0}.server.test:443 HTTP/1.1\r\n\r\n",
                "POST http://server.test:443/ HTTP/1.1\r\nHost: server.test:443\r\nContent-Length: 1\r\n"
                    + "Content-Length: 2\r\n\r\n\(smuggled)",
                "POST http://server.test:443/ HTTP/1.1\r\nHost: server.test:443\r\nContent-Length: 1\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n\(smuggled)",
            ]
            for request in requests {
                let answer = await scene.ask(request)
                #expect(answer.hasPrefix("HTTP/1.1 400 the request is not valid: "))
                expectEqual(answer.split(separator: "HTTP/1.1 ").count, 1)
            }
            expectEqual(scene.requests.count, requests.count)
            #expect(scene.requests.allSatisfy { $0.verdict == .refused && $0.host.isEmpty })
            #expect(await scene.resolver.questions.isEmpty)
        }
    }

    @Test("an oversized head is refused")
    func oversized() async throws {
        var limits = NetworkLimits()
        limits.head = 2_048
        try await NetworkScene.with(rules: [], limits: limits) { scene in
            let long = "CONNECT a:1 HTTP/1.1\r\nX: \(String(repeating: "x", count: 4_000))\r\n\r\n"
            #expect(await scene.ask(long).hasPrefix("HTTP/1.1 431 "))
        }
    }

    @Test("a slow head, and a connection without one, are closed")
    func slow() async throws {
        var limits = NetworkLimits()
        limits.headTime = .milliseconds(50)
        limits.idleTime = .milliseconds(50)
        try await NetworkScene.with(rules: [], limits: limits) { scene in
            await expectEqual(scene.ask("CONNECT a:1 HTTP/1.1\r\nX: "), "")
            await expectEqual(scene.ask(""), "")
            #expect(scene.requests.isEmpty)
        }
    }

    @Test("an address without a rule is asked about once, and the answer decides")
    func decide() async throws {
        let server = try ScriptedServer { connection in
            _ = try await connection.read(through: "\r\n\r\n")
            try await connection.write("HTTP/1.1 204 No Content\r\n\r\n")
        }
        defer { server.stop() }
        let asked = Questions()
        let gate = Gate(isOpen: false)
        try await NetworkScene.with(
            rules: [], names: ["private.test": [["192.168.0.1"]]], open: [server.port],
            decide: { address in
                await asked.add("\(address)")
                await gate.pass()
                return address.name.text != "no.test"
            }
        ) { scene in
            async let first = scene.get("server.test:\(server.port)")
            async let second = scene.get("server.test:\(server.port)")
            // Both wait for the same ask; the other ones would pass the gate, too.
            try await gate.reached()
            try await eventually("both requests have a connection") { scene.proxy.connectionCount >= 2 }
            gate.setOpen(true)
            #expect(await first.hasPrefix("HTTP/1.1 204 "))
            #expect(await second.hasPrefix("HTTP/1.1 204 "))
            let denied = await scene.get("no.test")
            #expect(
                denied.hasPrefix("HTTP/1.1 403 no.test:80 was not approved; to allow it always, add no.test:80 to "))
            // Approval doesn't open private addresses.
            #expect(await scene.get("private.test").hasPrefix("HTTP/1.1 403 private.test leads to an address"))
            expectEqual(scene.requests.map(\.reason).prefix(2), ["approved", "approved"])
            await expectEqual(Set(asked.all), ["server.test:\(server.port)", "no.test:80", "private.test:80"])
        }
    }

    private actor Questions {
        private(set) var all: [String] = []

        func add(_ question: String) { self.all.append(question) }
    }
}
