import EventLoop
import Primitives
import Sandbox
import TestSupport
import Testing

@testable import Jail

@Suite("Names that a jail reaches without the proxy", .timeLimit(.minutes(1)))
@Net
struct DirectAddressesTests {
    @Test nonisolated func eachNameHasAnAddressAndSubdomainsHaveNone() throws {
        let texts = [
            "api.test:443", "*.cdn.test:443", "10.1.2.3:443", "api.test:80", "db.test:5432", "api.test:443",
            "localhost:443", "jail:1",
        ]
        let addresses = DirectAddresses(try texts.map { try NetworkRule($0) })
        expectEqual(addresses.hosts, "11.255.255.1 api.test\n11.255.255.2 db.test\n")
        expectEqual(
            addresses.places.map { "\($0.port.address):\($0.port.port) \($0.target)" },
            ["11.255.255.1:443 api.test:443", "11.255.255.1:80 api.test:80", "11.255.255.2:5432 db.test:5432"])
        let many = DirectAddresses(try (1...300).map { try NetworkRule("n\($0).test:443") })
        expectEqual(many.places.count, DirectAddresses.most)
    }

    /// What a client gets that sends `bytes` to the first direct address.
    private func answer(_ scene: NetworkScene, to bytes: [UInt8]) async throws -> [UInt8] {
        let client = try await RawConnection(to: scene.direct[0])
        defer { client.close() }
        try await client.send(bytes)
        var all: [UInt8] = []
        while let byte = try? await client.receive(count: 1) { all += byte }
        return all
    }

    @Test func whatIsNotTLSForTheNameIsRefusedAtPort443AndNothingIsConnected() async throws {
        let names = ["api.test": [["127.0.0.1"]]]
        try await NetworkScene.with(rules: ["api.test:443"], names: names, direct: ["api.test:443"]) { scene in
            for hello in [ClientHelloTests.bytes(name: "other.test"), ClientHelloTests.bytes(extensions: nil)] {
                try await expectEqual(self.answer(scene, to: hello), NetworkRefusal.alert)
            }
            try await expectEqual(self.answer(scene, to: Array("GET / HTTP/1.1\r\n\r\n".utf8)), [])
            #expect(await scene.resolver.questions.isEmpty)
            expectEqual(scene.requests.map(\.verdict), [.refused, .refused, .refused])
            expectEqual(scene.requests.first?.reason, "the connection to api.test:443 asks for 'other.test'")
        }
    }

    @Test func aPrivateAddressIsRefusedAndAnUnlistedNameToo() async throws {
        let names = ["api.test": [["10.0.0.1"]], "free.test": [["127.0.0.1"]]]
        try await NetworkScene.with(rules: ["api.test:443"], names: names, direct: ["api.test:443", "free.test:443"]) {
            scene in
            let hello = ClientHelloTests.bytes(name: "api.test")
            try await expectEqual(self.answer(scene, to: hello), NetworkRefusal.alert)
            expectEqual(scene.requests.first?.reason.hasPrefix("10.0.0.1: "), true)
            let client = try await RawConnection(to: scene.direct[1])
            defer { client.close() }
            try await client.send(ClientHelloTests.bytes(name: "free.test"))
            try await expectEqual(client.receive(count: 7), NetworkRefusal.alert)
            expectEqual(scene.requests.last?.reason, "no rule allows it")
            await expectEqual(scene.resolver.questions, ["api.test"])
        }
    }

    @Test func bytesPassBothWaysWhoeverSpeaksFirst() async throws {
        let server = try ScriptedServer { connection in
            try await connection.write("hello ")
            let all = try await connection.readToEnd()
            try await connection.write("got \(all)")
            connection.finish()
        }
        defer { server.stop() }
        let host = "server.test:\(server.port)"
        try await NetworkScene.with(rules: [host], open: [server.port], direct: [host]) { scene in
            let client = try await RawConnection(to: scene.direct[0])
            try await expectEqual(client.receive(through: "hello "), "hello ")
            try await client.send("word")
            client.finishSending()
            try await expectEqual(client.receiveToEnd(), "got word")
            client.close()
            try await eventually("the request is recorded") { !scene.requests.isEmpty }
            expectEqual(
                scene.requests,
                [
                    NetworkRequest(
                        method: "TCP", host: "server.test", port: server.port, verdict: .allowed,
                        reason: "rule \(host)", sent: 4, received: 14)
                ])
        }
    }

    @Test func TLSForAnotherNameIsRefusedAtEveryPort() async throws {
        let server = try ScriptedServer { connection in _ = try await connection.readToEnd() }
        defer { server.stop() }
        let host = "server.test:\(server.port)"
        try await NetworkScene.with(rules: [host], open: [server.port], direct: [host]) { scene in
            let bytes = ClientHelloTests.bytes(name: "other.test", size: 60)
            try await expectEqual(self.answer(scene, to: bytes), NetworkRefusal.alert)
            expectEqual(scene.requests.map(\.verdict), [.refused])
            expectEqual(scene.requests.first?.sent, 0)
        }
    }
}
