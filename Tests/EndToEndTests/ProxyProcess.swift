import EventLoop
import Glibc
import HTTP
import Processes
import TestSupport

/// `jetbridge proxy` as a child process, in front of an upstream on loopback.
@Net
final class ProxyProcess {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Must never appear in any output.
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
        try TestFile.write(configuration, to: self.directory.path + "/jetbridge.yaml")
        var plan = ProcessPlan.tied(
            HostProcess.executable,
            [
                "proxy", "--config", self.directory.path + "/jetbridge.yaml", "--data-dir",
                self.directory.path + "/data",
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

    /// In MB.
    var residentMemory: Int { ProcessTable.residentMemory(of: self.process.id) >> 20 }

    var openDescriptors: Int { ProcessTable.openDescriptors(of: self.process.id) }

    /// Its further processes.
    var workers: [Int32] { ProcessTable.descendants(of: self.process.id) }

    func signal(_ number: Int32) { self.process.signal(number) }

    var commandLine: String { ProcessTable.arguments(of: self.process.id).joined(separator: " ") }

    /// Sends SIGTERM and waits for the end.
    func terminate() async throws -> ProcessStatus { try await self.end(SIGTERM) }

    /// Sends a signal and waits for the end.
    func end(_ signal: Int32) async throws -> ProcessStatus {
        self.process.signal(signal)
        let status = try await self.process.exit()
        for reader in self.readers { await reader.value }
        return status
    }

    func waitForLog(_ text: String) async throws {
        while !self.log.contains(text) { try await self.changed.wait() }
    }

    /// Runs another command on the same data directory.
    nonisolated func run(_ arguments: String...) async throws -> Process.Result {
        try await self.run(arguments)
    }

    /// Runs another command on the same data directory.
    nonisolated func run(_ arguments: [String]) async throws -> Process.Result {
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
}
