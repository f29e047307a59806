import EventLoop
import Glibc
import Primitives
import TestSupport
import Testing

@testable import Jail

/// Programs in a real jail that know nothing of a proxy.
@Suite("A jail's names without the proxy", .timeLimit(.minutes(1)))
struct JailDirectTests {
    private static let script = """
        import socket, ssl, sys
        host, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
        try:
            plain = socket.create_connection((host, port), 5)
            if name: ssl.create_default_context().wrap_socket(plain, server_hostname=name)
            else: print(plain.recv(99).decode(), end="")
        except OSError as error:
            print(type(error).__name__, getattr(error, "reason", None) or error.errno)
        """

    private func network(_ rules: [NetworkRule], open port: Int, _ seen: Protected<[NetworkRequest]>) throws
        -> JailSetup.Network
    {
        let exceptions = [AddressPolicy.Exception(address: try #require(IPAddress("127.0.0.1")), port: UInt16(port))]
        return JailSetup.Network(
            port: JailNetwork.port, variables: JailNetwork.environment, direct: DirectAddresses(rules)
        ) { _, listener, direct async throws(JailFailure) in
            let resolver = NetworkScene.Resolver(
                ["server.test": [["127.0.0.1"]], "secure.test": [["127.0.0.1"]]], gate: Gate(isOpen: true))
            let network = JailNetwork(
                listener: listener, direct: direct, rules: rules, resolver: resolver,
                policy: AddressPolicy(exceptions: Set(exceptions)),
                audit: { request in seen.withLock { $0.append(request) } })
            try await network.start()
            return { await network.end() }
        }
    }

    @Test func listedNamesAreReachedAndNothingElse() async throws {
        let server = try await ScriptedServer { connection in
            try await connection.write("from outside\n")
            connection.finish()
        }
        let rules = try ["server.test:\(server.port)", "secure.test:443", "*.wide.test:443"].map { try NetworkRule($0) }
        let seen = Protected<[NetworkRequest]>([])
        try await JailBench.with(network: self.network(rules, open: server.port, seen)) {
            (bench: JailBench) async throws in
            try TestFile.write(Self.script, to: "\(bench.workspace)/ask.py", mode: 0o755)
            func ask(_ host: String, _ port: Int, _ name: String = "''") async throws -> String {
                try await bench.run("/usr/bin/python3 ask.py \(host) \(port) \(name)").text
            }
            try await expectEqual(ask("server.test", server.port), "from outside\n")
            // Nobody listens at the other port, in no name is another address, and the host's loopback is elsewhere.
            try await expectEqual(ask("server.test", 443), "ConnectionRefusedError \(ECONNREFUSED)\n")
            try await expectEqual(ask("127.0.0.1", server.port), "ConnectionRefusedError \(ECONNREFUSED)\n")
            #expect(try await ask("11.255.254.1", 443) == "OSError \(ENETUNREACH)\n")
            try await expectEqual(ask("192.0.2.1", 443), "OSError \(ENETUNREACH)\n")
            #expect(try await ask("a.wide.test", 443).hasPrefix("gaierror "))
            // Port 443, which the jail's own processes may not take; its name leads to an address that is not public.
            try await expectEqual(ask("secure.test", 443, "other.test"), "SSLError TLSV1_ALERT_ACCESS_DENIED\n")
            try await expectEqual(ask("secure.test", 443, "secure.test"), "SSLError TLSV1_ALERT_ACCESS_DENIED\n")
            expectEqual(
                seen.withLock { $0.filter { $0.port == 443 }.map(\.verdict) }, [.refused, .refused])
            #expect(seen.withLock { $0.last?.reason.hasPrefix("127.0.0.1: ") } == true)
        }
        await server.stop()
    }
}
