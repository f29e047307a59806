import EventLoop
import Glibc
import HTTP
import JetbridgeTesting
import Processes

/// `jetbridge proxy` as a child process, before an upstream on loopback.
@Net
final class ProxyProcess {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What must never be seen anywhere.
    nonisolated static let token = "tid=0123456789abcdef;exp=1;planted-upstream-secret"

    nonisolated let directory: TemporaryDirectory
    private let process: Process
    private var readers: [Task<Void, Never>] = []
    private let changed = WaitList()
    private(set) var output = ""
    private(set) var log = ""

    /// Starts it and waits until it listens.
    init(upstream: String, configuration: String = "", directory: TemporaryDirectory? = nil) async throws {
        self.directory = try directory ?? TemporaryDirectory()
        try Self.write(configuration, to: self.directory.path + "/jetbridge.yaml")
        var plan = ProcessPlan(
            Process.find("setpriv") ?? "/usr/bin/setpriv",
            [
                "--pdeathsig", "KILL", HostProcess.executable, "proxy", "--config",
                self.directory.path + "/jetbridge.yaml", "--data-dir", self.directory.path + "/data",
            ],
            environment: [
                "PATH": "/usr/bin:/bin", "HOME": self.directory.path, "PROXY_PORT": "0", "COPILOT_TOKEN": Self.token,
                "JETBRIDGE_PROXY_UPSTREAM": upstream,
            ], directory: self.directory.path)
        plan.standardInput = .null
        self.process = try Process.spawn(plan)
        self.readers = [
            Task { @Net in await self.read(self.process.output) { self.output += $0 } },
            Task { @Net in await self.read(self.process.errorOutput) { self.log += $0 } },
        ]
        while !self.output.contains("\n") {
            guard self.process.status == nil else { throw Failure(description: "the proxy ended: \(self.log)") }
            try await self.changed.wait()
        }
    }

    /// `http://127.0.0.1:PORT`
    var base: String {
        self.output.split(whereSeparator: { $0 == " " || $0 == "\n" || $0 == "," }).map(String.init).first {
            $0.hasPrefix("http://")
        } ?? ""
    }

    var address: SocketAddress? {
        (try? HTTPURL(self.base)).flatMap { SocketAddress(host: "127.0.0.1", port: UInt16($0.effectivePort)) }
    }

    var id: Int32 { self.process.id }

    /// MB
    var residentMemory: Int {
        let lines = Self.read("/proc/\(self.id)/status").split(separator: "\n")
        let line = lines.first { $0.hasPrefix("VmRSS:") } ?? ""
        return (Int(line.filter(\.isNumber)) ?? 0) / 1_000
    }

    var commandLine: String { Self.read("/proc/\(self.id)/cmdline") }

    /// Sends TERM and waits for the end.
    func terminate() async throws -> ProcessStatus {
        self.process.signal(SIGTERM)
        let status = try await self.process.exit()
        for reader in self.readers { await reader.value }
        return status
    }

    func waitForLog(_ text: String) async throws {
        while !self.log.contains(text) { try await self.changed.wait() }
    }

    /// Runs another command on the same data.
    nonisolated func run(_ arguments: String...) async throws -> Process.Result {
        try await HostProcess.run(
            arguments + [
                "--config", self.directory.path + "/jetbridge.yaml", "--data-dir", self.directory.path + "/data",
            ], in: self.directory.path)
    }

    private func read(_ pipe: BytePipe, _ take: (String) -> Void) async {
        while let bytes = try? await pipe.read() {
            take(String(decoding: bytes, as: UTF8.self))
            self.changed.wakeAll()
        }
        self.changed.wakeAll()
    }

    private nonisolated static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw Failure(description: "\(path) can't be written") }
        fputs(text, file)
        fclose(file)
    }

    private nonisolated static func read(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        return String(decoding: bytes.prefix(max(0, Glibc.read(descriptor, &bytes, bytes.count))), as: UTF8.self)
    }
}
