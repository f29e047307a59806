internal import EventLoop
internal import Glibc
internal import JSON
internal import Logging
internal import Models
internal import Primitives
internal import Processes

/// A Copilot CLI on this machine, in a private folder and without a jail.
@Net
final class CopilotCLIProcess: CopilotCLITransport {
    /// In bytes waiting to be written; more means that the CLI has stopped reading.
    private static let outgoingLimit = 64 * 1024 * 1024
    /// How long it may take to end after its output has, and after TERM.
    private static let patience = Duration.milliseconds(200)
    private static let grace = Duration.milliseconds(400)

    nonisolated let id: Int32
    /// The token that it started with.
    let token: Secret?

    private let process: Process
    private let home: CopilotCLIHome
    let logger: Logger
    private var outgoing: [[UInt8]] = []
    private var outgoingBytes = 0
    private let writable = WaitList()
    private var errors = ErrorLines()

    /// Throws ``ModelError``.
    static func spawn(_ launch: CopilotCLILaunch, home: CopilotCLIHome, logger: Logger) async throws
        -> CopilotCLIProcess
    {
        do {
            return CopilotCLIProcess(try Process.spawn(launch.plan), home, launch.token, logger)
        } catch {
            await home.clear()
            throw CopilotCLIFailure.notStarted(error)
        }
    }

    private init(_ process: Process, _ home: CopilotCLIHome, _ token: Secret?, _ logger: Logger) {
        self.process = process
        self.id = process.id
        self.home = home
        self.token = token
        self.logger = logger.with(["pid": .integer(Int64(process.id)), "home": .string(home.path)])
    }

    /// The working directory of sessions.
    var workDirectory: String { self.home.path + "/" + CopilotCLIHome.work }

    // MARK: Traffic

    func run(_ take: @escaping @Net ([UInt8]) async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask(name: "copilot-cli input") { await self.writeAll() }
            group.addTask(name: "copilot-cli errors") { await self.readErrors() }
            while let bytes = try? await self.process.output.read() { await take(bytes) }
            // Without output it is useless, even if it is still running.
            _ = await self.process.stop(patience: Self.patience, grace: Self.grace)
            self.writable.wakeAll()
        }
    }

    func write(_ bytes: [UInt8]) {
        self.outgoingBytes += bytes.count
        guard self.outgoingBytes <= Self.outgoingLimit else { return self.kill() }
        self.outgoing.append(bytes)
        self.writable.wakeAll()
    }

    private func writeAll() async {
        while self.process.status == nil {
            guard !self.outgoing.isEmpty else {
                do { try await self.writable.wait() } catch { return }
                continue
            }
            let bytes = self.outgoing.removeFirst()
            // A process that has stopped reading is about to end.
            do { try await self.process.input.write(bytes) } catch { return }
            self.outgoingBytes -= bytes.count
        }
    }

    /// Copies standard error to our log, line by line.
    private func readErrors() async {
        while let bytes = try? await self.process.errorOutput.read() {
            for line in self.errors.take(bytes) { self.logger.info("error output", ["line": .string(line)]) }
        }
        for line in self.errors.take([10]) { self.logger.info("error output", ["line": .string(line)]) }
        guard self.errors.unlogged > 0 else { return }
        self.logger.info("more error output", ["lines": .integer(Int64(self.errors.unlogged))])
    }

    // MARK: The end

    func failure(isStarting: Bool) -> ModelError {
        CopilotCLIFailure.ended(
            self.process.status.map { "\($0)" }, errors: self.errors.last, isStarting: isStarting)
    }

    var ending: String { self.process.status.map { "\($0)" } ?? "unknown" }

    func kill() { self.process.signal(SIGKILL) }

    /// ``end(patience:)`` without waiting.
    func beginEnd(patience: Duration = CopilotCLIProcess.patience, grace: Duration = CopilotCLIProcess.grace) {
        self.process.beginStop(patience: patience, grace: grace)
    }

    func end(patience: Duration) async {
        _ = await self.process.stop(patience: patience, grace: Self.grace)
        await self.home.clear()
    }
}

/// The lines of a process's standard error: bounded, without secrets, and the last of them to explain its end.
private struct ErrorLines {
    private static let kept = 20
    private static let lineLimit = 500
    /// The maximum number of logged lines per process; further lines are only counted.
    private static let logged = 500

    private var line: [UInt8] = []
    private var count = 0
    private(set) var last: [String] = []

    var unlogged: Int { max(0, self.count - Self.logged) }

    /// Returns the lines that `bytes` complete and that are to be logged.
    mutating func take(_ bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == 10 {
                if let line = self.finish() { lines.append(line) }
            } else if self.line.count < Self.lineLimit {
                self.line.append(byte)
            }
        }
        return lines
    }

    private mutating func finish() -> String? {
        let text = Redaction.redact(String(decoding: self.line, as: UTF8.self))
        self.line.removeAll(keepingCapacity: true)
        guard text.contains(where: { !$0.isWhitespace }) else { return nil }
        self.count += 1
        self.last.append(text)
        if self.last.count > Self.kept { self.last.removeFirst() }
        return self.count <= Self.logged ? text : nil
    }
}
