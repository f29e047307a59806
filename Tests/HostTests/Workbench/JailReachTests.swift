import EventLoop
import JSON
import Jail
import TestSupport
import Testing
import Turns

@testable import Host

/// A real jail, and a stand-in server on loopback that its names resolve to.
@Suite("The network of threads' jails", .timeLimit(.minutes(2)))
struct JailReachTests {
    /// Every name is this machine.
    private struct Loopback: NetworkResolver {
        func addresses(of name: NetworkName) async throws -> [IPAddress] { [IPAddress("127.0.0.1")].compactMap(\.self) }
        func ownAddresses() async throws -> Set<IPAddress> { [] }
    }

    /// - Parameter settings: `PORT` stands for the server's.
    private func with(
        _ settings: String, _ body: @escaping @Sendable (CommandScene, LoopbackModelServer) async throws -> Void
    ) async throws {
        let server = try await LoopbackModelServer.started()
        let exception = AddressPolicy.Exception(address: try #require(IPAddress("127.0.0.1")), port: server.port)
        let reach = JailReach(resolver: Loopback(), policy: AddressPolicy(exceptions: [exception]))
        do {
            try await CommandScene.with(settings.replacing("PORT", with: "\(server.port)"), reach: reach) { scene in
                try await body(scene, server)
            }
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private static let network = #"jail: {network: {mode: allowlist, allow: ["allowed.test:PORT"]}}"#

    private static func curl(_ name: String, _ server: LoopbackModelServer) -> String {
        "curl -sS http://\(name):\(server.port)/v1/models"
    }

    @Test("an allowed name is reached, and the request is audited with its rule and without its path")
    func allowed() async throws {
        try await self.with(Self.network) { scene, server in
            let text = try await scene.run(Self.curl("allowed.test", server))
            #expect(text.contains("\"object\"") && text.contains("exit 0"), "\(text)")
            let rows = try await scene.audit("network")
            expectEqual(rows.count, 1)
            expectEqual(rows.first?["host"]?.stringValue, "allowed.test")
            expectEqual(rows.first?["port"]?.intValue, Int(server.port))
            expectEqual(rows.first?["verdict"]?.stringValue, "allowed")
            expectEqual(rows.first?["reason"]?.stringValue, "rule allowed.test:\(server.port)")
            #expect((rows.first?["received"]?.intValue ?? 0) > 100)
            expectEqual(rows.first?.text.contains("/v1/models"), false)
            let start = try await scene.audit("command.started")
            expectEqual(start.first?["profile"]?.stringValue, "network by allow list")
        }
    }

    @Test("denied by configuration: another name is refused without an ask, and the refusal names the entry")
    func denied() async throws {
        try await self.with(Self.network + "\napprovals: {network: deny}") { scene, server in
            let text = try await scene.run(Self.curl("other.test", server))
            #expect(text.contains("to allow it, add other.test:\(server.port) to jail.network.allow"), "\(text)")
            let rows = try await scene.audit("network")
            expectEqual(rows.map { $0["verdict"]?.stringValue }, ["refused"])
            #expect(try await scene.audit("approval").isEmpty)
        }
    }

    @Test("allowed by configuration: another name passes without an ask")
    func open() async throws {
        try await self.with(Self.network + "\napprovals: {network: allow}") { scene, server in
            let text = try await scene.run(Self.curl("other.test", server))
            #expect(text.contains("\"object\""), "\(text)")
            try await expectEqual(scene.audit("network").map { $0["reason"]?.stringValue }, ["approved"])
        }
    }

    @Test("the running command's thread is asked about another name, once for all its requests; approval passes")
    func approved() async throws {
        try await self.with(Self.network) { scene, server in
            let curl = Self.curl("other.test", server)
            let operation = try await scene.begin("\(curl) & \(curl); wait; \(curl)")
            let ask = try await scene.ask()
            #expect(ask.text.hasPrefix("Approval `\(ask.id)`: "))
            #expect(ask.text.contains(" wants to reach\n") && ask.text.contains("other.test:\(server.port)\n"))
            #expect(ask.text.contains("approve \(ask.id)") && ask.text.contains("deny \(ask.id)"))
            try await scene.answer(ask, "A")
            let text = try await scene.result(of: operation)
            expectEqual(text.split(separator: "\"list\"").count, 4, "\(text)")
            let rows = try await scene.audit("network")
            expectEqual(rows.map { $0["verdict"]?.stringValue }, ["allowed", "allowed", "allowed"])
            let approvals = try await scene.audit("approval")
            expectEqual(approvals.count, 1)
            expectEqual(approvals.first?["action"]?.stringValue, "reach")
            expectEqual(approvals.first?["subject"]?.stringValue, "other.test:\(server.port)")
            // The next command's requests are another matter.
            let next = try await scene.begin(curl)
            let second = try await scene.ask()
            #expect(second.id != ask.id)
            try await scene.answer(second, "B")
            #expect(try await scene.result(of: next).contains("\"object\""))
            #expect(try await scene.run(curl).contains("\"object\""))
        }
    }

    @Test("a denial refuses, also the command's later requests")
    func refused() async throws {
        try await self.with(Self.network) { scene, server in
            let curl = Self.curl("other.test", server)
            let operation = try await scene.begin("\(curl); \(curl)")
            try await scene.answer(try await scene.ask(), "C")
            let text = try await scene.result(of: operation)
            #expect(
                text.split(separator: "other.test:\(server.port) was not approved").count == 3
                    && !text.contains("\"object\""), "\(text)")
            let rows = try await scene.audit("network")
            expectEqual(rows.map { $0["verdict"]?.stringValue }, ["refused", "refused"])
        }
    }

    @Test("nobody decides in time: refused")
    func expired() async throws {
        try await self.with(Self.network + "\napprovals: {timeout: 1s}") { scene, server in
            let text = try await scene.run(Self.curl("other.test", server))
            #expect(text.contains("was not approved") && !text.contains("\"object\""), "\(text)")
            try await expectEqual(scene.audit("approval").map { $0["outcome"]?.stringValue }, ["Expired"])
        }
    }

    @Test("stopping a command that waits for an answer closes the ask")
    func stopped() async throws {
        try await self.with(Self.network) { scene, server in
            let operation = try await scene.begin(Self.curl("other.test", server))
            let ask = try await scene.ask()
            _ = try await scene.client.send("/stop", to: scene.thread)
            try await expectEqual(scene.client.ended(operation)["state"]?.stringValue, "stopped")
            await #expect(throws: GatewayClient.Failure.self) { try await scene.answer(ask, "A") }
        }
    }

    @Test("a job has nobody to ask: refused")
    func job() async throws {
        try await self.with(Self.network) { scene, server in
            _ = try await scene.run("\(Self.curl("other.test", server)) >answer 2>&1 &")
            // The job's end is posted.
            while try await scene.audit("command.ended").isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            #expect(try await scene.run("cat answer").contains("was not approved"))
        }
    }

    @Test("nobody is asked about an address that no approval could open")
    func pointless() async throws {
        try await self.with(Self.network) { scene, _ in
            let text = try await scene.run("curl -sS http://169.254.169.254/latest/meta-data/")
            #expect(text.contains("not public"), "\(text)")
            try await expectEqual(scene.audit("network").map { $0["verdict"]?.stringValue }, ["refused"])
            #expect(try await scene.audit("approval").isEmpty)
        }
    }

    @Test("without the allow list there is no network at all")
    func none() async throws {
        try await self.with("jail: {network: {mode: none}}") { scene, server in
            let text = try await scene.run("env | grep -i proxy; \(Self.curl("allowed.test", server))")
            #expect(!text.contains("3128") && text.contains("Could not resolve host"), "\(text)")
            #expect(try await scene.audit("network").isEmpty)
            let start = try await scene.audit("command.started")
            expectEqual(start.first?["profile"]?.stringValue, "no network")
        }
    }

    @Test("addresses that are not public are refused, whatever rules and people say")
    func policy() async throws {
        let reach = JailReach(resolver: Loopback())
        let settings = #"jail: {network: {mode: allowlist, allow: ["allowed.test:80"]}}"#
        try await CommandScene.with(settings + "\napprovals: {network: allow}", reach: reach) { scene in
            for name in ["allowed.test", "other.test", "127.0.0.1", "169.254.169.254"] {
                let text = try await scene.run("curl -sS --noproxy '' http://\(name)/")
                #expect(text.contains("\(name) leads to an address that is not public"), "\(text)")
            }
            let rows = try await scene.audit("network")
            expectEqual(rows.map { $0["verdict"]?.stringValue }, ["refused", "refused", "refused", "refused"])
        }
    }
}
