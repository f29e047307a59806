internal import EventLoop
internal import Glibc
internal import Processes

/// A server's process.
@Net final class ServerProgram {
    private let plan: ProcessPlan
    private let ports: [Int]
    private var process: Process?
    private var reader: Task<Void, Never>?
    private var output = ""

    /// The program is ready once it accepts connections on `ports`.
    nonisolated init(_ executable: String, _ arguments: [String], directory: String, ports: [Int]) {
        // A server must not outlive the tests, however they end, and a crash at the end must leave no core file.
        let script = "ulimit -c 0; exec setpriv --pdeathsig KILL \"$@\""
        var plan = ProcessPlan(
            "/bin/sh", ["-c", script, "sh", executable] + arguments,
            environment: ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": directory],
            directory: directory)
        plan.standardError = .joined
        self.plan = plan
        self.ports = ports
    }

    func start() async throws {
        let process = try Process.spawn(self.plan)
        self.process = process
        self.output = ""
        // Unstructured: it lives as long as the process, beyond the call that starts it.
        self.reader = Task { @Net in
            while let bytes = try? await process.output.read() {
                self.output += String(decoding: bytes, as: UTF8.self)
            }
        }
        let deadline = ContinuousClock.now + .seconds(20)
        for port in self.ports {
            while !(await Self.isUp(port)) {
                guard process.status == nil, ContinuousClock.now < deadline else {
                    await self.end(SIGKILL)
                    throw IRCTestFailure("\(self.plan.arguments[3]) did not start:\n\(self.output)")
                }
                try await EventLoop.shared.sleep(for: .milliseconds(20))
            }
        }
    }

    var log: String { self.output }

    func stop() async {
        await self.process?.stop(patience: .zero, grace: .seconds(3))
        self.process = nil
    }

    func end(_ signal: Int32) async {
        guard let process = self.process else { return }
        process.signal(signal)
        _ = try? await process.exit()
        self.process = nil
    }

    private static func isUp(_ port: Int) async -> Bool {
        guard let address = SocketAddress(host: "127.0.0.1", port: UInt16(port)) else { return false }
        return (try? await Socket.connected(to: address)) != nil
    }
}
