package import EventLoop
internal import Glibc
package import Processes

/// The real program as a child process with its own data directory, which a test can kill and restart.
@Net package final class HostProcess {
    package enum Failure: Error, CustomStringConvertible {
        case ended(ProcessStatus, log: String)
        case overdue(log: String)

        package var description: String {
            switch self {
            case .ended(let status, let log): "jetbridge ended (\(status)) before it was ready:\n\(log)"
            case .overdue(let log): "jetbridge should have exited by itself but did not:\n\(log)"
            }
        }
    }

    package nonisolated let directory: TemporaryDirectory
    package nonisolated let dataPath: String
    private nonisolated let program: String
    package let configuration: String
    private var process: Process?
    private var readers: [Task<Void, Never>] = []
    private var waiters: [CheckedContinuation<Void, Never>] = []
    /// Standard output and standard error since the last start.
    package private(set) var output = ""
    package private(set) var log = ""

    /// `dataPath`: the data directory; by default one below `directory`.
    /// `program`: by default ``executable``.
    package init(
        configuration: String, directory: TemporaryDirectory? = nil, dataPath: String? = nil, program: String? = nil
    ) throws {
        let directory = try directory ?? TemporaryDirectory()
        self.directory = directory
        self.dataPath = dataPath ?? directory.path + "/data"
        self.configuration = configuration
        self.program = program ?? Self.executable
    }

    /// The program named by `JETBRIDGE_BINARY`, else the one next to the running tests.
    package nonisolated static var executable: String {
        if let path = getenv("JETBRIDGE_BINARY").map({ String(cString: $0) }), access(path, X_OK) == 0 { return path }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        // The test runner may be a helper from the toolchain: then the bundle's path is an argument.
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? own
        return String(bundle[..<(bundle.lastIndex(of: "/") ?? bundle.startIndex)]) + "/jetbridge"
    }

    package nonisolated var configurationPath: String { self.directory.path + "/jetbridge.yaml" }

    /// Starts it and waits until the gateway answers. `fault` is a fault point where it kills itself; `sockets` are passed
    /// as systemd does it (sd_listen_fds(3)).
    package func start(
        fault: String? = nil, environment: [String: String] = [:], sockets: [Int32] = [], isReadyAwaited: Bool = true
    ) async throws {
        try self.writeConfiguration()
        self.output = ""
        self.log = ""
        var all = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": self.directory.path]
        if let fault { all["JETBRIDGE_FAULT"] = fault }
        all.merge(environment) { $1 }
        var command = [self.program, "serve", "--config", self.configurationPath, "--data-dir", self.dataPath]
        if !sockets.isEmpty {
            all["LISTEN_FDS"] = "\(sockets.count)"
            // Only the new process knows its id.
            command = ["/bin/sh", "-c", "LISTEN_PID=$$ exec \"$0\" \"$@\""] + command
        }
        var plan = ProcessPlan.tied(
            command[0], Array(command.dropFirst()), environment: all, directory: self.directory.path)
        plan.standardInput = .null
        plan.passed = sockets
        unlink(self.dataPath + "/gateway.address")
        let process = try Process.spawn(plan)
        self.process = process
        // Unstructured: they read for as long as the process writes, and its end is awaited in `waitForEnd`.
        self.readers = [
            Task { @Net in await self.read(process.output) { self.output += $0 } },  // unstructured: see above
            Task { @Net in await self.read(process.errorOutput) { self.log += $0 } },  // unstructured: see above
            // Its outputs may close before its end is known.
            Task { @Net in  // unstructured: see above
                _ = try? await process.exit()
                self.wakeWaiters()
            },
        ]
        if isReadyAwaited { try await self.waitUntilReady() }
    }

    /// Kills it with SIGKILL and waits for its end.
    package func kill() async {
        self.process?.signal(SIGKILL)
        _ = try? await self.waitForEnd()
    }

    /// Sends SIGTERM and waits for the end. An unclean exit goes to standard error with the end of the log, because a
    /// test's expectation shows only the status.
    package func terminate() async -> ProcessStatus? {
        self.process?.signal(SIGTERM)
        do {
            let status = try await self.waitForEnd(within: .seconds(60))
            if status != .exited(0) { self.complain("\(status.map { "\($0)" } ?? "it was not running")") }
            return status
        } catch {
            self.complain("\(error)")
            return nil
        }
    }

    private func complain(_ what: String) {
        let text = Array("jetbridge did not exit cleanly: \(what)\n\(self.log.suffix(8_000))\n".utf8)
        _ = write(STDERR_FILENO, text, text.count)
    }

    package func signal(_ signal: Int32) { self.process?.signal(signal) }

    package var id: Int32? { self.process?.id }

    /// Waits until it has stopped itself.
    package func waitForStop(within limit: Duration = .seconds(30)) async throws {
        let deadline = ContinuousClock.now + limit
        while let id = self.id, ContinuousClock.now < deadline {
            // After the name, which may contain anything in parentheses: proc(5).
            let status = String(decoding: ProcessTable.read("/proc/\(id)/stat"), as: UTF8.self)
            if status.split(separator: ")").last?.hasPrefix(" T") == true { return }
            try await EventLoop.shared.sleep(for: .milliseconds(10))
        }
        throw Failure.overdue(log: self.log)
    }

    /// Waits until it exits by itself; otherwise kills it and throws.
    @discardableResult
    package func waitForEnd(within limit: Duration = .seconds(30)) async throws -> ProcessStatus? {
        guard let process = self.process else { return nil }
        var isOverdue = false
        let timer = EventLoop.shared.schedule(after: limit) {
            isOverdue = true
            process.signal(SIGKILL)
        }
        let status = try await process.exit()
        timer.cancel()
        for reader in self.readers { await reader.value }
        self.readers = []
        self.process = nil
        if isOverdue { throw Failure.overdue(log: self.log) }
        return status
    }

    /// Waits until standard error contains `text` or the process ends.
    package func waitForLog(_ text: String) async {
        while !self.log.contains(text), self.process?.status == nil {
            await withCheckedContinuation { self.waiters.append($0) }
        }
    }

    /// The address that the gateway is bound to.
    package nonisolated var address: String? {
        guard let file = fopen(self.dataPath + "/gateway.address", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, file) != nil else { return nil }
        return String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).first.map(String.init)
    }

    /// The code in the line `open … and enter the code XXXX-XXXX`.
    package var code: String? {
        guard let range = self.output.firstRange(of: "enter the code ") else { return nil }
        return String(self.output[range.upperBound...].prefix(9))
    }

    /// A client that signs in, by default with the printed code.
    package nonisolated func signIn(_ code: String? = nil, as name: String? = nil) async throws -> GatewayClient {
        let printed = await self.code
        guard let address = self.address, let code = code ?? printed else { throw await Failure.overdue(log: self.log) }
        return try await GatewayClient(signingInAt: address, code: code, name: name)
    }

    /// Runs another of the program's commands on the same configuration and data, and waits for its end.
    package func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) async throws -> Process.Result {
        try self.writeConfiguration()
        let place = ["--config", self.configurationPath, "--data-dir", self.dataPath]
        return try await Self.run(
            arguments + place, in: self.directory.path, input: input, environment: environment)
    }

    /// Runs a command of the program and waits for its end.
    package nonisolated static func run(
        _ arguments: [String], in directory: String, input: String = "", environment: [String: String] = [:]
    ) async throws -> Process.Result {
        var all = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": directory]
        all.merge(environment) { $1 }
        let plan = ProcessPlan.tied(Self.executable, arguments, environment: all, directory: directory)
        return try await Process.run(plan, input: Array(input.utf8))
    }

    private func waitUntilReady() async throws {
        while self.code == nil || self.address == nil {
            if let status = self.process?.status {
                _ = try? await self.waitForEnd()
                throw Failure.ended(status, log: self.log)
            }
            await withCheckedContinuation { self.waiters.append($0) }
        }
    }

    private func read(_ pipe: BytePipe, _ take: @escaping @Net (String) -> Void) async {
        while let bytes = try? await pipe.read() {
            take(String(decoding: bytes, as: UTF8.self))
            self.wakeWaiters()
        }
        self.wakeWaiters()
    }

    private func wakeWaiters() {
        let waiters = self.waiters
        self.waiters = []
        for waiter in waiters { waiter.resume() }
    }

    private func writeConfiguration() throws {
        mkdir(self.directory.path, 0o700)
        try TestFile.write(self.configuration, to: self.configurationPath)
    }
}
