import EventLoop
import Gateway
import JSON
import Jail
import Lifecycle
import Primitives
import TestSupport
import Testing
import Turns

@testable import Host

@Suite("The start of a host", .timeLimit(.minutes(1)))
struct StartTests {
    private let folder: TemporaryDirectory
    private let configuration: Configuration
    /// Until it is signalled, nobody knows what the machine offers for jails.
    private let gate = Signal()
    private let isReady = Protected(false)
    private let hasEndedTrial = Protected(false)

    init() throws {
        self.folder = try TemporaryDirectory()
        let loaded = load(
            """
            data_dir: \(self.folder.path)/data
            gateway: {listen: "127.0.0.1:0"}
            repositories: []
            """)
        self.configuration = try #require(loaded.configuration, "\(loaded.issues)")
    }

    private func host() async throws -> Host {
        try await Host(self.configuration, withNetworks: false, reach: JailReach()) { _ in
            await self.gate.wait()
            self.hasEndedTrial.withLock { $0 = true }
            return .off(.current())
        }
    }

    private func run(_ host: Host) async throws {
        var settings = ServiceGroup.Settings()
        settings.watchesSignals = false
        try await host.run(settings) { _ in self.isReady.withLock { $0 = true } }
    }

    private func whenListening(_ host: Host) async throws {
        try await eventually("the host listens") { host.directory.read("gateway.address") != nil }
    }

    @Test("it serves while jails are tried: it is not ready, commands and answers wait, and others do not")
    func trial() async throws {
        let host = try await self.host()
        async let end: Void = self.run(host)
        try await self.whenListening(host)
        let client = try await GatewayClient(signingInAt: host.address, code: host.signInCode)
        #expect(try await client.answer("GET", "/healthz").status == 200)
        let readiness = try await client.answer("GET", "/readyz")
        #expect(readiness.status == 503 && readiness.json?["checks"]?["jail"] == "being tried")
        #expect(readiness.json?["status"] == "unavailable")
        let scene = CommandScene(client: client, thread: try await client.newThread(), data: self.folder.path)
        #expect(try await scene.answer(to: "/status").contains("jail: being tried"))
        #expect(try await scene.answer(to: "/jobs").contains("No"))
        let command = try await scene.begin("echo hello | tr a-z A-Z")
        let question = try await client.send("hello", to: try await client.newThread())
        for operation in [command, question] {
            let state = try await client.get("/api/v1/operations/\(operation)")["state"]?.stringValue ?? ""
            #expect(["queued", "running"].contains(state))
        }
        #expect(!self.isReady.withLock { $0 })

        self.gate.signal()
        #expect(try await scene.result(of: command).contains("HELLO"))
        #expect(try await client.ended(question)["state"] == "complete")
        #expect(try await client.answer("GET", "/readyz").status == 200)
        #expect(try await scene.answer(to: "/status").contains("jail: off"))
        try await eventually("the host is ready") { self.isReady.withLock { $0 } }
        host.stop()
        try await end
    }

    @Test("stopped while jails are tried, it ends the trial and is never ready")
    func stop() async throws {
        let host = try await self.host()
        async let end: Void = self.run(host)
        try await self.whenListening(host)
        host.stop()
        try await end
        #expect(self.hasEndedTrial.withLock { $0 } && !self.isReady.withLock { $0 })
    }

    @Test("a start that fails ends the trial")
    func failure() async throws {
        let directory = try DataDirectory(path: self.configuration.dataDirectory)
        try directory.write("", to: "jetbridge.sqlite")
        await #expect(throws: (any Error).self) { try await self.host() }
        #expect(self.hasEndedTrial.withLock { $0 })
    }

    @Test("a run that fails ends the trial")
    func failedRun() async throws {
        let host = try await self.host()
        let port = try #require(host.address.split(separator: ":").last.flatMap { UInt16($0) })
        let other = try Socket.listen(on: try #require(SocketAddress(host: "127.0.0.1", port: port)))
        await #expect(throws: (any Error).self) { try await self.run(host) }
        #expect(self.hasEndedTrial.withLock { $0 } && !self.isReady.withLock { $0 })
        let held = other.rawValue
        #expect(held >= 0)
    }
}
