import EventLoop
import Glibc
import Primitives
import Processes
import TestSupport
import Testing

/// The real program, as systemd starts, reloads and stops it.
@Suite("A service of systemd", .timeLimit(.minutes(1)))
struct SystemdServiceTests {
    private static let configuration = """
        gateway: {listen: "127.0.0.1:1"}
        model: {provider: rehearsal}

        """

    @Test("it listens on the passed socket, and reports its readiness, its life, reloads and its end")
    @Net func service() async throws {
        let systemd = try ManagerSocket(isAbstract: true)
        let listener = try Socket.listen(on: #require(SocketAddress(host: "127.0.0.1", port: 0)))
        let address = try #require(Socket.localAddress(listener.rawValue))
        let host = try HostProcess(configuration: Self.configuration)
        try await host.start(
            environment: ["NOTIFY_SOCKET": systemd.name, "WATCHDOG_USEC": "200000"], sockets: [listener.rawValue])
        // Signs of life begin with the services, a moment before or after.
        let start = try await systemd.wait(for: "READY=1").filter { $0 != "WATCHDOG=1" }
        expectEqual(start, ["STATUS=Starting", "READY=1\nSTATUS=Serving http://\(address)"])
        expectEqual(host.address, "\(address)")
        try await expectEqual(GatewayClient(strangerAt: "\(address)").answer("GET", "/healthz").status, 200)
        for _ in 0..<2 { _ = try await systemd.wait(for: "WATCHDOG=1") }

        host.signal(SIGHUP)
        let reload = try await systemd.wait(for: "READY=1").filter { $0 != "WATCHDOG=1" }
        #expect(reload.count == 2 && reload.last == "READY=1")
        expectEqual(reload.first?.hasPrefix("RELOADING=1\nMONOTONIC_USEC="), true)

        // To systemd, a restart is a reload: the socket stays its own, and the process is the same.
        let restart = try await host.run(["restart"])
        #expect(restart.status.isSuccess, "\(restart.errorText)")
        let states = try await systemd.wait(for: "READY=1")
        #expect(states.contains { $0.hasPrefix("RELOADING=1\n") } && !states.contains { $0.hasPrefix("STOPPING=1") })
        _ = try await systemd.wait(for: "WATCHDOG=1")
        let health = try await host.run(["doctor", "--serving"])
        #expect(health.status == .exited(0) && health.text.hasSuffix("host: the host at \(address) is ready\n"))
        await expectEqual(host.terminate(), .exited(0))
        let end = try await host.run(["doctor", "--serving"])
        #expect(end.status == .exited(1) && end.text.contains("failed  host: no host serves \(host.dataPath)\n"))
        #expect(systemd.received().contains { $0.hasPrefix("STOPPING=1\n") })
        // Clients of a stopped service wait.
        _ = try await Socket.connected(to: address)
    }

    @Test("commands reach a host that listens on every address, as in a container", arguments: ["0.0.0.0", "[::]"])
    @Net func everyAddress(address: String) async throws {
        let host = try HostProcess(configuration: "gateway: {listen: \"\(address):0\"}\nmodel: {provider: rehearsal}\n")
        try await host.start()
        let result = try await host.run(["chat", "hello"])
        #expect(result.status == .exited(0) && result.text.contains("rehearsal"), "\(result.errorText)")
        await expectEqual(host.terminate(), .exited(0))
    }

    @Test("a socket that cannot be used is a failed start with a reason")
    @Net func refusal() async throws {
        let socket = FileDescriptor(owning: Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        let host = try HostProcess(configuration: Self.configuration)
        try await host.start(sockets: [socket.rawValue], isReadyAwaited: false)
        try await expectEqual(host.waitForEnd(), .exited(1))
        #expect(host.log.contains("ListenStream=ADDRESS:PORT"))
    }
}
